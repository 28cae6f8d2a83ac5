/* The client against a scripted peer over TLS: what it sends, and what it makes of answers. */
#include "iothub/client.h"

#include "certs/certs.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/json.h"
#include "common/strbuf.h"
#include "http/certificate.h"
#include "http/client.h"
#include "http/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define KEY       "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
#define OTHER_KEY "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="

enum { MOST_REQUESTS = 4 };

struct reply {
    int status;
    const char *body; /* NULL: none */
    const char *header_name, *header_value;
    size_t truncate_at;
    const char *new_key; /* that the connection string's file has from now on, or NULL */
    bool echo;           /* the Authorization header is the body */
};

/* A request as it came; the texts are "" where something was missing. */
struct record {
    char line[256]; /* "PUT /configurations/x?api-version=…" */
    char if_match[64], authorization[512], content_type[64], max_items[16], continuation[64];
    char body[1024];
};

struct peer {
    pthread_mutex_t mutex;
    struct reply replies[MOST_REQUESTS];
    struct record records[MOST_REQUESTS];
    size_t request_count;
    struct http_certificate *certificate;
    struct http_server *server;
    char folder[64];
    struct iothub_client *client;
};

static void header_note(const struct http_request *request, const char *name, char *text, size_t size)
{
    const char *value = http_request_header(request, name);

    (void)snprintf(text, size, "%s", value ? value : "");
}

static void request_note(const struct http_request *request, struct record *record)
{
    (void)snprintf(record->line, sizeof record->line, "%s %s?%s", request->method, request->path, request->query);
    (void)snprintf(record->body, sizeof record->body, "%s", request->body);
    header_note(request, "If-Match", record->if_match, sizeof record->if_match);
    header_note(request, "Authorization", record->authorization, sizeof record->authorization);
    header_note(request, "Content-Type", record->content_type, sizeof record->content_type);
    header_note(request, "x-ms-max-item-count", record->max_items, sizeof record->max_items);
    header_note(request, "x-ms-continuation", record->continuation, sizeof record->continuation);
}

static const char *path_in(const struct peer *peer, const char *name, char path[128])
{
    (void)snprintf(path, 128, "%s/%s", peer->folder, name);
    return path;
}

static void connection_write(const struct peer *peer, const char *key)
{
    char text[256], path[128];

    (void)snprintf(text, sizeof text, "HostName=localhost:%u;SharedAccessKeyName=owner;SharedAccessKey=%s\n",
                   http_server_port(peer->server), key);
    assert_int_equal(file_write(path_in(peer, "connection", path), text, strlen(text), 0600, NULL), 0);
}

static void reply_write(const struct reply *reply, struct http_response *response)
{
    response->status = reply->status;
    response->content_type = "application/json; charset=utf-8";
    response->truncate_at = reply->truncate_at;
    if (reply->body) {
        response->body = strdup(reply->body);
        response->body_length = strlen(reply->body);
    }
    if (reply->header_name)
        http_response_add_header(response, reply->header_name, "%s", reply->header_value);
}

static void handle(void *context, const struct http_request *request, struct http_response *response)
{
    struct peer *peer = context;

    pthread_mutex_lock(&peer->mutex);
    if (peer->request_count < MOST_REQUESTS) {
        struct record *record = &peer->records[peer->request_count];
        struct reply *reply = &peer->replies[peer->request_count++];

        request_note(request, record);
        if (reply->new_key)
            connection_write(peer, reply->new_key);
        if (reply->echo)
            reply->body = record->authorization;
        reply_write(reply, response);
    } else {
        http_response_text(response, 500, "not in the script");
    }
    pthread_mutex_unlock(&peer->mutex);
}

static void client_start(struct peer *peer)
{
    char ca[128], connection[128];
    cleanup_error struct error error = {0};
    const struct iothub_client_options options = {.connection_string_file = path_in(peer, "connection", connection),
                                                  .ca_file = path_in(peer, "ca.crt", ca),
                                                  .user_agent = "test"};

    if (iothub_client_new(&options, &peer->client, &error) < 0)
        fail_msg("%s", error_message(&error));
}

