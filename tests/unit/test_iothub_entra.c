/* Tokens of Microsoft Entra ID against a scripted authority on loopback. */
#include "iothub/entra.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/file.h"
#include "server_http.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ASSERTION       "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLW9mLXRoZS1jbHVzdGVy"
#define OTHER_ASSERTION "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJiIn0.YW5vdGhlci1zaWduYXR1cmU"
#define NOW             1000000

#define GIVEN(token, life) "{\"token_type\":\"Bearer\",\"expires_in\":" life ",\"access_token\":\"" token "\"}"
#define REFUSED(text)                                                                                                  \
    "{\"error\":\"invalid_client\",\"error_description\":\"" text                                                      \
    " Trace ID: 00 Correlation ID: 00 Timestamp: 2026-11-23 20:00:00Z\"}"

struct authority {
    pthread_mutex_t mutex;
    int status;
    char *body;
    size_t requests;
    char path[128], form[1024];
    struct http_server *server;
    char folder[64], file[96], url[64];
    struct entra *entra;
};

static void handle(void *context, const struct http_request *request, struct http_response *response)
{
    struct authority *authority = context;

    pthread_mutex_lock(&authority->mutex);
    authority->requests++;
    (void)snprintf(authority->path, sizeof authority->path, "%s %s", request->method, request->path);
    (void)snprintf(authority->form, sizeof authority->form, "%s", request->body);
    response->status = authority->status;
    response->content_type = "application/json";
    response->body = strdup(authority->body);
    response->body_length = strlen(authority->body);
    pthread_mutex_unlock(&authority->mutex);
}

static void answer(struct authority *authority, int status, const char *body)
{
    pthread_mutex_lock(&authority->mutex);
    authority->status = status;
    free(authority->body);
    authority->body = strdup(body);
    pthread_mutex_unlock(&authority->mutex);
}

static void file_is(const struct authority *authority, const char *text)
{
    assert_int_equal(file_write(authority->file, text, strlen(text), 0600, NULL), 0);
}

static struct entra *entra_of(const struct authority *authority)
{
    char file[96], url[64];
    struct workload_identity given = {.client_id = (char[]){"app"}, .tenant_id = (char[]){"tenant.example"}};
    const struct iothub_observer nobody = {NULL, NULL};
    struct entra *entra = NULL;
    cleanup_error struct error error = {0};

    memcpy(file, authority->file, sizeof file);
    memcpy(url, authority->url, sizeof url);
    given.token_file = file;
    given.authority_host = url;
    if (entra_new(&given, "test", &nobody, &entra, &error) < 0)
        fail_msg("%s", error_message(&error));
    return entra;
}

static int setup(void **state)
{
    struct authority *authority = calloc(1, sizeof *authority);

    pthread_mutex_init(&authority->mutex, NULL);
    (void)snprintf(authority->folder, sizeof authority->folder, "/tmp/test-entra-XXXXXX");
    assert_non_null(mkdtemp(authority->folder));
    (void)snprintf(authority->file, sizeof authority->file, "%s/token", authority->folder);
    file_is(authority, ASSERTION "\n");
    answer(authority, 200, GIVEN("token-1", "3599"));
    authority->server = serve(handle, authority);
    (void)snprintf(authority->url, sizeof authority->url, "http://127.0.0.1:%u/", http_server_port(authority->server));
    authority->entra = entra_of(authority);
    *state = authority;
    return 0;
}

static int teardown(void **state)
{
    struct authority *authority = *state;

    entra_free(authority->entra);
    http_server_stop(authority->server);
    unlink(authority->file);
    rmdir(authority->folder);
    pthread_mutex_destroy(&authority->mutex);
    free(authority->body);
    free(authority);
    return 0;
}

static enum iothub_result ask(struct authority *authority, int64_t now_s, const char **ret_token, struct error *error)
{
    return entra_token(authority->entra, now_s, clock_now_ms() + 60000, ret_token, error);
}

static void expect_token(struct authority *authority, int64_t now_s, const char *expected, size_t requests)
{
    const char *token = NULL;
    cleanup_error struct error error = {0};

    if (ask(authority, now_s, &token, &error) != IOTHUB_OK)
        fail_msg("%s", error_message(&error));
    assert_string_equal(token, expected);
    assert_int_equal(authority->requests, requests);
}

static void expect_failure(struct authority *authority, int64_t now_s, enum iothub_result result, const char *part)
{
    const char *token = NULL;
    cleanup_error struct error error = {0};

    assert_int_equal(ask(authority, now_s, &token, &error), result);
    if (!strstr(error_message(&error), part))
        fail_msg("\"%s\" lacks \"%s\"", error_message(&error), part);
    assert_null(strstr(error_message(&error), "c2lnbmF0"));
    assert_null(token);
}

