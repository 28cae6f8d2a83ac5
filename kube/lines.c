#include "kube/lines.h"

#include <string.h>

/* A buffer that one great line made big is given back. */
#define KEPT_CAPACITY ((size_t)256 * 1024)

void kube_lines_release(struct kube_lines *lines)
{
    strbuf_release(&lines->partial);
    lines->partial = (struct strbuf)STRBUF_INIT;
}

static int keep(struct kube_lines *lines, const char *data, size_t length)
{
    if (length > lines->limit - lines->partial.length)
        return -1;
    strbuf_add(&lines->partial, data, length);
    return lines->partial.failed ? -1 : 0;
}

static int finish_partial(struct kube_lines *lines, int (*line)(void *, const char *, size_t), void *context)
{
    int result = line(context, strbuf_string(&lines->partial), lines->partial.length);
    if (lines->partial.capacity > KEPT_CAPACITY)
        kube_lines_release(lines);
    else
        strbuf_clear(&lines->partial);
    return result;
}

/* The end of a line has come: data up to its newline. */
static int finish(struct kube_lines *lines, const char *data, size_t length, int (*line)(void *, const char *, size_t),
                  void *context)
{
    if (lines->partial.length > 0)
        return keep(lines, data, length) < 0 ? -1 : finish_partial(lines, line, context);
    if (length > lines->limit)
        return -1;
    return length > 0 ? line(context, data, length) : 0;
}

int kube_lines_feed(struct kube_lines *lines, const char *data, size_t length,
                    int (*line)(void *context, const char *text, size_t length), void *context)
{
    while (length > 0) {
        const char *newline = memchr(data, '\n', length);
        if (!newline)
            return keep(lines, data, length);
        size_t taken = (size_t)(newline - data);
        int result = finish(lines, data, taken, line, context);
        if (result != 0)
            return result;
        data += taken + 1;
        length -= taken + 1;
    }
    return 0;
}
