/* Microsoft Entra workload identity, as an entry of the list of hubs gives it. What is left out is the environment's,
 * as the webhook of workload identity sets it in a pod. */
#ifndef COMMON_WORKLOAD_IDENTITY_H
#define COMMON_WORKLOAD_IDENTITY_H

#include "common/error.h"

#include <cjson/cJSON.h>

/* Any member may be NULL. */
struct workload_identity {
    char *client_id;         /* of the application; else AZURE_CLIENT_ID */
    char *tenant_id;         /* else AZURE_TENANT_ID */
    char *token_file;        /* the ServiceAccount's projected token; else AZURE_FEDERATED_TOKEN_FILE */
    char *authority_host;    /* URL; else AZURE_AUTHORITY_HOST, else that of the public cloud */
    char *authority_ca_file; /* PEM to trust for the authority instead of the system's */
    char *scope;             /* else that of IoT Hub in the public cloud */
};

/* Reads the object `workloadIdentity`. An error names the member: "clientId: …". What was read is kept for the caller
 * to release. */
int workload_identity_parse(const cJSON *object, struct workload_identity *identity, struct error *error);
void workload_identity_release(struct workload_identity *identity);

#endif
