/* For tests of this room: a handler behind a real server on a free port, and one exchange with it. */
#ifndef TESTS_UNIT_SERVER_HTTP_H
#define TESTS_UNIT_SERVER_HTTP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/clock.h"
#include "http/client.h"
#include "http/server.h"

#include <stdio.h>

static inline struct http_server *serve(void (*handle)(void *, const struct http_request *, struct http_response *),
                                        void *context)
{
    struct http_server_options options = {.address = "127.0.0.1", .threads = 2, .handle = handle, .context = context};
    struct http_server *server = NULL;
    cleanup_error struct error error = {0};
    if (http_server_start(&options, &server, &error) < 0)
        fail_msg("%s", error_message(&error));
    return server;
}

/* The answer is the caller's to release. */
static inline struct http_client_answer exchange(const struct http_server *server, const char *method, const char *path,
                                                 const char *content_type, const char *body, size_t length)
{
    char base_url[64], header[128];
    struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    cleanup_http_client struct http_client *client = NULL;
    cleanup_error struct error error = {0};
    snprintf(base_url, sizeof base_url, "http://127.0.0.1:%u", http_server_port(server));
    snprintf(header, sizeof header, "Content-Type: %s", content_type ? content_type : "");
    const char *const headers[] = {content_type ? header : NULL, NULL};
    struct http_client_options options = {.base_url = base_url, .user_agent = "test"};
    if (http_client_new(&options, &client, &error) < 0)
        fail_msg("%s", error_message(&error));
    struct http_client_request request = {
        .method = method,
        .path = path,
        .headers = headers,
        .body = body,
        .body_length = length,
        .deadline_ms = clock_now_ms() + 60000,
        .answer_limit = (size_t)16 << 20,
    };
    if (http_client_perform(client, &request, &answer, &error) < 0)
        fail_msg("%s %s: %s", method, path, error_message(&error));
    return answer;
}

#endif
