/* For tests of the emulator over HTTP: a hub with its admin interface, and clients for both. */
#ifndef TESTS_UNIT_EMULATOR_HTTP_H
#define TESTS_UNIT_EMULATOR_HTTP_H

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/strbuf.h"
#include "emulator/admin.h"
#include "emulator/api.h"
#include "emulator/emulator.h"
#include "emulator/memory.h"
#include "http/client.h"
#include "http/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define VERSION_QUERY "?api-version=2021-04-12"
#define WAIT_MS       20000

static const char first_key[] = "Zmlyc3Q=";
static const char body_text[] = "{\"targetCondition\":\"tags.testtag='A'\",\"content\":{\"modulesContent\":{\"$"
                                "edgeAgent\":{\"properties.desired\":{"
                                "\"modules\":{\"m\":{}}}}}}}";

struct world {
    struct emulator emulator;
    struct http_server *service, *admin;
    struct http_client *service_client, *admin_client;
};

static inline struct http_client *client_new(const struct http_server *server)
{
    cleanup_free char *url = emulator_text_format("http://127.0.0.1:%u", http_server_port(server));
    struct http_client_options options = {.base_url = url, .user_agent = "test"};
    struct http_client *client = NULL;

    assert_int_equal(http_client_new(&options, &client, NULL), 0);
    return client;
}

static inline struct http_server *server_new(struct world *world, void (*handle)(void *, const struct http_request *,
                                                                                 struct http_response *))
{
    struct http_server_options options = {.address = "127.0.0.1", .handle = handle, .context = &world->emulator};
    struct http_server *server = NULL;

    assert_int_equal(http_server_start(&options, &server, NULL), 0);
    return server;
}

static inline struct world *world_new(size_t calls_per_minute)
{
    struct world *world = emulator_allocate(sizeof(*world));
    struct emulator_options options = {.limit = 100,
                                       .units = 1,
                                       .configuration_calls_per_minute = calls_per_minute,
                                       .policy = "iothubowner",
                                       .entra_rights = EMULATOR_RIGHTS_ALL,
                                       .token_lifetime_ms = 3599000};
    struct emulator_keys keys = {(char *)"iothubowner", (char *)first_key, NULL, 0};

    assert_int_equal(emulator_init(&world->emulator, &options, &keys, NULL), 0);
    world->service = server_new(world, emulator_api_handle);
    world->admin = server_new(world, emulator_admin_handle);
    world->service_client = client_new(world->service);
    world->admin_client = client_new(world->admin);
    return world;
}

static inline void world_free(struct world *world)
{
    emulator_stop(&world->emulator);
    http_client_free(world->service_client);
    http_client_free(world->admin_client);
    http_server_stop(world->service);
    http_server_stop(world->admin);
    emulator_release(&world->emulator);
    free(world);
}

static inline char *token_header(const char *key)
{
    cleanup_free char *expiry = emulator_text_format("%lld", (long long)clock_wall_s() + 600);
    cleanup_free char *signature = emulator_sas_sign(key, "localhost", expiry);

    return emulator_text_format("Authorization: SharedAccessSignature sr=localhost&sig=%s&se=%s&skn=iothubowner",
                                signature, expiry);
}

/* The result of http_client_perform; *answer is filled in when it is 0. extra: one more header, or NULL. */
static inline int exchange(struct http_client *client, const char *method, const char *path, const char *key,
                           const char *extra, const char *body, struct http_client_answer *answer)
{
    cleanup_free char *token = key ? token_header(key) : NULL;
    const char *headers[3] = {token ? token : extra, token ? extra : NULL, NULL};
    struct http_client_request request = {
        .method = method,
        .path = path,
        .headers = headers,
        .body = body,
        .body_length = body ? strlen(body) : 0,
        .deadline_ms = clock_now_ms() + WAIT_MS,
        .answer_limit = 1 << 20,
    };

    return http_client_perform(client, &request, answer, NULL);
}

/* Calls the service with a good token and returns the status; *ret_json (may be NULL) is the body. */
static inline int call(struct world *world, const char *method, const char *path, const char *extra, const char *body,
                       cJSON **ret_json)
{
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    cleanup_free char *url = emulator_text_format("%s" VERSION_QUERY, path);

    assert_int_equal(exchange(world->service_client, method, url, first_key, extra, body, &answer), 0);
    if (ret_json)
        assert_int_equal(json_parse(answer.body, answer.body_length, ret_json, NULL), 0);
    return answer.status;
}

static inline int admin(struct world *world, const char *method, const char *path, const char *body, cJSON **ret_json)
{
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;

    assert_int_equal(exchange(world->admin_client, method, path, NULL, NULL, body, &answer), 0);
    if (ret_json)
        assert_int_equal(json_parse(answer.body, answer.body_length, ret_json, NULL), 0);
    return answer.status;
}

#endif
