/* Foreign text in our messages: one line, valid UTF-8, cut at a length. Private to the room. */
#ifndef TRANSLATE_TEXT_H
#define TRANSLATE_TEXT_H

#include "common/strbuf.h"

#include <stddef.h>

/* Bytes of the UTF-8 character at text (1 … 4), or 0 when there is none (a stray or overlong byte, the end). */
size_t text_character_length(const char *text);

/* Appends at most limit characters of text, with … when more follow. Control characters become blanks, broken bytes
 * `?`. */
void text_add_excerpt(struct strbuf *out, const char *text, size_t limit);

/* The same in double quotes, with `"`, `\` and control characters escaped as Go's %q does. */
void text_add_quoted(struct strbuf *out, const char *text, size_t limit);

/* Copies at most limit characters into buffer, which holds size bytes. */
void text_copy_excerpt(char *buffer, size_t size, const char *text, size_t limit);

#endif