static int setup(void **state)
{
    static const char *const names[] = {"localhost", "127.0.0.1"};
    struct peer *peer = calloc(1, sizeof *peer);
    cleanup_error struct error error = {0};
    char certificate[128], key[128];

    pthread_mutex_init(&peer->mutex, NULL);
    (void)snprintf(peer->folder, sizeof peer->folder, "/tmp/test-iothub-XXXXXX");
    assert_non_null(mkdtemp(peer->folder));
    if (certs_write(peer->folder, names, 2, 2, &error) < 0 ||
        http_certificate_new(path_in(peer, "tls.crt", certificate), path_in(peer, "tls.key", key), &peer->certificate,
                             &error) < 0)
        fail_msg("%s", error_message(&error));
    const struct http_server_options options = {
        .address = "127.0.0.1", .certificate = peer->certificate, .threads = 1, .handle = handle, .context = peer};

    if (http_server_start(&options, &peer->server, &error) < 0)
        fail_msg("%s", error_message(&error));
    connection_write(peer, KEY);
    client_start(peer);
    *state = peer;
    return 0;
}

static int teardown(void **state)
{
    static const char *const files[] = {"ca.crt", "ca.key", "tls.crt", "tls.key", "connection"};
    struct peer *peer = *state;
    char path[128];

    iothub_client_free(peer->client);
    http_server_stop(peer->server);
    http_certificate_free(peer->certificate);
    for (size_t i = 0; i < array_length(files); i++)
        unlink(path_in(peer, files[i], path));
    assert_int_equal(rmdir(peer->folder), 0);
    pthread_mutex_destroy(&peer->mutex);
    free(peer);
    return 0;
}

static void script(struct peer *peer, size_t index, struct reply reply)
{
    pthread_mutex_lock(&peer->mutex);
    peer->replies[index] = reply;
    pthread_mutex_unlock(&peer->mutex);
}

/* Copies what came, so that the server's thread is not in the way. */
static struct record record_of(struct peer *peer, size_t index)
{
    struct record record;

    pthread_mutex_lock(&peer->mutex);
    assert_true(index < peer->request_count);
    record = peer->records[index];
    pthread_mutex_unlock(&peer->mutex);
    return record;
}

static size_t requests_of(struct peer *peer)
{
    pthread_mutex_lock(&peer->mutex);
    size_t count = peer->request_count;

    pthread_mutex_unlock(&peer->mutex);
    return count;
}

static void expect_part(const struct error *error, const char *part)
{
    if (!strstr(error_message(error), part))
        fail_msg("\"%s\" lacks \"%s\"", error_message(error), part);
}

/* A hub that can never be trusted is found at the start, not in the log of every call. */
static void test_a_ca_file_that_is_none(void **state)
{
    static const struct {
        const char *name, *text; /* without a text there is no such file */
        const char *part;
    } files[] = {
        {"nope", NULL, "nope: No such file or directory"},
        {"ca.empty", "", "/ca.empty: there is no PEM certificate in it"},
        {"ca.text", "HostName=x\n", "/ca.text: there is no PEM certificate in it"},
        {"ca.broken", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "/ca.broken: "},
    };
    struct peer *peer = *state;
    char connection[128], path[128];

    for (size_t i = 0; i < array_length(files); i++) {
        cleanup_error struct error error = {0};
        struct iothub_client *client = NULL;
        const struct iothub_client_options options = {.connection_string_file = path_in(peer, "connection", connection),
                                                      .ca_file = path_in(peer, files[i].name, path)};

        if (files[i].text)
            assert_int_equal(file_write(path, files[i].text, strlen(files[i].text), 0600, NULL), 0);
        assert_int_equal(iothub_client_new(&options, &client, &error), -1);
        assert_null(client);
        expect_part(&error, "caFile: ");
        expect_part(&error, files[i].part);
        if (files[i].text)
            unlink(path);
    }
}

static void test_list(void **state)
{
    struct peer *peer = *state;
    cleanup_json cJSON *list = NULL;

    script(peer, 0, (struct reply){.status = 200, .body = "[{\"id\":\"a\"},{\"id\":\"b\"}]"});
    assert_int_equal(iothub_configurations_list(peer->client, &list, NULL), IOTHUB_OK);
    assert_int_equal(cJSON_GetArraySize(list), 2);
    struct record record = record_of(peer, 0);

    assert_string_equal(record.line, "GET /configurations?api-version=2021-04-12");
    assert_int_equal(strncmp(record.authorization, "SharedAccessSignature sr=localhost%3A", 37), 0);
    assert_string_equal(record.if_match, "");
    assert_string_equal(record.content_type, "");
}

