/* HTTP client over libcurl (GnuTLS): one request at a time, connections kept alive between them, absolute deadlines,
 * capped answers, HTTP/1.1, no redirects, certificates always verified.
 *
 * A client belongs to one thread; only http_client_stop may be called from another. */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_client;

struct http_client_options {
    const char *base_url; /* "https://host:port", without a slash at the end; http is refused but for loopback */
    const char *ca_file;  /* PEM to trust; NULL: the system's */
    const char *ca_data;  /* PEM text to trust, instead of ca_file */
    const char *client_certificate; /* PEM text, or NULL */
    const char *client_key;         /* PEM text, with client_certificate */
    const char *user_agent;
};

/* The options are copied. Call http_client_global_init once before, from main, before any thread. */
void http_client_global_init(void);
int http_client_new(const struct http_client_options *options, struct http_client **ret_client, struct error *error);
void http_client_free(struct http_client *client);

static inline void cleanup_http_client_pointer(struct http_client **client)
{
    http_client_free(*client);
}

#define cleanup_http_client __attribute__((cleanup(cleanup_http_client_pointer)))

struct http_client_request {
    const char *method;
    const char *path;           /* with query, beginning with a slash */
    const char *const *headers; /* "Name: value", NULL-terminated; may be NULL. Never logged */
    const char *body;           /* may be NULL */
    size_t body_length;
    int64_t deadline_ms; /* on clock_now_ms, for the whole exchange; required */
    size_t answer_limit; /* most bytes of the answer's body that are accepted; required */
    /* When set, a body with status 200 is handed over in pieces as it comes and not stored (answer_limit then does not
     * apply). Returning other than 0 ends the request with failure. */
    int (*on_data)(void *context, const char *data, size_t length);
    void *context;
    int64_t idle_limit_ms; /* with on_data: fails when nothing came for so long; 0: no such limit */
};

struct http_client_answer {
    int status;
    char *body; /* ends in NUL, never NULL after success */
    size_t body_length;
    char *headers; /* "Name: value\r\n" lines, as they came; see http_client_answer_header */
};

#define HTTP_CLIENT_ANSWER_INIT                                                                                        \
    {                                                                                                                  \
        0, NULL, 0, NULL                                                                                               \
    }

void http_client_answer_release(struct http_client_answer *answer);

#define cleanup_http_client_answer __attribute__((cleanup(http_client_answer_release)))

enum {
    HTTP_CLIENT_FAILED = -1,  /* nothing says whether the other side got the request */
    HTTP_CLIENT_STOPPED = -2, /* by http_client_stop */
    HTTP_CLIENT_UNSENT = -3,  /* certain: no connection came to be, the other side knows nothing */
};

/* Carries out one request. 0 when an answer came, whatever its status. *answer is then the caller's to release. */
int http_client_perform(struct http_client *client, const struct http_client_request *request,
                        struct http_client_answer *answer, struct error *error);

/* The value of a header, ignoring its name's case, or NULL. The text belongs to the caller. */
char *http_client_answer_header(const struct http_client_answer *answer, const char *name);

/* Ends the running request at once, and every later one before it begins, with HTTP_CLIENT_STOPPED. Any thread. */
void http_client_stop(struct http_client *client);

#endif
