#include "tests/unit/kube_fake_server.h"

#include "common/clock.h"
#include "common/file.h"
#include "common/json.h"
#include "http/client.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct fixture {
    struct fake_server server;
    struct kube_access *access;
    struct kube_client *client;
    struct error error;
};

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    return *state ? 0 : -1;
}

/* After the script was written. */
static void begin(struct fixture *f)
{
    fake_server_start(&f->server);
    f->access = fake_server_access(&f->server);
}

static void make_client(struct fixture *f)
{
    assert_int_equal(kube_client_new(f->access, "tester/1", &f->client, &f->error), 0);
}

/* The requests may be looked at from here on. */
static void end(struct fixture *f)
{
    kube_client_free(f->client);
    f->client = NULL;
    fake_server_stop(&f->server);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    kube_access_free(f->access);
    fake_server_release(&f->server);
    error_release(&f->error);
    free(f);
    return 0;
}

static void assert_request(const struct fixture *f, size_t index, const char *expected)
{
    cleanup_free char *line = fake_request_line(&f->server, index);
    assert_string_equal(line, expected);
}

static void get_returns_the_object(void **state)
{
    struct fixture *f = *state;
    cleanup_json cJSON *object = NULL;
    fake_answer(&f->server, 200, "{\"kind\":\"Node\"}");
    begin(f);
    make_client(f);
    assert_int_equal(kube_call(f->client, "GET", "/api/v1/nodes/x", NULL, NULL, 0, &object, &f->error), 200);
    end(f);
    assert_string_equal(json_string(object, "kind"), "Node");
    assert_null(f->error.message);
    assert_request(f, 0, "GET /api/v1/nodes/x");
    assert_non_null(strstr(f->server.requests[0], "\r\nUser-Agent: tester/1\r\n"));
    assert_non_null(strstr(f->server.requests[0], "\r\nAccept: application/json\r\n"));
    assert_null(strstr(f->server.requests[0], "Authorization"));
    assert_null(strstr(f->server.requests[0], "Content-Type"));
}

static void the_path_of_the_server_goes_before(void **state)
{
    struct fixture *f = *state;
    fake_answer(&f->server, 200, "{}");
    begin(f);
    free(f->access->prefix);
    f->access->prefix = strdup("/k8s/clusters/c-1");
    make_client(f);
    assert_int_equal(kube_call(f->client, "GET", "/version", NULL, NULL, 0, NULL, &f->error), 200);
    end(f);
    assert_request(f, 0, "GET /k8s/clusters/c-1/version");
}

static void a_patch_has_its_type_and_the_token(void **state)
{
    struct fixture *f = *state;
    fake_answer(&f->server, 200, "{}");
    begin(f);
    f->access->token = strdup("s3cret");
    make_client(f);
    assert_int_equal(kube_call(f->client, "PATCH", "/api/v1/nodes/x/status", KUBE_STRATEGIC_MERGE_PATCH, "{\"a\":1}", 0,
                               NULL, &f->error),
                     200);
    end(f);
    assert_non_null(strstr(f->server.requests[0], "\r\nContent-Type: application/strategic-merge-patch+json\r\n"));
    assert_non_null(strstr(f->server.requests[0], "\r\nAuthorization: Bearer s3cret\r\n"));
    assert_string_equal(fake_request_body(&f->server, 0), "{\"a\":1}");
}

static void a_refusal_is_told_in_the_servers_words(void **state)
{
    struct fixture *f = *state;
    cleanup_json cJSON *object = NULL;
    fake_answer(&f->server, 403,
                "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"message\":\"nodes \\\"x\\\" is forbidden: no\"}");
    begin(f);
    make_client(f);
    assert_int_equal(kube_call(f->client, "GET", "/api/v1/nodes/x?a=b", NULL, NULL, 0, &object, &f->error), 403);
    end(f);
    assert_string_equal(f->error.message, "GET /api/v1/nodes/x: 403 Forbidden: nodes \"x\" is forbidden: no");
    assert_string_equal(json_string(object, "reason"), "Forbidden");
}

static void a_refusal_that_is_no_status_shows_its_beginning(void **state)
{
    struct fixture *f = *state;
    fake_answer(&f->server, 502, "<html>Bad Gateway</html>\n");
    fake_answer(&f->server, 429, "");
    begin(f);
    make_client(f);
    assert_int_equal(kube_call(f->client, "DELETE", "/a", NULL, NULL, 0, NULL, &f->error), 502);
    assert_string_equal(f->error.message, "DELETE /a: 502: <html>Bad Gateway</html>");
    assert_int_equal(kube_call(f->client, "DELETE", "/a", NULL, NULL, 0, NULL, &f->error), 429);
    assert_string_equal(f->error.message, "DELETE /a: 429");
    end(f);
}

