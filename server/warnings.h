/* Warnings of an admission answer, kept so short that the API server cuts none: it wants 120 characters each and drops
 * what goes beyond 4096 over all webhooks (k8s.io/apiserver pkg/endpoints/filters/warning.go). */
#ifndef SERVER_WARNINGS_H
#define SERVER_WARNINGS_H

#include <stddef.h>

#define WARNING_LIMIT  120  /* characters of one */
#define WARNINGS_LIMIT 1024 /* bytes of all */
#define WARNINGS_MOST  32

struct warnings {
    char *texts[WARNINGS_MOST]; /* each owned; hand them out as they are */
    size_t count;
    size_t bytes;
    size_t left_out;
};

#define WARNINGS_INIT                                                                                                  \
    {                                                                                                                  \
        {NULL}, 0, 0, 0                                                                                                \
    }

void warnings_release(struct warnings *warnings);

#define cleanup_warnings __attribute__((cleanup(warnings_release)))

/* Adds "<field>: <message>", or the message alone when field is NULL; cut, control characters made spaces. */
void warnings_add(struct warnings *warnings, const char *field, const char *message);

/* Says how many found no room. Once, at the end. */
void warnings_finish(struct warnings *warnings);

#endif
