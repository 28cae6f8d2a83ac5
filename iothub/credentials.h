/* The token that every call carries, made from the connection string in a file. Private to iothub/. */
#ifndef IOTHUB_CREDENTIALS_H
#define IOTHUB_CREDENTIALS_H

#include "common/error.h"
#include "iothub/connection_string.h"

#include <stdint.h>

struct credentials {
    char *file;
    struct iothub_connection_string parts;
    char *header;     /* "Authorization: …", or NULL: none is minted */
    int64_t minted_s; /* wall clock */
};

#define CREDENTIALS_INIT                                                                                               \
    {                                                                                                                  \
        NULL, IOTHUB_CONNECTION_STRING_INIT, NULL, 0                                                                   \
    }

/* Reads the file. On failure *credentials stays as it was. */
int credentials_load(struct credentials *credentials, const char *file, struct error *error);
void credentials_release(struct credentials *credentials);

/* Reads the file again and forgets the token. The host must stay what it was: everything that is known of a hub would
 * be wrong for another one. On failure the old ones stay. */
int credentials_reload(struct credentials *credentials, struct error *error);

/* The header line, with a token of one hour that is minted again when three quarters of it are over. Owned by the
 * credentials and good until the next call. NULL on failure. */
const char *credentials_header(struct credentials *credentials, int64_t now_s, struct error *error);

#endif
