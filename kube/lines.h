/* Lines out of a stream that comes in pieces; for this room only. */
#ifndef KUBE_LINES_H
#define KUBE_LINES_H

#include "common/strbuf.h"

#include <stddef.h>

struct kube_lines {
    size_t limit;          /* bytes of a line, its newline not counted */
    struct strbuf partial; /* what came of a line so far */
};

/* Takes a piece and hands over each line that is complete now, without its newline; empty lines are left out. Returns
 * 0, what `line` returned when that was not 0 (the rest of the piece is lost), or -1 when a line is too long or memory
 * ran out. */
int kube_lines_feed(struct kube_lines *lines, const char *data, size_t length,
                    int (*line)(void *context, const char *text, size_t length), void *context);

/* Forgets what is unfinished. */
void kube_lines_release(struct kube_lines *lines);

#endif
