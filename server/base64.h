/* Base64 (RFC 4648 §4) of what goes into JSON: patches and CA bundles. */
#ifndef SERVER_BASE64_H
#define SERVER_BASE64_H

#include "common/strbuf.h"

#include <stddef.h>

/* Appends the padded text of so many bytes. */
void base64_encode(const char *data, size_t length, struct strbuf *out);

#endif
