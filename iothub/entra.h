/* Tokens of Microsoft Entra ID by workload identity: the ServiceAccount's token is exchanged for one that the hub takes
 * (OAuth 2.0 client credentials with a client assertion, RFC 7523). Private to iothub/. */
#ifndef IOTHUB_ENTRA_H
#define IOTHUB_ENTRA_H

#include "common/workload_identity.h"
#include "iothub/client.h"

struct entra;

/* Checks what is given, the environment and the token's file; does not connect. All is copied but the observer's
 * context. */
int entra_new(const struct workload_identity *given, const char *user_agent, const struct iothub_observer *observer,
              struct entra **ret_entra, struct error *error);
void entra_free(struct entra *entra);
void entra_stop(struct entra *entra); /* any thread */

/* A token, kept until shortly before it ends. When a new one cannot be had the old one serves to its end. *ret_token is
 * the entra's and good until the next call.
 * IOTHUB_UNAUTHORIZED: the authority refused; IOTHUB_UNSENT: it could not be asked; IOTHUB_STOPPED. */
enum iothub_result entra_token(struct entra *entra, int64_t now_s, int64_t deadline_ms, const char **ret_token,
                               struct error *error);

/* The hub did not take the token. False when it was made in that second or later: another one would be no better. */
bool entra_forget(struct entra *entra, int64_t since_s);

/* Why no new token could be had though the old one still serves, or NULL. */
const char *entra_trouble(const struct entra *entra);

/* Who asks, for messages. */
const char *entra_client_id(const struct entra *entra);

#endif
