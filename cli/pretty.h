/* JSON for people: a member a line, every token as it was written. */
#ifndef CLI_PRETTY_H
#define CLI_PRETTY_H

#include "common/strbuf.h"

/* json is one valid JSON text without white space between its tokens. Two blanks a level, no newline at the end. */
void pretty_add(struct strbuf *out, const char *json);

#endif