static void test_create_update_delete(void **state)
{
    struct peer *peer = *state;
    cleanup_json cJSON *created = NULL;

    script(peer, 0, (struct reply){.status = 200, .body = "{\"id\":\"a\",\"etag\":\"MQ==\"}"});
    script(peer, 1, (struct reply){.status = 200, .body = "{\"id\":\"a\",\"etag\":\"Mg==\"}"});
    script(peer, 2, (struct reply){.status = 204});
    assert_int_equal(iothub_configuration_put(peer->client, "a", NULL, "{\"id\":\"a\"}", &created, NULL), IOTHUB_OK);
    assert_string_equal(json_string(created, "etag"), "MQ==");
    assert_int_equal(iothub_configuration_put(peer->client, "a", "MQ==", "{\"p\":1}", NULL, NULL), IOTHUB_OK);
    assert_int_equal(iothub_configuration_delete(peer->client, "a", "Mg==", NULL), IOTHUB_OK);

    struct record create = record_of(peer, 0), update = record_of(peer, 1), delete = record_of(peer, 2);

    assert_string_equal(create.line, "PUT /configurations/a?api-version=2021-04-12");
    assert_string_equal(create.if_match, "");
    assert_string_equal(create.content_type, "application/json; charset=utf-8");
    assert_string_equal(create.body, "{\"id\":\"a\"}");
    assert_string_equal(update.if_match, "\"MQ==\"");
    assert_string_equal(update.body, "{\"p\":1}");
    assert_string_equal(delete.line, "DELETE /configurations/a?api-version=2021-04-12");
    assert_string_equal(delete.if_match, "\"Mg==\"");
    assert_string_equal(delete.body, "");
    assert_string_equal(delete.content_type, "");
}

/* An empty etag would make a create of an update. */
static void test_etags_that_cannot_be_sent(void **state)
{
    char endless[300] = "";
    const char *const etags[] = {"", "a\"b", "a\r\nX: y", "a b", endless};
    struct peer *peer = *state;

    memset(endless, 'M', sizeof endless - 1);
    for (size_t i = 0; i < array_length(etags); i++) {
        cleanup_error struct error error = {0};

        assert_int_equal(iothub_configuration_put(peer->client, "a", etags[i], "{}", NULL, &error), IOTHUB_UNSENT);
        expect_part(&error, "etag");
        assert_int_equal(iothub_configuration_delete(peer->client, "a", etags[i], NULL), IOTHUB_UNSENT);
    }
    assert_int_equal(requests_of(peer), 0);
}

static void test_ids_are_encoded(void **state)
{
    struct peer *peer = *state;
    cleanup_json cJSON *got = NULL;

    script(peer, 0, (struct reply){.status = 200, .body = "{\"id\":\"x\"}"});
    assert_int_equal(iothub_configuration_get(peer->client, "a/../b?c%d e", &got, NULL), IOTHUB_OK);
    assert_string_equal(record_of(peer, 0).line, "GET /configurations/a%2F..%2Fb%3Fc%25d%20e?api-version=2021-04-12");
}

static void test_a_refusal_is_told(void **state)
{
    struct peer *peer = *state;
    cleanup_error struct error error = {0};

    script(
        peer, 0,
        (struct reply){.status = 409,
                       .body = "{\"Message\":\"ErrorCode:Other;Configuration with id 'a' already exist on IotHub.\"}",
                       .header_name = "iothub-errorcode",
                       .header_value = "ConfigurationAlreadyExists"});
    assert_int_equal(iothub_configuration_put(peer->client, "a", NULL, "{}", NULL, &error), IOTHUB_CONFLICT);
    expect_part(&error, "PUT /configurations/a on localhost:");
    expect_part(&error, "HTTP status 409, ConfigurationAlreadyExists: Configuration with id 'a' already exist");
    assert_int_equal(requests_of(peer), 1);
    assert_int_equal(iothub_client_retry_after_ms(peer->client), -1);
}

static void test_retry_after(void **state)
{
    struct peer *peer = *state;
    cleanup_json cJSON *list = NULL;

    script(peer, 0, (struct reply){.status = 429, .body = "{}", .header_name = "Retry-After", .header_value = "17"});
    script(peer, 1, (struct reply){.status = 429, .body = "{}", .header_name = "Retry-After", .header_value = "soon"});
    assert_int_equal(iothub_configurations_list(peer->client, &list, NULL), IOTHUB_THROTTLED);
    assert_int_equal(iothub_client_retry_after_ms(peer->client), 17000);
    assert_int_equal(iothub_configurations_list(peer->client, &list, NULL), IOTHUB_THROTTLED);
    assert_int_equal(iothub_client_retry_after_ms(peer->client), -1);
}

