/* The admission webhook: AdmissionReview in, AdmissionReview out. Answers from the request alone: no hub, no API
 * server, no file. Contract: design, "Admission has no side effects". */
#ifndef SERVER_ADMISSION_H
#define SERVER_ADMISSION_H

#include "http/server.h"
#include "server/metrics.h"

/* For http_server_options: context is the struct metrics. Serves POST /mutate and POST /validate. */
void admission_handle(void *context, const struct http_request *request, struct http_response *response);

#endif