static void an_answer_that_is_no_json_is_a_failure(void **state)
{
    struct fixture *f = *state;
    cJSON *object = NULL;
    fake_answer(&f->server, 200, "{\"a\":");
    begin(f);
    make_client(f);
    assert_int_equal(kube_call(f->client, "GET", "/a", NULL, NULL, 0, &object, &f->error), KUBE_FAILED);
    end(f);
    assert_null(object);
    assert_non_null(strstr(f->error.message, "GET /a: the answer (200) is no JSON that can be used: "));
}

static void write_token(const char *path, const char *token)
{
    assert_int_equal(file_write(path, token, strlen(token), 0600, NULL), 0);
}

static void a_401_is_tried_again_with_the_token_read_again(void **state)
{
    struct fixture *f = *state;
    char path[] = "/tmp/test_kube_client-XXXXXX";
    cleanup_close int fd = mkstemp(path);
    assert_true(fd >= 0);
    fake_answer(&f->server, 200, "{}");
    fake_answer(&f->server, 401, "{\"reason\":\"Unauthorized\",\"message\":\"Unauthorized\"}");
    fake_answer(&f->server, 200, "{}");
    fake_answer(&f->server, 401, "{\"reason\":\"Unauthorized\",\"message\":\"Unauthorized\"}");
    fake_answer(&f->server, 401, "{\"reason\":\"Unauthorized\",\"message\":\"Unauthorized\"}");
    begin(f);
    f->access->token_file = strdup(path);
    make_client(f);
    write_token(path, "one\n");
    assert_int_equal(kube_call(f->client, "GET", "/a", NULL, NULL, 0, NULL, &f->error), 200);
    write_token(path, "two\n");
    assert_int_equal(kube_call(f->client, "POST", "/b", NULL, "{}", 0, NULL, &f->error), 200);
    assert_int_equal(kube_call(f->client, "GET", "/c", NULL, NULL, 0, NULL, &f->error), 401);
    assert_string_equal(f->error.message, "GET /c: 401 Unauthorized: Unauthorized");
    end(f);
    unlink(path);
    assert_int_equal(f->server.request_count, 5);
    assert_non_null(strstr(f->server.requests[0], "Bearer one\r\n"));
    assert_non_null(strstr(f->server.requests[1], "Bearer one\r\n"));
    assert_non_null(strstr(f->server.requests[2], "Bearer two\r\n"));
    assert_string_equal(fake_request_body(&f->server, 2), "{}");
}

/* The server may take the old one for a while yet, but not for ever. A file that is missing for a moment is no harm. */
static void a_token_is_read_again_after_a_while(void **state)
{
    struct fixture *f = *state;
    char path[] = "/tmp/test_kube_client-XXXXXX";
    cleanup_close int fd = mkstemp(path);
    assert_true(fd >= 0);
    for (int i = 0; i < 3; i++)
        fake_answer(&f->server, 200, "{}");
    begin(f);
    f->access->token_file = strdup(path);
    f->access->token_age_ms = 1;
    make_client(f);
    write_token(path, "one\n");
    assert_int_equal(kube_call(f->client, "GET", "/a", NULL, NULL, 0, NULL, &f->error), 200);
    write_token(path, "two\n");
    int64_t read_ms = clock_now_ms();
    while (clock_now_ms() <= read_ms + 1)
        sched_yield();
    assert_int_equal(kube_call(f->client, "GET", "/b", NULL, NULL, 0, NULL, &f->error), 200);
    unlink(path);
    read_ms = clock_now_ms();
    while (clock_now_ms() <= read_ms + 1)
        sched_yield();
    assert_int_equal(kube_call(f->client, "GET", "/c", NULL, NULL, 0, NULL, &f->error), 200);
    end(f);
    assert_non_null(strstr(f->server.requests[0], "Bearer one\r\n"));
    assert_non_null(strstr(f->server.requests[1], "Bearer two\r\n"));
    assert_non_null(strstr(f->server.requests[2], "Bearer two\r\n"));
}

static void without_a_token_nothing_is_sent(void **state)
{
    struct fixture *f = *state;
    begin(f);
    f->access->token_file = strdup("/nowhere/token");
    make_client(f);
    assert_int_equal(kube_call(f->client, "GET", "/a", NULL, NULL, 0, NULL, &f->error), KUBE_FAILED);
    end(f);
    assert_non_null(strstr(f->error.message, "the token for the API server: "));
    assert_int_equal(f->server.request_count, 0);
}

static void a_get_survives_a_kept_connection_that_ended(void **state)
{
    struct fixture *f = *state;
    fake_answer(&f->server, 200, "{}");
    f->server.steps[0].after = FAKE_CLOSE;
    fake_answer(&f->server, 200, "{}");
    begin(f);
    make_client(f);
    assert_int_equal(kube_call(f->client, "GET", "/a", NULL, NULL, 0, NULL, &f->error), 200);
    assert_int_equal(kube_call(f->client, "GET", "/b", NULL, NULL, 0, NULL, &f->error), 200);
    end(f);
}