/* The key was rotated; the file has the new one a moment after the call was signed. */
static void test_a_401_reads_the_key_again(void **state)
{
    struct peer *peer = *state;
    cleanup_json cJSON *list = NULL;

    script(peer, 0,
           (struct reply){
               .status = 401, .body = "{\"Message\":\"ErrorCode:IotHubUnauthorized;no\"}", .new_key = OTHER_KEY});
    script(peer, 1, (struct reply){.status = 200, .body = "[]"});
    assert_int_equal(iothub_configurations_list(peer->client, &list, NULL), IOTHUB_OK);
    assert_int_equal(requests_of(peer), 2);
    assert_string_not_equal(record_of(peer, 0).authorization, record_of(peer, 1).authorization);
}

static void test_a_new_key_is_used_without_a_401(void **state)
{
    struct peer *peer = *state;
    cleanup_json cJSON *list = NULL, *again = NULL;

    script(peer, 0, (struct reply){.status = 200, .body = "[]"});
    script(peer, 1, (struct reply){.status = 200, .body = "[]"});
    assert_int_equal(iothub_configurations_list(peer->client, &list, NULL), IOTHUB_OK);
    connection_write(peer, OTHER_KEY);
    assert_int_equal(iothub_configurations_list(peer->client, &again, NULL), IOTHUB_OK);
    assert_int_equal(requests_of(peer), 2);
    assert_string_not_equal(record_of(peer, 0).authorization, record_of(peer, 1).authorization);
}

/* The same once more would only cost another call of the hub's budget. */
static void test_a_401_with_nothing_new_is_not_tried_again(void **state)
{
    struct peer *peer = *state;
    cleanup_error struct error error = {0};
    char path[128];

    script(peer, 0, (struct reply){.status = 401, .body = "{\"Message\":\"ErrorCode:IotHubUnauthorized;no\"}"});
    assert_int_equal(iothub_configuration_put(peer->client, "a", NULL, "{}", NULL, &error), IOTHUB_UNAUTHORIZED);
    assert_int_equal(requests_of(peer), 1);
    expect_part(&error, "HTTP status 401, IotHubUnauthorized: no; check the key of policy owner in ");
    expect_part(&error, path_in(peer, "connection", path));
    expect_part(&error, "registry write and service connect");
}

static void test_a_second_401_ends_it(void **state)
{
    struct peer *peer = *state;

    script(peer, 0, (struct reply){.status = 401, .body = "{}", .new_key = OTHER_KEY});
    script(peer, 1, (struct reply){.status = 401, .body = "{}", .new_key = KEY});
    assert_int_equal(iothub_configuration_put(peer->client, "a", NULL, "{}", NULL, NULL), IOTHUB_UNAUTHORIZED);
    assert_int_equal(requests_of(peer), 2);
}

static void test_a_quoted_token_is_not_repeated(void **state)
{
    struct peer *peer = *state;
    cleanup_error struct error error = {0};

    script(peer, 0, (struct reply){.status = 400, .echo = true});
    assert_int_equal(iothub_configuration_put(peer->client, "a", NULL, "{}", NULL, &error), IOTHUB_REFUSED);
    expect_part(&error, "HTTP status 400: (its words are left out: they quote our token)");
    assert_null(strstr(error_message(&error), "sig="));
}

static void test_a_401_with_a_broken_file(void **state)
{
    struct peer *peer = *state;
    cleanup_json cJSON *list = NULL;
    cleanup_error struct error error = {0};
    char path[128];

    script(peer, 0, (struct reply){.status = 401, .body = "{}"});
    unlink(path_in(peer, "connection", path));
    assert_int_equal(iothub_configurations_list(peer->client, &list, &error), IOTHUB_UNAUTHORIZED);
    assert_int_equal(requests_of(peer), 1);
    expect_part(&error, "reading it again failed: ");
}

static void test_a_401_from_another_time(void **state)
{
    struct peer *peer = *state;
    cleanup_json cJSON *list = NULL;
    cleanup_error struct error error = {0};

    for (size_t i = 0; i < 2; i++)
        script(
            peer, i,
            (struct reply){
                .status = 401, .body = "{}", .header_name = "Date", .header_value = "Mon, 23 Nov 2009 06:45:38 GMT"});
    assert_int_equal(iothub_configurations_list(peer->client, &list, &error), IOTHUB_UNAUTHORIZED);
    expect_part(&error, "check the clock: this machine's is ");
    expect_part(&error, " s ahead of the hub's");
}

