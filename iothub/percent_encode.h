/* Percent-encoding for paths and tokens. Private to iothub/. */
#ifndef IOTHUB_PERCENT_ENCODE_H
#define IOTHUB_PERCENT_ENCODE_H

#include "common/strbuf.h"

/* Every byte but A-Z a-z 0-9 - . _ ~ becomes %XX. */
void iothub_percent_encode(struct strbuf *out, const char *text);

#endif
