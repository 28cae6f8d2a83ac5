/* The client against a server that plays out a script, over plain HTTP on loopback. */
#include "tests/unit/http_fixture.h"

/* One connection after another: on each, for each text, a request is read and the text sent. Then the connection is
 * ended, but for the last one, which stays open until the client goes when hold is set. */
struct script {
    const char *const *const *connections; /* each a list of texts, all NULL-terminated */
    bool hold;
    int listener;
    uint16_t port;
    pthread_t thread;
    unsigned requests;
};

static void play_connection(struct script *script, int fd, const char *const *texts, bool last)
{
    for (; *texts; texts++) {
        raw_read_until(fd, "\r\n\r\n");
        script->requests++;
        raw_send_text(fd, *texts);
    }
    if (last && script->hold)
        free(raw_read_all(fd));
}

static void *play(void *context)
{
    struct script *script = context;

    for (const char *const *const *texts = script->connections; *texts; texts++) {
        cleanup_close int fd = accept(script->listener, NULL, NULL);
        play_connection(script, fd, *texts, !texts[1]);
    }
    return NULL;
}

static void script_start(struct script *script)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    script->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(script->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(script->listener, 8), 0);
    assert_int_equal(getsockname(script->listener, (struct sockaddr *)&address, &size), 0);
    script->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&script->thread, NULL, play, script), 0);
}

static void script_end(struct script *script)
{
    pthread_join(script->thread, NULL);
    close(script->listener);
}

static struct http_client *script_client(const struct script *script)
{
    cleanup_error struct error error = {0};
    struct http_client *client = NULL;
    char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%u", script->port);
    check(http_client_new(&(struct http_client_options){.base_url = url}, &client, &error), &error);
    return client;
}

static int perform(struct http_client *client, const struct http_client_request *request)
{
    cleanup_error struct error error = {0};
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;

    int result = http_client_perform(client, request, &answer, &error);
    return result < 0 ? result : answer.status;
}

/* libcurl would send it again on a new connection: that is not for it to decide. */
static void test_kept_connection_that_died_is_not_tried_again(void **state)
{
    const char *const first[] = {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", NULL};
    const char *const *const connections[] = {first, NULL};
    struct script script = {.connections = connections};

    (void)state;
    script_start(&script);
    struct http_client *client = script_client(&script);
    struct http_client_request request = request_to("POST", "/");
    assert_int_equal(perform(client, &request), 200);
    assert_int_equal(perform(client, &request), HTTP_CLIENT_FAILED);
    http_client_free(client);
    script_end(&script);
    assert_int_equal(script.requests, 2);
}

static void test_connection_that_closed_while_idle_is_replaced(void **state)
{
    const char *const once[] = {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", NULL};
    const char *const *const connections[] = {once, once, NULL};
    struct script script = {.connections = connections};

    (void)state;
    script_start(&script);
    struct http_client *client = script_client(&script);
    struct http_client_request request = request_to("POST", "/");
    assert_int_equal(perform(client, &request), 200);
    assert_int_equal(perform(client, &request), 200);
    http_client_free(client);
    script_end(&script);
}

static void test_interim_answer(void **state)
{
    const char *const once[] = {"HTTP/1.1 100 Continue\r\nX-Interim: yes\r\n\r\n"
                                "HTTP/1.1 201 Created\r\nContent-Length: 2\r\nX-Final: yes\r\n\r\nok",
                                NULL};
    const char *const *const connections[] = {once, NULL};
    struct script script = {.connections = connections};
    cleanup_error struct error error = {0};
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;

    (void)state;
    script_start(&script);
    struct http_client *client = script_client(&script);
    struct http_client_request request = request_to("POST", "/");
    check(http_client_perform(client, &request, &answer, &error), &error);
    assert_int_equal(answer.status, 201);
    assert_string_equal(answer.body, "ok");
    assert_string_equal(answer.headers, "Content-Length: 2\r\nX-Final: yes\r\n");
    http_client_free(client);
    script_end(&script);
}

static int count_bytes(void *context, const char *data, size_t length)
{
    (void)data;
    *(size_t *)context += length;
    return 0;
}

static const char first_line_of_watch[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";

static void test_silent_watch_ends_by_its_idle_limit(void **state)
{
    const char *const once[] = {first_line_of_watch, NULL};
    const char *const *const connections[] = {once, NULL};
    struct script script = {.connections = connections, .hold = true};
    cleanup_error struct error error = {0};
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    size_t received = 0;

    (void)state;
    script_start(&script);
    struct http_client *client = script_client(&script);
    struct http_client_request request = request_to("GET", "/");
    request.on_data = count_bytes;
    request.context = &received;
    request.idle_limit_ms = 300;
    assert_int_equal(http_client_perform(client, &request, &answer, &error), HTTP_CLIENT_FAILED);
    assert_non_null(strstr(error.message, "nothing came for too long"));
    assert_int_equal(received, 5);
    http_client_free(client);
    script_end(&script);
}

static void test_watch_that_breaks_off_fails(void **state)
{
    const char *const once[] = {first_line_of_watch, NULL};
    const char *const *const connections[] = {once, NULL};
    struct script script = {.connections = connections};
    size_t received = 0;

    (void)state;
    script_start(&script);
    struct http_client *client = script_client(&script);
    struct http_client_request request = request_to("GET", "/");
    request.on_data = count_bytes;
    request.context = &received;
    assert_int_equal(perform(client, &request), HTTP_CLIENT_FAILED);
    assert_int_equal(received, 5);
    http_client_free(client);
    script_end(&script);
}

/* A handshake that is never answered: nothing was sent, and the deadline says so. */
static void test_mute_handshake(void **state)
{
    const char *const nothing[] = {NULL};
    const char *const *const connections[] = {nothing, NULL};
    struct script script = {.connections = connections, .hold = true};
    cleanup_error struct error error = {0};
    struct http_client *client = NULL;
    char url[64];

    (void)state;
    script_start(&script);
    snprintf(url, sizeof url, "https://localhost:%u", script.port);
    check(http_client_new(&(struct http_client_options){.base_url = url}, &client, &error), &error);
    struct http_client_request request = request_to("GET", "/");
    request.deadline_ms = clock_now_ms() + 300;
    assert_int_equal(perform(client, &request), HTTP_CLIENT_UNSENT);
    http_client_free(client);
    script_end(&script);
}

static void test_garbage(void **state)
{
    const char *const once[] = {"220 mail.example.com ESMTP\r\n", NULL};
    const char *const *const connections[] = {once, NULL};
    struct script script = {.connections = connections};

    (void)state;
    script_start(&script);
    struct http_client *client = script_client(&script);
    struct http_client_request request = request_to("GET", "/");
    assert_int_equal(perform(client, &request), HTTP_CLIENT_FAILED);
    http_client_free(client);
    script_end(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept_connection_that_died_is_not_tried_again),
        cmocka_unit_test(test_connection_that_closed_while_idle_is_replaced),
        cmocka_unit_test(test_interim_answer),
        cmocka_unit_test(test_silent_watch_ends_by_its_idle_limit),
        cmocka_unit_test(test_watch_that_breaks_off_fails),
        cmocka_unit_test(test_mute_handshake),
        cmocka_unit_test(test_garbage),
    };

    signal(SIGPIPE, SIG_IGN);
    http_client_global_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
