#include "server/identity.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/file.h"

#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define NAMESPACE_LIMIT 256

/* The pod's namespace; outside of a pod there is no such file. */
static char *own_namespace(const char *path)
{
    cleanup_free char *text = NULL;
    size_t length = 0;
    if (file_read(path, NAMESPACE_LIMIT, &text, &length, NULL) < 0)
        return strdup("default");
    text[strcspn(text, " \r\n")] = '\0';
    return text[0] ? steal_ptr(text) : strdup("default");
}

static char *random_identity(void)
{
    char host[256] = "";
    char *identity;
    uint32_t suffix;
    if (getrandom(&suffix, sizeof suffix, 0) != (ssize_t)sizeof suffix || gethostname(host, sizeof host - 1) < 0)
        return NULL;
    return asprintf(&identity, "%s_%08x", host, suffix) < 0 ? NULL : identity;
}

int identity_complete(struct config *config, const char *namespace_file, struct error *error)
{
    if (!config->lease_namespace)
        config->lease_namespace = own_namespace(namespace_file);
    if (!config->lease_identity)
        config->lease_identity = random_identity();
    if (!config->lease_namespace || !config->lease_identity)
        return error_set(error, "no name for this process could be made: memory or randomness is missing");
    return 0;
}
