/* An API server that follows a script: answers the requests in their order, each with bytes that the test wrote, and
 * keeps what it was asked. One connection at a time, plain HTTP on a free port of 127.0.0.1. */
#ifndef TESTS_UNIT_KUBE_FAKE_SERVER_H
#define TESTS_UNIT_KUBE_FAKE_SERVER_H

#include "common/cleanup.h"
#include "common/strbuf.h"
#include "kube/access.h"

#include <arpa/inet.h>
#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

enum { FAKE_MAX_STEPS = 24 };

/* What follows an answer. */
enum fake_after {
    FAKE_KEEP,  /* the connection goes on */
    FAKE_CLOSE, /* the server ends it */
    FAKE_HOLD,  /* nothing more comes, until the client ends it */
};

struct fake_step {
    char *answer; /* the whole of it, head and body */
    enum fake_after after;
};

struct fake_server {
    int listener;
    uint16_t port;
    pthread_t thread;
    struct fake_step steps[FAKE_MAX_STEPS];
    size_t step_count;
    char *requests[FAKE_MAX_STEPS]; /* head and body; to be read after fake_server_stop */
    size_t request_count;
    int stop_pipe[2];
};

/* Adds "<status>" with a JSON body to the script. */
static inline void fake_answer(struct fake_server *server, int status, const char *body)
{
    struct fake_step *step = &server->steps[server->step_count++];
    int length =
        asprintf(&step->answer, "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                 status, strlen(body), body);
    assert(length > 0);
    step->after = FAKE_KEEP;
}

/* Adds a 200 whose body comes in the given pieces, each a chunk. The last chunk is sent unless the connection ends. */
static inline void fake_stream(struct fake_server *server, const char *const *pieces, enum fake_after after)
{
    struct strbuf text = STRBUF_INIT;
    strbuf_add_string(&text, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (; *pieces; pieces++)
        strbuf_add_format(&text, "%zx\r\n%s\r\n", strlen(*pieces), *pieces);
    if (after == FAKE_KEEP)
        strbuf_add_string(&text, "0\r\n\r\n");
    struct fake_step *step = &server->steps[server->step_count++];
    step->answer = strbuf_steal(&text);
    step->after = after;
}

static inline bool fake_wait_readable(struct fake_server *server, int fd)
{
    struct pollfd fds[2] = {{.fd = fd, .events = POLLIN}, {.fd = server->stop_pipe[0], .events = POLLIN}};
    while (poll(fds, 2, -1) < 0)
        continue;
    return fds[1].revents == 0;
}

/* The length of a whole request at the beginning of the text, 0 while it is not whole. */
static inline size_t fake_request_length(const char *text, size_t length)
{
    const char *end = length ? strstr(text, "\r\n\r\n") : NULL;
    if (!end)
        return 0;
    const char *field = strcasestr(text, "\r\nContent-Length:");
    size_t whole = (size_t)(end - text) + 4 + (field && field < end ? strtoul(field + 17, NULL, 10) : 0);
    return length >= whole ? whole : 0;
}

/* Reads one request and keeps it. False at the end of the connection or of the test. */
static inline bool fake_read_request(struct fake_server *server, int fd)
{
    struct strbuf text = STRBUF_INIT;
    char piece[4096];
    size_t whole = 0;
    while ((whole = fake_request_length(strbuf_string(&text), text.length)) == 0) {
        ssize_t count = fake_wait_readable(server, fd) ? recv(fd, piece, sizeof(piece), 0) : 0;
        if (count <= 0) {
            strbuf_release(&text);
            return false;
        }
        strbuf_add(&text, piece, (size_t)count);
    }
    assert(server->request_count < FAKE_MAX_STEPS);
    server->requests[server->request_count++] = strbuf_steal(&text);
    return true;
}

/* Waits for the client to end a connection on which nothing comes any more. */
static inline void fake_hold(struct fake_server *server, int fd)
{
    char byte;
    while (fake_wait_readable(server, fd) && recv(fd, &byte, 1, 0) > 0)
        continue;
}

static inline void fake_serve_connection(struct fake_server *server, int fd)
{
    while (fake_read_request(server, fd)) {
        size_t index = server->request_count - 1;
        if (index >= server->step_count)
            return;
        const struct fake_step *step = &server->steps[index];
        if (send(fd, step->answer, strlen(step->answer), MSG_NOSIGNAL) < 0)
            return;
        if (step->after == FAKE_HOLD)
            fake_hold(server, fd);
        if (step->after != FAKE_KEEP)
            return;
    }
}

static inline void *fake_run(void *context)
{
    struct fake_server *server = context;
    while (fake_wait_readable(server, server->listener)) {
        int fd = accept(server->listener, NULL, NULL);
        if (fd < 0)
            continue;
        fake_serve_connection(server, fd);
        close(fd);
    }
    return NULL;
}

/* The script must be complete. */
static inline void fake_server_start(struct fake_server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int failed = bind(server->listener, (struct sockaddr *)&address, length) ||
                 getsockname(server->listener, (struct sockaddr *)&address, &length) || listen(server->listener, 16) ||
                 pipe(server->stop_pipe) || pthread_create(&server->thread, NULL, fake_run, server);
    assert(!failed);
    server->port = ntohs(address.sin_port);
}

static inline void fake_server_stop(struct fake_server *server)
{
    close(server->stop_pipe[1]);
    pthread_join(server->thread, NULL);
    close(server->stop_pipe[0]);
    close(server->listener);
}

static inline void fake_server_release(struct fake_server *server)
{
    for (size_t i = 0; i < server->step_count; i++)
        free(server->steps[i].answer);
    for (size_t i = 0; i < server->request_count; i++)
        free(server->requests[i]);
}

/* An access to it, without credentials; for kube_access_free. */
static inline struct kube_access *fake_server_access(const struct fake_server *server)
{
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u", server->port);
    struct kube_access *access = calloc(1, sizeof(*access));
    int failed = !access || kube_access_set_server(access, url, NULL);
    assert(!failed);
    return access;
}

/* "GET /path" of a request, for cmocka's assert_string_equal. The text belongs to the caller. */
static inline char *fake_request_line(const struct fake_server *server, size_t index)
{
    if (index >= server->request_count)
        return strdup("no request");
    const char *text = server->requests[index];
    const char *end = strstr(text, " HTTP/1.1");
    return strndup(text, end ? (size_t)(end - text) : 0);
}

static inline const char *fake_request_body(const struct fake_server *server, size_t index)
{
    const char *end = index < server->request_count ? strstr(server->requests[index], "\r\n\r\n") : NULL;
    return end ? end + 4 : "no request";
}

#endif
