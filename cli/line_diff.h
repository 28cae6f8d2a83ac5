/* What differs between two texts, line by line. */
#ifndef CLI_LINE_DIFF_H
#define CLI_LINE_DIFF_H

#include "common/strbuf.h"

#include <stdbool.h>

/* Appends hunks in the unified format, with three lines around each change; nothing when the texts are equal. Returns
 * 0, or -1 without memory. */
int line_diff_add(struct strbuf *out, const char *old, const char *new, bool colors);

#endif
