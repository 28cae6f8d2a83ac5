/* An exchange that its observer is told of. Private to iothub/. */
#ifndef IOTHUB_OBSERVED_H
#define IOTHUB_OBSERVED_H

#include "http/client.h"
#include "iothub/operation.h"

/* As http_client_perform. A stop is no answer that somebody failed to give: it is not told. */
int iothub_observed_perform(struct http_client *http, const struct iothub_observer *observer,
                            enum iothub_operation operation, const struct http_client_request *request,
                            struct http_client_answer *answer, struct error *error);

#endif
