#include "iothub/identity.h"

#include "common/banned.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PUBLIC_AUTHORITY "https://login.microsoftonline.com"
#define PUBLIC_SCOPE     "https://iothubs.azure.net/.default"

/* variable and otherwise may be NULL; a variable that is empty counts as not set. */
static char *value_of(const char *given, const char *variable, const char *otherwise)
{
    const char *set = variable ? getenv(variable) : NULL;

    if (given)
        return strdup(given);
    if (set && *set)
        return strdup(set);
    return otherwise ? strdup(otherwise) : NULL;
}

static int missing(const char *key, const char *variable, struct error *error)
{
    return error_set(
        error,
        "workloadIdentity.%s: missing, and %s is not set; workload identity sets it in a pod with the label "
        "azure.workload.identity/use: \"true\"",
        key, variable);
}

/* It becomes a part of a path: a GUID or a domain. */
static bool is_tenant(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");

    return text[length] == '\0' && isalnum((unsigned char)*text);
}

static int identity_check(struct workload_identity *identity, struct error *error)
{
    char *authority = identity->authority_host;

    if (!identity->client_id)
        return missing("clientId", "AZURE_CLIENT_ID", error);
    if (!identity->tenant_id)
        return missing("tenantId", "AZURE_TENANT_ID", error);
    if (!identity->token_file)
        return missing("tokenFile", "AZURE_FEDERATED_TOKEN_FILE", error);
    if (!authority || !identity->scope)
        return error_set(error, "out of memory");
    if (!is_tenant(identity->tenant_id))
        return error_set(error, "workloadIdentity.tenantId: \"%s\" is neither a GUID nor a domain",
                         identity->tenant_id);
    if (strpbrk(authority, "?#@ \t\r\n"))
        return error_set(error, "workloadIdentity.authorityHost: must be a URL such as " PUBLIC_AUTHORITY "/");
    for (size_t length = strlen(authority); length > 0 && authority[length - 1] == '/';)
        authority[--length] = '\0';
    return 0;
}

int iothub_identity_complete(const struct workload_identity *given, struct workload_identity *ret_identity,
                             struct error *error)
{
    struct workload_identity identity = {
        .client_id = value_of(given->client_id, "AZURE_CLIENT_ID", NULL),
        .tenant_id = value_of(given->tenant_id, "AZURE_TENANT_ID", NULL),
        .token_file = value_of(given->token_file, "AZURE_FEDERATED_TOKEN_FILE", NULL),
        .authority_host = value_of(given->authority_host, "AZURE_AUTHORITY_HOST", PUBLIC_AUTHORITY),
        .authority_ca_file = value_of(given->authority_ca_file, NULL, NULL),
        .scope = value_of(given->scope, NULL, PUBLIC_SCOPE),
    };

    if (identity_check(&identity, error) < 0) {
        workload_identity_release(&identity);
        return -1;
    }
    *ret_identity = identity;
    return 0;
}
