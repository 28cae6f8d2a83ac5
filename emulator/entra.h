/* Microsoft Entra ID, as far as the workload identity flow needs it: a service account's token is exchanged for an
 * access token, and the hub takes that as Bearer. */
#ifndef EMULATOR_ENTRA_H
#define EMULATOR_ENTRA_H

#include "common/error.h"
#include "http/server.h"

#include <stdint.h>

struct emulator_entra {
    unsigned char secret[32]; /* access tokens are signed with it */
    const char *client;       /* the one application that is known; NULL: any */
    unsigned rights;          /* of its role on the hub; see emulator/policies.h */
    int64_t lifetime_s;       /* of an access token */
};

/* Makes the secret. client is borrowed. */
void emulator_entra_init(struct emulator_entra *entra, const char *client, unsigned rights, int64_t lifetime_s);

/* POST /{tenant}/oauth2/v2.0/token. *ret_principal is the client that got a token, or NULL; for the caller to free. */
void emulator_entra_exchange(const struct emulator_entra *entra, const char *tenant, const struct http_request *request,
                             int64_t wall_seconds, struct http_response *response, char **ret_principal);

/* The client of an access token ("Bearer …") that was made here and has not expired, for the caller to free, or NULL
 * with what is wrong. */
char *emulator_entra_verify(const struct emulator_entra *entra, const char *authorization, int64_t wall_seconds,
                            struct error *error);

/* The rights of a role on the hub, by its short name: contributor, reader, twin-contributor, none. */
int emulator_entra_role_parse(const char *name, unsigned *ret_rights, struct error *error);

#endif
