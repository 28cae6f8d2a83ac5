/* gzip (RFC 1952) with fixed Huffman codes: simple, and small enough for logs that repeat themselves. */
#ifndef EMULATOR_GZIP_H
#define EMULATOR_GZIP_H

#include "common/strbuf.h"

#include <stddef.h>

/* Appends the gzip stream of the data. */
void emulator_gzip(const void *data, size_t length, struct strbuf *out);

#endif
