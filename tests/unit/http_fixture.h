/* For the tests of http/: a folder with certificates, a server whose handler is told by the path what to do, clients,
 * and raw sockets for what no client would do. Nothing sleeps: every wait is for a condition and ends in a failure
 * after WAIT_MS. */
#ifndef TESTS_HTTP_FIXTURE_H
#define TESTS_HTTP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "certs/certs.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/strbuf.h"
#include "http/certificate.h"
#include "http/client.h"
#include "http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

#define WAIT_MS 20000

struct fixture {
    char folder[32];
    struct http_certificate *certificate;
    struct http_server *server;
    bool plain;
    sem_t entered, release; /* for the path /wait */
};

static inline int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status, (void)type, (void)where;
    return remove(path);
}

static inline void check(int result, struct error *error)
{
    if (result < 0)
        fail_msg("%s", error_message(error));
}

static inline char *file_in(const char *folder, const char *name)
{
    char *path = NULL;

    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    return path;
}

static inline void write_certificates(const char *folder)
{
    static const char *const names[] = {"localhost"};
    cleanup_error struct error error = {0};

    check(certs_write(folder, names, 1, 30, &error), &error);
}

static inline size_t number_after(const char *path, const char *prefix)
{
    return strtoul(path + strlen(prefix), NULL, 10);
}

/* /bytes/N answers N bytes, /status/N with that status, /wait waits for the test, /nothing closes, /truncated sends 10
 * of 1000 bytes; all else is described in the answer. */
static inline void fixture_handle(void *context, const struct http_request *request, struct http_response *response)
{
    struct fixture *fixture = context;
    const char *header = http_request_header(request, "x-test");

    if (strncmp(request->path, "/bytes/", 7) == 0 || strcmp(request->path, "/truncated") == 0) {
        bool truncated = request->path[1] == 't';
        response->status = 200;
        response->body_length = truncated ? 1000 : number_after(request->path, "/bytes/");
        response->body = malloc(response->body_length + 1);
        memset(response->body, 'b', response->body_length);
        response->content_type = "application/octet-stream";
        response->truncate_at = truncated ? 10 : 0;
        return;
    }
    if (strcmp(request->path, "/nothing") == 0)
        return;
    if (strcmp(request->path, "/wait") == 0) {
        sem_post(&fixture->entered);
        sem_wait(&fixture->release);
    }
    int status = 200;
    if (strncmp(request->path, "/status/", 8) == 0)
        status = (int)number_after(request->path, "/status/");
    http_response_text(response, status, "%s|%s|%s|%s|%zu", request->method, request->path, request->query,
                       header ? header : "", request->body_length);
    http_response_add_header(response, "X-Echo", "%.20s", request->body);
    http_response_add_header(response, "Location", "/elsewhere");
}

/* A folder with a CA and a certificate for localhost. */
static inline struct fixture *fixture_new(void)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    assert_non_null(fixture);
    signal(SIGPIPE, SIG_IGN);
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/test_http.XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    write_certificates(fixture->folder);
    sem_init(&fixture->entered, 0, 0);
    sem_init(&fixture->release, 0, 0);
    return fixture;
}

static inline void fixture_load_certificate(struct fixture *fixture)
{
    cleanup_error struct error error = {0};
    cleanup_free char *certificate_file = file_in(fixture->folder, "tls.crt");
    cleanup_free char *key_file = file_in(fixture->folder, "tls.key");

    check(http_certificate_new(certificate_file, key_file, &fixture->certificate, &error), &error);
}

/* Starts the server on a free port; of the options only limits and threads are looked at. */
static inline void fixture_serve(struct fixture *fixture, struct http_server_options options)
{
    cleanup_error struct error error = {0};

    if (!fixture->plain)
        fixture_load_certificate(fixture);
    options.address = "127.0.0.1";
    options.certificate = fixture->certificate;
    options.handle = fixture_handle;
    options.context = fixture;
    check(http_server_start(&options, &fixture->server, &error), &error);
}

