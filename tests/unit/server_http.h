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

struct exchange {
    const char *base_url;
    const char *ca_file; /* with https */
    const char *method, *path;
    const char *content_type; /* NULL: none */
    const char *body;         /* NULL: none */
    size_t length;
};

/* One exchange on a connection of its own. 0 or less as http_client_perform; the answer is the caller's to release. */
static inline int exchange_try(const struct exchange *exchange, struct http_client_answer *answer, struct error *error)
{
    char header[128];
    cleanup_http_client struct http_client *client = NULL;
    snprintf(header, sizeof header, "Content-Type: %s", exchange->content_type ? exchange->content_type : "");
    const char *const headers[] = {exchange->content_type ? header : NULL, NULL};
    struct http_client_options options = {
        .base_url = exchange->base_url, .ca_file = exchange->ca_file, .user_agent = "test"};
    if (http_client_new(&options, &client, error) < 0)
        return -1;
    struct http_client_request request = {
        .method = exchange->method,
        .path = exchange->path,
        .headers = headers,
        .body = exchange->body,
        .body_length = exchange->length,
        .deadline_ms = clock_now_ms() + 60000,
        .answer_limit = (size_t)16 << 20,
    };
    return http_client_perform(client, &request, answer, error);
}

/* The answer is the caller's to release. */
static inline struct http_client_answer exchange(const struct http_server *server, const char *method, const char *path,
                                                 const char *content_type, const char *body, size_t length)
{
    char base_url[64];
    struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    cleanup_error struct error error = {0};
    snprintf(base_url, sizeof base_url, "http://127.0.0.1:%u", http_server_port(server));
    struct exchange one = {base_url, NULL, method, path, content_type, body, length};
    if (exchange_try(&one, &answer, &error) < 0)
        fail_msg("%s %s: %s", method, path, error_message(&error));
    return answer;
}

#endif
