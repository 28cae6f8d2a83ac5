/* Who may do what on the emulated hub: policies, access tokens, the hub's clock. */
#include "emulator/jwt.h"
#include "tests/unit/emulator_http.h"

#define TOKEN_PATH "/tenant-1/oauth2/v2.0/token"

static char *policy_header(const struct world *world, const char *policy)
{
    const struct emulator_keys *keys = emulator_policies_find(&world->emulator.policies, policy);
    cleanup_free char *expiry = emulator_text_format("%lld", (long long)clock_wall_s() + 600);
    cleanup_free char *signature = emulator_sas_sign(keys->primary, "localhost", expiry);

    return emulator_text_format("Authorization: SharedAccessSignature sr=localhost&sig=%s&se=%s&skn=%s", signature,
                                expiry, policy);
}

/* The status of a call with that header, and its iothub-errorcode for the caller to free. */
static int status_with(struct world *world, const char *header, const char *method, const char *path, char **ret_code)
{
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    cleanup_free char *url = emulator_text_format("%s" VERSION_QUERY, path);

    assert_int_equal(exchange(world->service_client, method, url, NULL, header, NULL, &answer), 0);
    if (ret_code)
        *ret_code = http_client_answer_header(&answer, "iothub-errorcode");
    return answer.status;
}

static void test_rights(void **state)
{
    static const struct {
        const char *policy, *method, *path;
        int status;
    } cases[] = {
        {"service", "GET", "/twins/device01", 200},
        {"service", "GET", "/statistics/service", 200},
        {"service", "GET", "/configurations", 401},
        {"service", "DELETE", "/configurations/x", 401},
        {"registryRead", "GET", "/configurations", 200},
        {"registryRead", "GET", "/statistics/devices", 200},
        {"registryRead", "DELETE", "/configurations/x", 401},
        {"registryRead", "GET", "/twins/device01", 401},
        {"registryReadWrite", "DELETE", "/configurations/x", 404},
        {"registryReadWrite", "GET", "/twins/device01", 401},
        {"registryReadWrite", "POST", "/devices/query", 401},
        {"device", "GET", "/configurations", 401},
        {"device", "GET", "/twins/device01", 401},
        {"iothubowner", "GET", "/twins/device01", 200},
        {"iothubowner", "DELETE", "/configurations/x", 404},
    };
    struct world *world = world_new(0);

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_free char *header = policy_header(world, cases[i].policy);
        cleanup_free char *code = NULL;
        int status = status_with(world, header, cases[i].method, cases[i].path, &code);
        if (status != cases[i].status)
            fail_msg("%s %s %s: %d", cases[i].policy, cases[i].method, cases[i].path, status);
        if (status == 401)
            assert_string_equal(code, "IotHubUnauthorizedAccess");
    }
    world_free(world);
}

static void test_policies(void **state)
{
    static const char *const assignments[] = {"service=MTIz,NDU2"};
    static const char *const bad[] = {"service", "nobody=MTIz", "service=***"};
    const struct emulator_keys main_keys = {(char *)"mine", (char *)first_key, NULL, 0};
    struct emulator_policies policies;

    (void)state;
    assert_int_equal(emulator_policies_init(&policies, &main_keys, assignments, 1, NULL), 0);
    assert_int_equal(policies.count, 6);
    assert_string_equal(policies.items[0].policy, "mine");
    assert_int_equal(policies.items[0].rights, EMULATOR_RIGHTS_ALL);
    const struct emulator_keys *service = emulator_policies_find(&policies, "service");
    assert_string_equal(service->primary, "MTIz");
    assert_string_equal(service->secondary, "NDU2");
    assert_null(emulator_policies_find(&policies, "nobody"));
    emulator_policies_release(&policies);
    for (size_t i = 0; i < array_length(bad); i++)
        assert_int_equal(emulator_policies_init(&policies, &main_keys, &bad[i], 1, NULL), -1);
}