static inline void fixture_free(struct fixture *fixture)
{
    http_server_stop(fixture->server);
    http_certificate_free(fixture->certificate);
    nftw(fixture->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    sem_destroy(&fixture->entered);
    sem_destroy(&fixture->release);
    free(fixture);
}

static inline struct fixture *fixture_start(struct http_server_options options)
{
    struct fixture *fixture = fixture_new();

    fixture_serve(fixture, options);
    return fixture;
}

/* A server without TLS, for raw sockets. */
static inline struct fixture *fixture_start_plain(struct http_server_options options)
{
    struct fixture *fixture = fixture_new();

    fixture->plain = true;
    fixture_serve(fixture, options);
    return fixture;
}

static inline struct http_server_counts fixture_counts(const struct fixture *fixture)
{
    struct http_server_counts counts;

    http_server_count(fixture->server, &counts);
    return counts;
}

/* A client of "https://localhost:PORT" (or http) that trusts the CA in that folder. */
static inline struct http_client *client_for(uint16_t port, bool plain, const char *folder)
{
    cleanup_error struct error error = {0};
    cleanup_free char *ca_file = file_in(folder, "ca.crt");
    cleanup_free char *url = NULL;
    struct http_client *client = NULL;

    assert_true(asprintf(&url, "%s://localhost:%u", plain ? "http" : "https", port) > 0);
    struct http_client_options options = {.base_url = url, .ca_file = ca_file, .user_agent = "test"};
    check(http_client_new(&options, &client, &error), &error);
    return client;
}

static inline struct http_client *fixture_client(const struct fixture *fixture)
{
    return client_for(http_server_port(fixture->server), fixture->plain, fixture->folder);
}

static inline struct http_client_request request_to(const char *method, const char *path)
{
    return (struct http_client_request){
        .method = method, .path = path, .deadline_ms = clock_now_ms() + WAIT_MS, .answer_limit = 1024 * 1024};
}

/* The status of the answer; anything else than an answer fails the test. */
static inline int get_status(struct http_client *client, const char *path)
{
    cleanup_error struct error error = {0};
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    struct http_client_request request = request_to("GET", path);

    check(http_client_perform(client, &request, &answer, &error), &error);
    return answer.status;
}

/* As get_status with a client of its own. */
static inline int fixture_status(const struct fixture *fixture, const char *path)
{
    cleanup_http_client struct http_client *client = fixture_client(fixture);

    return get_status(client, path);
}

/* Raw sockets. */

static inline int raw_connect(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static inline int fixture_raw(const struct fixture *fixture)
{
    return raw_connect(http_server_port(fixture->server));
}

static inline bool raw_send(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, data, length, MSG_NOSIGNAL);
        if (sent < 0)
            return false;
        data += sent;
        length -= (size_t)sent;
    }
    return true;
}

static inline bool raw_send_text(int fd, const char *text)
{
    return raw_send(fd, text, strlen(text));
}

/* Waits for something to read, the end included. */
static inline void raw_wait(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
}

/* Whether the other side ended the connection; waits so long for something to come. */
static inline bool raw_ended(int fd, int wait_ms)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    char byte;

    return poll(&wait, 1, wait_ms) == 1 && recv(fd, &byte, 1, MSG_PEEK) <= 0;
}

/* Everything until the end of the connection, for the caller to free. */
static inline char *raw_read_all(int fd)
{
    struct strbuf text = STRBUF_INIT;
    char piece[4096];

    for (;;) {
        raw_wait(fd);
        ssize_t length = recv(fd, piece, sizeof piece, 0);
        if (length <= 0)
            return strbuf_steal(&text);
        strbuf_add(&text, piece, (size_t)length);
    }
}

/* Reads until that text has come. */
static inline void raw_read_until(int fd, const char *end)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    char byte;

    while (!strstr(strbuf_string(&text), end)) {
        raw_wait(fd);
        assert_int_equal(recv(fd, &byte, 1, 0), 1);
        strbuf_add_char(&text, byte);
    }
}

/* Sends a byte again and again, until the other side has had enough. */
static inline void raw_drip_until_cut(int fd, char byte)
{
    int64_t end_ms = clock_now_ms() + WAIT_MS;

    while (!raw_ended(fd, 20)) {
        assert_true(clock_now_ms() < end_ms);
        raw_send(fd, &byte, 1);
    }
}

/* Sends the request, closes nothing, and returns the whole answer of a connection that the server is to close. */
static inline char *fixture_raw_answer(const struct fixture *fixture, const char *request)
{
    cleanup_close int fd = fixture_raw(fixture);

    raw_send_text(fd, request);
    return raw_read_all(fd);
}

static inline void wait_until_cut(const struct fixture *fixture, uint64_t count)
{
    int64_t end_ms = clock_now_ms() + WAIT_MS;

    while (fixture_counts(fixture).cut < count) {
        assert_true(clock_now_ms() < end_ms);
        poll(NULL, 0, 5);
    }
}

#endif
