/* Where a request ends, by its headers; for this room only.
 *
 * A request whose end two readers could see at different places is refused (RFC 9112, 6.3 and 11.2). */
#ifndef HTTP_FRAMING_H
#define HTTP_FRAMING_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

/* What the headers say about the body, and whether they say something about the connection. */
struct http_framing {
    unsigned lengths, encodings;
    uint64_t length;
    bool broken;
    bool spaced; /* a name with white space before its colon, by which a header hides (RFC 9112, 5.1) */
    bool connection;
};

/* Looks at all headers once. */
void http_framing_read(struct http_framing *framing, struct MHD_Connection *connection);

/* Why the request is to be refused, or NULL. */
const char *http_framing_problem(const struct http_framing *framing);

#endif