static void test_answers_that_cannot_be_read(void **state)
{
    struct peer *peer = *state;
    cleanup_json cJSON *tree = NULL;
    cleanup_error struct error error = {0};

    script(peer, 0, (struct reply){.status = 200, .body = "{}"});
    script(peer, 1, (struct reply){.status = 200, .body = "[1"});
    script(peer, 2, (struct reply){.status = 200, .body = "<html>"});
    assert_int_equal(iothub_configurations_list(peer->client, &tree, &error), IOTHUB_SERVER_ERROR);
    expect_part(&error, "GET /configurations: the hub's answer is no array but object");
    assert_int_equal(iothub_configurations_list(peer->client, &tree, &error), IOTHUB_SERVER_ERROR);
    expect_part(&error, "GET /configurations: the hub's answer cannot be read");
    assert_int_equal(iothub_configuration_put(peer->client, "a", NULL, "{}", &tree, &error), IOTHUB_SERVER_ERROR);
    assert_null(tree);
}

/* The hub may have carried it out: sent once, and left to the caller. */
static void test_a_lost_answer_of_a_write(void **state)
{
    struct peer *peer = *state;
    cleanup_error struct error error = {0};

    script(peer, 0, (struct reply){.status = 200, .body = "{\"id\":\"a\"}", .truncate_at = 4});
    assert_int_equal(iothub_configuration_put(peer->client, "a", NULL, "{}", NULL, &error), IOTHUB_UNKNOWN);
    assert_int_equal(requests_of(peer), 1);
    expect_part(&error, "/configurations/a");
}

/* A read harms nobody twice. */
static void test_a_lost_answer_of_a_read(void **state)
{
    struct peer *peer = *state;
    cleanup_json cJSON *list = NULL;

    script(peer, 0, (struct reply){.status = 200, .body = "[1,2,3]", .truncate_at = 4});
    script(peer, 1, (struct reply){.status = 200, .body = "[]"});
    assert_int_equal(iothub_configurations_list(peer->client, &list, NULL), IOTHUB_OK);
    assert_int_equal(cJSON_GetArraySize(list), 0);
    assert_int_equal(requests_of(peer), 2);
}

static void test_nobody_is_there(void **state)
{
    struct peer *peer = *state;
    cleanup_error struct error error = {0};

    http_server_stop(peer->server);
    peer->server = NULL;
    assert_int_equal(iothub_configuration_put(peer->client, "a", NULL, "{}", NULL, &error), IOTHUB_UNSENT);
    expect_part(&error, "localhost:");
}

static void test_stopped(void **state)
{
    struct peer *peer = *state;
    cleanup_json cJSON *list = NULL;

    iothub_client_stop(peer->client);
    assert_int_equal(iothub_configurations_list(peer->client, &list, NULL), IOTHUB_STOPPED);
    assert_int_equal(requests_of(peer), 0);
}

static void test_query_pages(void **state)
{
    struct peer *peer = *state;
    cleanup_json cJSON *first = NULL, *second = NULL;
    cleanup_free char *next = NULL, *end = NULL;

    script(peer, 0,
           (struct reply){.status = 200,
                          .body = "[{\"deviceId\":\"d0\"}]",
                          .header_name = "x-ms-continuation",
                          .header_value = "bmV4dA=="});
    script(peer, 1, (struct reply){.status = 200, .body = "[]"});
    assert_int_equal(iothub_query(peer->client, "SELECT \"x\"", 100, NULL, &first, &next, NULL), IOTHUB_OK);
    assert_string_equal(next, "bmV4dA==");
    assert_int_equal(cJSON_GetArraySize(first), 1);
    assert_int_equal(iothub_query(peer->client, "SELECT \"x\"", 100, next, &second, &end, NULL), IOTHUB_OK);
    assert_null(end);

    struct record one = record_of(peer, 0), two = record_of(peer, 1);

    assert_string_equal(one.line, "POST /devices/query?api-version=2021-04-12");
    assert_string_equal(one.body, "{\"query\":\"SELECT \\\"x\\\"\"}");
    assert_string_equal(one.max_items, "100");
    assert_string_equal(one.continuation, "");
    assert_string_equal(two.body, one.body);
    assert_string_equal(two.continuation, "bmV4dA==");
}