static void test_what_is_asked(void **state)
{
    struct authority *authority = *state;

    expect_token(authority, NOW, "token-1", 1);
    assert_string_equal(authority->path, "POST /tenant.example/oauth2/v2.0/token");
    assert_string_equal(authority->form,
                        "client_id=app&scope=https%3A%2F%2Fiothubs.azure.net%2F.default&grant_type=client_credentials&"
                        "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&"
                        "client_assertion=" ASSERTION);
}

/* Five minutes before its end, or a quarter of its life when it is short, or when the clock was set back. */
static void test_a_token_is_kept_until_shortly_before_its_end(void **state)
{
    struct authority *authority = *state;

    expect_token(authority, NOW, "token-1", 1);
    answer(authority, 200, GIVEN("token-2", "100"));
    expect_token(authority, NOW + 3298, "token-1", 1);
    expect_token(authority, NOW + 3299, "token-2", 2);
    answer(authority, 200, GIVEN("token-3", "3599"));
    expect_token(authority, NOW + 3299 + 74, "token-2", 2);
    expect_token(authority, NOW + 3299 + 75, "token-3", 3);
    expect_token(authority, NOW, "token-3", 4);
}

static void test_the_file_is_read_for_each_token(void **state)
{
    struct authority *authority = *state;

    expect_token(authority, NOW, "token-1", 1);
    file_is(authority, OTHER_ASSERTION);
    expect_token(authority, NOW + 3599, "token-1", 2);
    assert_non_null(strstr(authority->form, "client_assertion=" OTHER_ASSERTION));
}

/* An authority that is away for a while harms nobody; it is asked every half minute. */
static void test_the_old_token_serves_to_its_end(void **state)
{
    struct authority *authority = *state;

    expect_token(authority, NOW, "token-1", 1);
    answer(authority, 503, "busy");
    expect_token(authority, NOW + 3300, "token-1", 2);
    assert_non_null(strstr(entra_trouble(authority->entra), "HTTP status 503"));
    expect_token(authority, NOW + 3329, "token-1", 2);
    expect_token(authority, NOW + 3330, "token-1", 3);
    expect_failure(authority, NOW + 3599, IOTHUB_UNSENT, "HTTP status 503");
    answer(authority, 200, GIVEN("token-2", "3599"));
    expect_token(authority, NOW + 3600, "token-2", 5);
    assert_null(entra_trouble(authority->entra));
}

static void test_a_refused_token_is_forgotten(void **state)
{
    struct authority *authority = *state;

    expect_token(authority, NOW, "token-1", 1);
    assert_true(entra_forget(authority->entra, NOW + 10));
    expect_token(authority, NOW + 10, "token-1", 2);
    assert_false(entra_forget(authority->entra, NOW + 10));
    expect_token(authority, NOW + 11, "token-1", 3);
}

static void test_refusals_say_what_to_look_at(void **state)
{
    static const struct {
        int status;
        const char *body, *part;
        enum iothub_result result;
    } cases[] = {
        {400, REFUSED("AADSTS700016: Application with identifier 'app' was not found in the directory."),
         "/tenant.example/oauth2/v2.0/token: HTTP status 400: AADSTS700016: Application with identifier 'app' was not "
         "found in the directory.; check clientId, and that the application is in this tenant",
         IOTHUB_UNAUTHORIZED},
        {401, REFUSED("AADSTS700024: Client assertion is not within its valid time range."),
         "AADSTS700024: Client assertion is not within its valid time range.; check the clock, and that the projected",
         IOTHUB_UNAUTHORIZED},
        {401, REFUSED("AADSTS700213: not " ASSERTION),
         "HTTP status 401: AADSTS700213 (its words are left out: they quote the token); check the subject",
         IOTHUB_UNAUTHORIZED},
        {401, REFUSED("AADSTS1: a\\nb"), "AADSTS1: a b; check clientId, tenantId and", IOTHUB_UNAUTHORIZED},
        {401, "<html>" ASSERTION, "HTTP status 401; check clientId, tenantId and", IOTHUB_UNAUTHORIZED},
        {429, "{}", "HTTP status 429", IOTHUB_UNSENT},
        {302, "", "HTTP status 302", IOTHUB_UNSENT},
        {500, REFUSED("AADSTS90033: A transient error has occurred."), "AADSTS90033", IOTHUB_UNSENT},
    };
    struct authority *authority = *state;

    for (size_t i = 0; i < array_length(cases); i++) {
        answer(authority, cases[i].status, cases[i].body);
        expect_failure(authority, NOW, cases[i].result, cases[i].part);
        expect_failure(authority, NOW, cases[i].result, "no token of Microsoft Entra ID: POST http://127.0.0.1:");
    }
}