static void a_stopped_client_makes_no_call(void **state)
{
    struct fixture *f = *state;
    begin(f);
    make_client(f);
    kube_client_stop(f->client);
    assert_int_equal(kube_call(f->client, "GET", "/a", NULL, NULL, 0, NULL, &f->error), KUBE_STOPPED);
    end(f);
    assert_int_equal(f->server.request_count, 0);
}

static struct kube_event pulled_event(void)
{
    return (struct kube_event){
        .kind = "Deployment",
        .api_version = "apps/v1",
        .namespace = "shop",
        .name = "till",
        .uid = "u-1",
        .component = "iot-edge-connector",
        .reason = "HubRefused",
        .message = "no",
        .warning = true,
    };
}

static void an_event_is_about_its_object(void **state)
{
    struct fixture *f = *state;
    fake_answer(&f->server, 201, "{}");
    begin(f);
    make_client(f);
    struct kube_event event = pulled_event();
    assert_int_equal(kube_event_post(f->client, &event, &f->error), 201);
    end(f);
    assert_request(f, 0, "POST /api/v1/namespaces/shop/events");
    cleanup_json cJSON *sent = NULL;
    const char *body = fake_request_body(&f->server, 0);
    assert_int_equal(json_parse(body, strlen(body), &sent, &f->error), 0);
    assert_string_equal(json_string(sent, "type"), "Warning");
    assert_string_equal(json_string(sent, "reason"), "HubRefused");
    assert_string_equal(json_string(sent, "message"), "no");
    const cJSON *object = json_get(sent, "involvedObject");
    assert_string_equal(json_string(object, "uid"), "u-1");
    assert_string_equal(json_string(object, "apiVersion"), "apps/v1");
    assert_memory_equal(json_string(json_get(sent, "metadata"), "name"), "till.", 5);
}

static void an_equal_event_is_left_out(void **state)
{
    struct fixture *f = *state;
    fake_answer(&f->server, 500, "{}");
    fake_answer(&f->server, 201, "{}");
    fake_answer(&f->server, 201, "{}");
    begin(f);
    make_client(f);
    struct kube_event event = pulled_event();
    assert_int_equal(kube_event_post(f->client, &event, NULL), 500);
    assert_int_equal(kube_event_post(f->client, &event, NULL), 201);
    assert_int_equal(kube_event_post(f->client, &event, NULL), 0);
    event.message = "no!";
    assert_int_equal(kube_event_post(f->client, &event, NULL), 201);
    assert_int_equal(kube_event_post(f->client, &event, NULL), 0);
    end(f);
    assert_int_equal(f->server.request_count, 3);
}

static void a_long_event_is_cut_between_characters(void **state)
{
    struct fixture *f = *state;
    fake_answer(&f->server, 201, "{}");
    begin(f);
    make_client(f);
    char message[1200];
    memset(message, 'a', sizeof(message));
    memcpy(message + 1023, "\xC3\xA4", 2);
    message[sizeof(message) - 1] = '\0';
    struct kube_event event = pulled_event();
    event.message = message;
    event.namespace = NULL;
    assert_int_equal(kube_event_post(f->client, &event, NULL), 201);
    end(f);
    assert_request(f, 0, "POST /api/v1/namespaces/default/events");
    cleanup_json cJSON *sent = NULL;
    const char *body = fake_request_body(&f->server, 0);
    assert_int_equal(json_parse(body, strlen(body), &sent, &f->error), 0);
    assert_int_equal(strlen(json_string(sent, "message")), 1023);
}

static void a_segment_is_escaped(void **state)
{
    (void)state;
    cleanup_free char *plain = kube_path_escape("a-Z.0_~");
    cleanup_free char *other = kube_path_escape("a/b?c%d e\xC3\xA4");
    assert_string_equal(plain, "a-Z.0_~");
    assert_string_equal(other, "a%2Fb%3Fc%25d%20e%C3%A4");
}

#define with_server(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_server(get_returns_the_object),
        with_server(the_path_of_the_server_goes_before),
        with_server(a_patch_has_its_type_and_the_token),
        with_server(a_refusal_is_told_in_the_servers_words),
        with_server(a_refusal_that_is_no_status_shows_its_beginning),
        with_server(an_answer_that_is_no_json_is_a_failure),
        with_server(a_401_is_tried_again_with_the_token_read_again),
        with_server(a_token_is_read_again_after_a_while),
        with_server(without_a_token_nothing_is_sent),
        with_server(a_get_survives_a_kept_connection_that_ended),
        with_server(a_stopped_client_makes_no_call),
        with_server(an_event_is_about_its_object),
        with_server(an_equal_event_is_left_out),
        with_server(a_long_event_is_cut_between_characters),
        cmocka_unit_test(a_segment_is_escaped),
    };
    http_client_global_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
