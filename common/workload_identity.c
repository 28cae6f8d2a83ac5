#include "common/workload_identity.h"

#include "common/config_keys.h"

#include <stdlib.h>

int workload_identity_parse(const cJSON *object, struct workload_identity *identity, struct error *error)
{
    static const char *const known[] = {"clientId",        "tenantId", "tokenFile", "authorityHost",
                                        "authorityCaFile", "scope",    NULL};

    if (config_keys_check(object, known, error) < 0 ||
        config_keys_take_text(object, "clientId", NULL, &identity->client_id, error) < 0 ||
        config_keys_take_text(object, "tenantId", NULL, &identity->tenant_id, error) < 0 ||
        config_keys_take_text(object, "tokenFile", NULL, &identity->token_file, error) < 0 ||
        config_keys_take_text(object, "authorityHost", NULL, &identity->authority_host, error) < 0 ||
        config_keys_take_text(object, "authorityCaFile", NULL, &identity->authority_ca_file, error) < 0)
        return -1;
    return config_keys_take_text(object, "scope", NULL, &identity->scope, error);
}

void workload_identity_release(struct workload_identity *identity)
{
    free(identity->client_id);
    free(identity->tenant_id);
    free(identity->token_file);
    free(identity->authority_host);
    free(identity->authority_ca_file);
    free(identity->scope);
    *identity = (struct workload_identity){.client_id = NULL};
}