static void test_keys_of_another_policy(void **state)
{
    struct world *world = world_new(0);

    (void)state;
    cleanup_free char *before = policy_header(world, "service");
    assert_int_equal(admin(world, "POST", "/keys", "{\"policy\":\"service\",\"primary\":\"bmV3\"}", NULL), 204);
    cleanup_free char *after = policy_header(world, "service");
    assert_int_equal(status_with(world, before, "GET", "/twins/device01", NULL), 401);
    assert_int_equal(status_with(world, after, "GET", "/twins/device01", NULL), 200);
    assert_int_equal(call(world, "GET", "/configurations", NULL, NULL, NULL), 200);
    assert_int_equal(admin(world, "POST", "/keys", "{\"policy\":\"x\",\"primary\":\"bmV3\"}", NULL), 404);
    world_free(world);
}

/* A service account's token with these claims. */
static char *assertion(const char *audience, int64_t ends_in_s)
{
    cleanup_free char *claims = emulator_text_format("{\"aud\":%s,\"sub\":\"system:serviceaccount:a:b\",\"exp\":%lld}",
                                                     audience, (long long)(clock_wall_s() + ends_in_s));

    return emulator_jwt_sign(claims, "cluster", 7);
}

/* Asks for an access token; *ret_answer is the JSON. */
static int token_ask(struct world *world, const char *grant, const char *scope, const char *client_assertion,
                     cJSON **ret_answer)
{
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    cleanup_free char *body = emulator_text_format(
        "client_id=app-1&scope=%s&grant_type=%s&client_assertion_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3A"
        "client-assertion-type%%3Ajwt-bearer&client_assertion=%s",
        scope, grant, client_assertion);

    assert_int_equal(exchange(world->service_client, "POST", TOKEN_PATH, NULL,
                              "Content-Type: application/x-www-form-urlencoded", body, &answer),
                     0);
    assert_int_equal(json_parse(answer.body, answer.body_length, ret_answer, NULL), 0);
    return answer.status;
}

#define SCOPE "https%3A%2F%2Fiothubs.azure.net%2F.default"

static char *bearer_header(struct world *world)
{
    cleanup_free char *good = assertion("[\"api://AzureADTokenExchange\"]", 600);
    cleanup_json cJSON *answer = NULL;
    int64_t lifetime = 0;

    assert_int_equal(token_ask(world, "client_credentials", SCOPE, good, &answer), 200);
    assert_string_equal(json_string(answer, "token_type"), "Bearer");
    assert_true(json_int64(answer, "expires_in", &lifetime));
    assert_int_equal(lifetime, 3599);
    return emulator_text_format("Authorization: Bearer %s", json_string(answer, "access_token"));
}

static void test_access_token(void **state)
{
    struct world *world = world_new(0);
    cleanup_json cJSON *history = NULL;

    (void)state;
    cleanup_free char *header = bearer_header(world);
    assert_int_equal(status_with(world, header, "GET", "/configurations", NULL), 200);
    assert_int_equal(admin(world, "GET", "/history", NULL, &history), 200);
    const cJSON *given = cJSON_GetArrayItem(json_get(history, "calls"), 0);
    assert_string_equal(json_string(given, "path"), TOKEN_PATH);
    assert_string_equal(json_string(given, "effect"), "token given");
    const cJSON *used = cJSON_GetArrayItem(json_get(history, "calls"), 1);
    assert_string_equal(json_string(used, "principal"), "app-1");
    /* Another byte in the signature, or none. */
    header[strlen(header) - 2] = header[strlen(header) - 2] == 'A' ? 'B' : 'A';
    cleanup_free char *code = NULL;
    assert_int_equal(status_with(world, header, "GET", "/configurations", &code), 401);
    assert_string_equal(code, "IotHubUnauthorized");
    assert_int_equal(status_with(world, "Authorization: Bearer a.b.c", "GET", "/configurations", NULL), 401);
    assert_int_equal(status_with(world, "Authorization: Bearer ", "GET", "/configurations", NULL), 401);
    world_free(world);
}