static enum iothub_result query_page(struct peer *peer, const char *continuation, const char *next_one,
                                     struct error *error)
{
    cleanup_json cJSON *page = NULL;
    cleanup_free char *next = NULL;

    script(peer, requests_of(peer),
           (struct reply){.status = 200, .body = "[]", .header_name = "x-ms-continuation", .header_value = next_one});
    enum iothub_result result = iothub_query(peer->client, "SELECT", 100, continuation, &page, &next, error);

    if (result != IOTHUB_OK) {
        assert_null(page);
        assert_null(next);
    }
    return result;
}

/* Who follows such a way never comes to its end. */
static void test_pages_that_lead_nowhere(void **state)
{
    struct peer *peer = *state;
    cleanup_error struct error circle = {0}, endless = {0};
    char text[9000];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(query_page(peer, "same", "same", &circle), IOTHUB_SERVER_ERROR);
    expect_part(&circle, "POST /devices/query: the hub's answer leads back to the same page");
    assert_int_equal(query_page(peer, NULL, text, &endless), IOTHUB_SERVER_ERROR);
    expect_part(&endless, "POST /devices/query: the hub's continuation token is longer than 8192 bytes");
    text[8192] = '\0';
    assert_int_equal(query_page(peer, "other", text, NULL), IOTHUB_OK);
}

/* Each value takes thirty times its text in memory. */
static void test_lists_that_grow_in_memory(void **state)
{
    struct peer *peer = *state;
    cleanup_json cJSON *list = NULL, *again = NULL;
    cleanup_error struct error error = {0};
    size_t length = 3000001;
    cleanup_free char *text = malloc(length + 1);

    text[0] = '[';
    for (size_t i = 1; i < length; i += 2)
        memcpy(text + i, "0,", 2);
    text[length - 1] = ']';
    text[length] = '\0';
    script(peer, 0, (struct reply){.status = 200, .body = text});
    assert_int_equal(iothub_configurations_list(peer->client, &list, &error), IOTHUB_SERVER_ERROR);
    expect_part(&error, "GET /configurations: the hub's answer cannot be read: it has more than 1000000 values");
    assert_null(list);
    /* Commas in texts, escaped quotes among them, are no values. */
    text[1] = text[length - 2] = '"';
    text[2] = text[length - 4] = '\\';
    text[3] = text[length - 3] = '"';
    script(peer, 1, (struct reply){.status = 200, .body = text});
    assert_int_equal(iothub_configurations_list(peer->client, &again, NULL), IOTHUB_OK);
    assert_int_equal(cJSON_GetArraySize(again), 1);
}

static void test_names_of_results(void **state)
{
    (void)state;
    assert_string_equal(iothub_result_name(IOTHUB_OK), "ok");
    assert_string_equal(iothub_result_name(IOTHUB_SERVER_ERROR), "server error");
    for (int result = IOTHUB_OK; result <= IOTHUB_SERVER_ERROR; result++)
        assert_true(strlen(iothub_result_name((enum iothub_result)result)) > 1);
}

#define peer_test(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        peer_test(test_a_ca_file_that_is_none),
        peer_test(test_list),
        peer_test(test_create_update_delete),
        peer_test(test_etags_that_cannot_be_sent),
        peer_test(test_ids_are_encoded),
        peer_test(test_a_refusal_is_told),
        peer_test(test_retry_after),
        peer_test(test_a_401_reads_the_key_again),
        peer_test(test_a_new_key_is_used_without_a_401),
        peer_test(test_a_401_with_nothing_new_is_not_tried_again),
        peer_test(test_a_second_401_ends_it),
        peer_test(test_a_quoted_token_is_not_repeated),
        peer_test(test_a_401_with_a_broken_file),
        peer_test(test_a_401_from_another_time),
        peer_test(test_answers_that_cannot_be_read),
        peer_test(test_a_lost_answer_of_a_write),
        peer_test(test_a_lost_answer_of_a_read),
        peer_test(test_nobody_is_there),
        peer_test(test_stopped),
        peer_test(test_query_pages),
        peer_test(test_pages_that_lead_nowhere),
        peer_test(test_lists_that_grow_in_memory),
        cmocka_unit_test(test_names_of_results),
    };

    http_client_global_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
