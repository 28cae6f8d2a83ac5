/* A serving certificate that can be exchanged while the server runs. */
#ifndef HTTP_CERTIFICATE_H
#define HTTP_CERTIFICATE_H

#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>

struct http_certificate;

/* Loads a PEM chain and its key. The pair is checked: a key that does not fit is an error. */
int http_certificate_new(const char *certificate_file, const char *key_file, struct http_certificate **ret_certificate,
                         struct error *error);
void http_certificate_free(struct http_certificate *certificate);

/* Reads the files again. Returns 1 when new ones serve now, 0 when nothing changed, and -1 when the new ones are
 * unusable or have expired: the old ones go on serving. What was replaced is kept for a minute, for handshakes under
 * way. One thread at a time. */
int http_certificate_reload(struct http_certificate *certificate, struct error *error);

/* Seconds since 1970 at which the leaf in use ends. */
int64_t http_certificate_expiry(const struct http_certificate *certificate);

#endif