static void test_role(void **state)
{
    struct world *world = world_new(0);
    cleanup_free char *code = NULL;
    unsigned rights = 0;

    (void)state;
    assert_int_equal(emulator_entra_role_parse("reader", &rights, NULL), 0);
    world->emulator.entra.rights = rights;
    cleanup_free char *header = bearer_header(world);
    assert_int_equal(status_with(world, header, "GET", "/configurations", NULL), 200);
    assert_int_equal(status_with(world, header, "DELETE", "/configurations/x", &code), 401);
    assert_string_equal(code, "IotHubUnauthorizedAccess");
    assert_int_equal(emulator_entra_role_parse("king", &rights, NULL), -1);
    world_free(world);
}

static void test_refused_exchanges(void **state)
{
    cleanup_free char *good = assertion("\"api://AzureADTokenExchange\"", 600);
    cleanup_free char *foreign = assertion("\"api://other\"", 600);
    cleanup_free char *old = assertion("\"api://AzureADTokenExchange\"", -1);
    const struct {
        const char *grant, *scope, *assertion;
        int status;
        const char *error, *number;
    } cases[] = {
        {"client_credentials", SCOPE, "not-a-token", 401, "invalid_client", "AADSTS50027:"},
        {"client_credentials", SCOPE, foreign, 401, "invalid_client", "AADSTS700212:"},
        {"client_credentials", SCOPE, old, 401, "invalid_client", "AADSTS700024:"},
        {"password", SCOPE, good, 400, "unsupported_grant_type", "AADSTS70003:"},
        {"client_credentials", "x", good, 400, "invalid_scope", "AADSTS70011:"},
    };
    struct world *world = world_new(0);

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_json cJSON *answer = NULL;
        int status = token_ask(world, cases[i].grant, cases[i].scope, cases[i].assertion, &answer);
        assert_int_equal(status, cases[i].status);
        assert_string_equal(json_string(answer, "error"), cases[i].error);
        assert_memory_equal(json_string(answer, "error_description"), cases[i].number, strlen(cases[i].number));
    }
    world->emulator.entra.client = "app-2";
    cleanup_json cJSON *answer = NULL;
    assert_int_equal(token_ask(world, "client_credentials", SCOPE, good, &answer), 400);
    assert_string_equal(json_string(answer, "error"), "unauthorized_client");
    world_free(world);
}

/* A hub that is an hour ahead takes a token of ten minutes for an expired one, and its Date tells why. */
static void test_clock_skew(void **state)
{
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    struct world *world = world_new(0);

    (void)state;
    cleanup_free char *bearer = bearer_header(world);
    assert_int_equal(admin(world, "PATCH", "/quirks", "{\"clockSkew\":3600}", NULL), 200);
    assert_int_equal(
        exchange(world->service_client, "GET", "/configurations" VERSION_QUERY, first_key, NULL, NULL, &answer), 0);
    assert_int_equal(answer.status, 401);
    cleanup_free char *date = http_client_answer_header(&answer, "Date");
    struct tm parts = {0};
    assert_non_null(strptime(date, "%a, %d %b %Y %H:%M:%S GMT", &parts));
    int64_t ahead = timegm(&parts) - clock_wall_s();
    assert_true(ahead > 3600 - WAIT_MS / 1000 && ahead <= 3600);
    assert_int_equal(status_with(world, bearer, "GET", "/configurations", NULL), 401);
    assert_int_equal(admin(world, "PATCH", "/quirks", "{\"clockSkew\":0}", NULL), 200);
    assert_int_equal(call(world, "GET", "/configurations", NULL, NULL, NULL), 200);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rights),
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_keys_of_another_policy),
        cmocka_unit_test(test_access_token),
        cmocka_unit_test(test_role),
        cmocka_unit_test(test_refused_exchanges),
        cmocka_unit_test(test_clock_skew),
    };

    http_client_global_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
