/* The admission webhook: AdmissionReview in, AdmissionReview out. Answers from the request alone: no hub, no API
 * server, no file. Contract: design, "Admission has no side effects". */
#ifndef SERVER_ADMISSION_H
#define SERVER_ADMISSION_H

#include "http/server.h"
#include "server/metrics.h"
#include "server/namespaces.h"

struct admission {
    struct metrics *metrics;
    const struct namespaces *secrets_from; /* where values of Secrets may be used; NULL: nowhere */
};

/* For http_server_options: context is the struct admission. Serves POST /mutate and POST /validate. */
void admission_handle(void *context, const struct http_request *request, struct http_response *response);

/* What it does for a POST of JSON to that path: judges the body in an arena of this thread. */
void admission_answer(const struct admission *admission, enum webhook_path path, const char *body, size_t length,
                      struct http_response *response);

#endif
