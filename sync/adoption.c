#include "sync/adoption.h"

#include "common/banned.h"

#include <string.h>

/* Of what Kubernetes makes the ends of generated names. */
#define SAFE_BYTES  "bcdfghjklmnpqrstvwxz2456789"
#define ENDING_SIZE 5

static bool is_unclaimed(const char *label, const char *claimant)
{
    return !label || strcmp(label, claimant) == 0;
}

bool adoption_is_free(const struct observed_configuration *configuration, const char *owner, const char *namespace,
                      const char *name)
{
    const struct ownership *owned = &configuration->ownership;

    return !configuration->ours && !configuration->baseline && configuration->is_edge && configuration->etag &&
           is_unclaimed(owned->owner, owner) && is_unclaimed(owned->namespace, namespace) &&
           is_unclaimed(owned->name, name);
}

bool adoption_is_leaked(const struct observed_configuration *configuration, const char *name)
{
    const char *hash = configuration->template_hash;
    size_t length = strlen(name);
    const char *rest = configuration->id + length;

    if (!hash || !*hash || strncmp(configuration->id, name, length) != 0 || *rest != '-')
        return false;
    rest++;
    length = strlen(hash);
    if (strncmp(rest, hash, length) != 0 || rest[length] != '-')
        return false;
    rest += length + 1;
    return strlen(rest) == ENDING_SIZE && strspn(rest, SAFE_BYTES) == ENDING_SIZE;
}
