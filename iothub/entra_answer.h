/* What an authority of Microsoft Entra ID answers to a request for a token. Private to iothub/. */
#ifndef IOTHUB_ENTRA_ANSWER_H
#define IOTHUB_ENTRA_ANSWER_H

#include "http/client.h"

#include <stdint.h>

/* The token of an answer with status 200, for the caller to free with secret_free, and for how long it is good. */
int entra_answer_read(const struct http_client_answer *answer, char **ret_token, int64_t *ret_lifetime_s,
                      struct error *error);

/* Why there is none, as the authority says it: status, AADSTS code, its sentence, and what to look at. The sentence is
 * left out when it quotes the assertion. Sets the error. */
void entra_answer_explain(const struct http_client_answer *answer, const char *assertion, struct error *error);

#endif
