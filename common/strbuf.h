/* A growing string. Its text always ends in NUL; it may hold NUL bytes as well.
 *
 * When memory runs out the buffer is marked failed, further appends do nothing, and strbuf_steal returns NULL: check
 * once, at the end. */
#ifndef COMMON_STRBUF_H
#define COMMON_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct strbuf {
    char *data; /* NULL until the first append */
    size_t length;
    size_t capacity;
    bool failed;
};

#define STRBUF_INIT                                                                                                    \
    {                                                                                                                  \
        NULL, 0, 0, false                                                                                              \
    }

void strbuf_release(struct strbuf *buffer);

#define cleanup_strbuf __attribute__((cleanup(strbuf_release)))

/* Makes room for that many more bytes. Returns 0, or -1 when memory ran out. */
int strbuf_reserve(struct strbuf *buffer, size_t more);
void strbuf_add(struct strbuf *buffer, const char *data, size_t length);
void strbuf_add_string(struct strbuf *buffer, const char *text);
void strbuf_add_char(struct strbuf *buffer, char byte);
void strbuf_add_format(struct strbuf *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void strbuf_add_vformat(struct strbuf *buffer, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Empties the buffer and keeps its memory. */
void strbuf_clear(struct strbuf *buffer);

/* The text; "" while nothing was added. Owned by the buffer. */
const char *strbuf_string(const struct strbuf *buffer);

/* The text, owned by the caller now; the buffer is empty. "" is returned as an allocated string. NULL after a failure.
 */
char *strbuf_steal(struct strbuf *buffer);

#endif