/* A sentence without end, nesting without end, tokens that would break out of the header. */
static void test_hostile_answers(void **state)
{
    struct authority *authority = *state;
    static const struct {
        const char *body, *part;
    } cases[] = {
        {"", "the answer cannot be used"},
        {"[]", "token_type is not Bearer"},
        {"{\"token_type\":\"mac\",\"access_token\":\"a\",\"expires_in\":1}", "token_type is not Bearer"},
        {GIVEN("", "3599"), "no access_token"},
        {GIVEN("a\\r\\nX: y", "3599"), "no access_token"},
        {GIVEN("a b", "3599"), "no access_token"},
        {GIVEN("a", "0"), "expires_in"},
        {GIVEN("a", "-5"), "expires_in"},
        {GIVEN("a", "\"3599\""), "expires_in"},
        {GIVEN("a", "1e300"), "expires_in"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        answer(authority, 200, cases[i].body);
        expect_failure(authority, NOW, IOTHUB_UNSENT, cases[i].part);
    }
    cleanup_free char *long_one = malloc(400001);

    memset(long_one, '[', 400000);
    long_one[400000] = '\0';
    answer(authority, 200, long_one);
    expect_failure(authority, NOW, IOTHUB_UNSENT, "the answer is longer than the limit");
    long_one[1000] = '\0';
    answer(authority, 200, long_one);
    expect_failure(authority, NOW, IOTHUB_UNSENT, "the answer cannot be used");
}

/* However long the authority says, a day is the most that is believed. */
static void test_a_token_without_end(void **state)
{
    struct authority *authority = *state;

    answer(authority, 200, GIVEN("token-1", "9007199254740991"));
    expect_token(authority, NOW, "token-1", 1);
    expect_token(authority, NOW + 86400 - 301, "token-1", 1);
    expect_token(authority, NOW + 86400 - 300, "token-1", 2);
}

static void test_a_token_file_that_is_none(void **state)
{
    struct authority *authority = *state;

    file_is(authority, "");
    expect_failure(authority, NOW, IOTHUB_UNAUTHORIZED, "holds no token");
    file_is(authority, ASSERTION " more");
    expect_failure(authority, NOW, IOTHUB_UNAUTHORIZED, "holds no token");
    unlink(authority->file);
    expect_failure(authority, NOW, IOTHUB_UNAUTHORIZED, "No such file or directory");
    assert_int_equal(authority->requests, 0);
}

static void test_a_stop_is_no_failure(void **state)
{
    struct authority *authority = *state;

    entra_stop(authority->entra);
    expect_failure(authority, NOW, IOTHUB_STOPPED, "stopped");
}

static void expect_no_start(struct workload_identity given, const char *part)
{
    const struct iothub_observer nobody = {NULL, NULL};
    struct entra *entra = NULL;
    cleanup_error struct error error = {0};

    assert_int_equal(entra_new(&given, "test", &nobody, &entra, &error), -1);
    if (!strstr(error_message(&error), part))
        fail_msg("\"%s\" lacks \"%s\"", error_message(&error), part);
}

static void test_what_is_left_out_is_the_environments(void **state)
{
    struct authority *authority = *state;
    struct workload_identity nothing = {.client_id = NULL};
    const struct iothub_observer nobody = {NULL, NULL};
    struct entra *entra = NULL;

    expect_no_start(nothing, "workloadIdentity.clientId: missing, and AZURE_CLIENT_ID is not set");
    setenv("AZURE_CLIENT_ID", "", 1);
    expect_no_start(nothing, "workloadIdentity.clientId: missing");
    setenv("AZURE_CLIENT_ID", "of-environment", 1);
    expect_no_start(nothing, "workloadIdentity.tenantId: missing, and AZURE_TENANT_ID is not set");
    setenv("AZURE_TENANT_ID", "../x", 1);
    expect_no_start(nothing, "workloadIdentity.tokenFile: missing, and AZURE_FEDERATED_TOKEN_FILE is not set");
    setenv("AZURE_FEDERATED_TOKEN_FILE", authority->file, 1);
    expect_no_start(nothing, "workloadIdentity.tenantId: \"../x\" is neither a GUID nor a domain");
    setenv("AZURE_TENANT_ID", "t", 1);
    setenv("AZURE_AUTHORITY_HOST", "http://login.example/", 1);
    expect_no_start(nothing,
                    "workloadIdentity.authorityHost: http://login.example would send credentials in the clear");
    setenv("AZURE_AUTHORITY_HOST", "https://login.example/?a", 1);
    expect_no_start(nothing, "workloadIdentity.authorityHost: must be a URL");
    setenv("AZURE_AUTHORITY_HOST", "https://login.example//", 1);
    assert_int_equal(entra_new(&nothing, "test", &nobody, &entra, NULL), 0);
    assert_string_equal(entra_client_id(entra), "of-environment");
    entra_free(entra);
    expect_no_start((struct workload_identity){.authority_ca_file = (char[]){"/none"}},
                    "workloadIdentity.authorityCaFile: cannot read /none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_token_is_kept_until_shortly_before_its_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_file_is_read_for_each_token, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_old_token_serves_to_its_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_refused_token_is_forgotten, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals_say_what_to_look_at, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_token_without_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_token_file_that_is_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_stop_is_no_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_left_out_is_the_environments, setup, teardown),
    };

    http_client_global_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
