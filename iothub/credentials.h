/* How we show an IoT Hub who we are: by the key of a shared access policy, or by a workload identity. Belongs to one
 * thread. Private to iothub/. */
#ifndef IOTHUB_CREDENTIALS_H
#define IOTHUB_CREDENTIALS_H

#include "common/workload_identity.h"
#include "iothub/client.h"

#include <stdbool.h>

struct credentials;

struct credentials_options {
    const char *connection_string_file; /* this … */
    const char *host_name;              /* … or these two */
    const struct workload_identity *identity;
    const char *user_agent;
    struct iothub_observer observer;
};

/* Reads and checks everything that is there; does not connect. */
int credentials_new(const struct credentials_options *options, struct credentials **ret_credentials,
                    struct error *error);
void credentials_free(struct credentials *credentials);
void credentials_stop(struct credentials *credentials); /* any thread */

/* The hub's host name in its one spelling, with ":port" when there is one. It never changes. */
const char *credentials_host(const struct credentials *credentials);

/* The header line for one call: a signature made for it with the key that the file has now, or the token of Microsoft
 * Entra ID, renewed in time. *ret_header is the credentials' and good until the next call.
 * IOTHUB_OK, or as entra_token. */
enum iothub_result credentials_header(struct credentials *credentials, int64_t now_s, int64_t deadline_ms,
                                      const char **ret_header, struct error *error);

/* The hub refused the header that was made at that second. True when another one can be made with something new. */
bool credentials_renew(struct credentials *credentials, int64_t since_s);

/* What an operator should look at after a 401 or 403, for the caller to free; NULL without memory. */
char *credentials_advice(const struct credentials *credentials);

/* Why key or token cannot be renewed though the old one still serves, or NULL. */
const char *credentials_trouble(const struct credentials *credentials);

/* Whether a text quotes what the last header was to keep secret. */
bool credentials_are_quoted(const struct credentials *credentials, const char *text);

#endif
