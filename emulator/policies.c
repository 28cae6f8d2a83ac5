#include "emulator/policies.h"

#include "emulator/memory.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

static const struct {
    const char *name;
    unsigned rights;
} known[] = {
    {"iothubowner", EMULATOR_RIGHTS_ALL},
    {"service", EMULATOR_RIGHTS_SERVICE},
    {"device", EMULATOR_RIGHT_DEVICE_CONNECT},
    {"registryRead", EMULATOR_RIGHT_REGISTRY_READ},
    {"registryReadWrite", EMULATOR_RIGHT_REGISTRY_READ | EMULATOR_RIGHT_REGISTRY_WRITE},
};

int emulator_keys_set(struct emulator_keys *keys, const char *primary, const char *secondary, struct error *error)
{
    const char *const texts[] = {primary, secondary};

    for (size_t i = 0; i < array_length(texts); i++) {
        size_t length = 0;
        cleanup_free unsigned char *bytes = texts[i] ? emulator_base64_bytes(texts[i], &length) : NULL;
        if ((i == 0 && !texts[i]) || (texts[i] && (!bytes || length == 0)))
            return error_set(error, "a key must be base64 and not empty");
    }
    char *new_primary = emulator_text_copy(primary);
    char *new_secondary = emulator_text_copy(secondary);
    free(keys->primary);
    free(keys->secondary);
    keys->primary = new_primary;
    keys->secondary = new_secondary;
    return 0;
}

int emulator_keys_parse(struct emulator_keys *keys, const char *text, struct error *error)
{
    const char *comma = strchr(text, ',');
    cleanup_free char *primary = emulator_text_copy_length(text, comma ? (size_t)(comma - text) : strlen(text));

    return emulator_keys_set(keys, primary, comma ? comma + 1 : NULL, error);
}

int emulator_keys_make_random(struct emulator_keys *keys, struct error *error)
{
    unsigned char random[32];

    if (gnutls_rnd(GNUTLS_RND_KEY, random, sizeof(random)) < 0)
        return error_set(error, "no random numbers for a key");
    cleanup_free char *primary = emulator_base64_text(random, sizeof(random));
    return emulator_keys_set(keys, primary, NULL, error);
}

void emulator_keys_release(struct emulator_keys *keys)
{
    free(keys->policy);
    free(keys->primary);
    free(keys->secondary);
    *keys = (struct emulator_keys){.policy = NULL};
}

struct emulator_keys *emulator_policies_find(const struct emulator_policies *policies, const char *name)
{
    for (size_t i = 0; i < policies->count; i++)
        if (strcmp(policies->items[i].policy, name) == 0)
            return &policies->items[i];
    return NULL;
}

static struct emulator_keys *policy_add(struct emulator_policies *policies, const char *name)
{
    unsigned rights = EMULATOR_RIGHTS_ALL;

    for (size_t i = 0; i < array_length(known); i++)
        if (strcmp(known[i].name, name) == 0)
            rights = known[i].rights;
    policies->items =
        emulator_array_grow(policies->items, policies->count, &policies->capacity, sizeof(*policies->items));
    struct emulator_keys *added = &policies->items[policies->count++];
    *added = (struct emulator_keys){.policy = emulator_text_copy(name), .rights = rights};
    return added;
}

static int keys_assign(struct emulator_policies *policies, const char *assignment, struct error *error)
{
    const char *equals = strchr(assignment, '=');
    cleanup_free char *name = emulator_text_copy_length(assignment, equals ? (size_t)(equals - assignment) : 0);
    struct emulator_keys *policy = emulator_policies_find(policies, name);

    if (!equals)
        return error_set(error, "--policy-keys: %s is not of the form NAME=KEY[,KEY]", assignment);
    if (!policy)
        return error_set(error, "--policy-keys: there is no policy %s", name);
    if (emulator_keys_parse(policy, equals + 1, error) < 0)
        return error_wrap(error, "--policy-keys %s", name);
    return 0;
}

static int fill(struct emulator_policies *policies, const struct emulator_keys *main, const char *const *assignments,
                size_t assignment_count, struct error *error)
{
    if (emulator_keys_set(policy_add(policies, main->policy), main->primary, main->secondary, error) < 0)
        return -1;
    for (size_t i = 0; i < array_length(known); i++)
        if (!emulator_policies_find(policies, known[i].name) &&
            emulator_keys_make_random(policy_add(policies, known[i].name), error) < 0)
            return -1;
    for (size_t i = 0; i < assignment_count; i++)
        if (keys_assign(policies, assignments[i], error) < 0)
            return -1;
    return 0;
}

int emulator_policies_init(struct emulator_policies *policies, const struct emulator_keys *main,
                           const char *const *assignments, size_t assignment_count, struct error *error)
{
    *policies = (struct emulator_policies){NULL, 0, 0};
    if (fill(policies, main, assignments, assignment_count, error) == 0)
        return 0;
    emulator_policies_release(policies);
    return -1;
}

void emulator_policies_release(struct emulator_policies *policies)
{
    for (size_t i = 0; i < policies->count; i++)
        emulator_keys_release(&policies->items[i]);
    free(policies->items);
    *policies = (struct emulator_policies){NULL, 0, 0};
}
