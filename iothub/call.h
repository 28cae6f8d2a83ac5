/* One call to an IoT Hub: token, headers, deadline, the second try after a 401, and what the answer means. Private to
 * iothub/. */
#ifndef IOTHUB_CALL_H
#define IOTHUB_CALL_H

#include "http/client.h"
#include "iothub/client.h"

#define IOTHUB_API_VERSION "2021-04-12"

struct iothub_call {
    enum iothub_operation operation;
    const char *method;
    const char *path;           /* encoded, without the query: "/configurations/x" */
    const char *const *headers; /* besides token and content type; NULL-terminated; may be NULL */
    const char *body;           /* JSON, or NULL */
    bool is_read;               /* changes nothing on the hub, so that it may be sent twice */
    size_t answer_limit;
};

/* IOTHUB_OK for every status 2xx; *answer is then the caller's to release. */
enum iothub_result iothub_call_perform(struct iothub_client *client, const struct iothub_call *call,
                                       struct http_client_answer *answer, struct error *error);

/* Parses the body of such an answer, which must be an array or an object. IOTHUB_OK, or IOTHUB_SERVER_ERROR. */
enum iothub_result iothub_call_parse(const struct iothub_call *call, const struct http_client_answer *answer,
                                     bool must_be_array, cJSON **ret_tree, struct error *error);

#endif
