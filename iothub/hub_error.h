/* What an IoT Hub says when it refuses a call, in its several forms. Private to iothub/. */
#ifndef IOTHUB_HUB_ERROR_H
#define IOTHUB_HUB_ERROR_H

#include "http/client.h"
#include "iothub/client.h"

struct hub_error {
    char *code; /* "ConfigurationNotFound", "404103", or NULL when the hub gave none */
    char *text; /* one printable line, or NULL */
};

#define HUB_ERROR_INIT                                                                                                 \
    {                                                                                                                  \
        NULL, NULL                                                                                                     \
    }

void hub_error_release(struct hub_error *hub_error);

#define cleanup_hub_error __attribute__((cleanup(hub_error_release)))

/* Reads an answer with a status of 300 or more. What cannot be read stays NULL. */
void hub_error_read(const struct http_client_answer *answer, struct hub_error *ret_hub_error);

/* What such an answer means. code may be NULL. */
enum iothub_result hub_error_result(int status, const char *code);

#endif
