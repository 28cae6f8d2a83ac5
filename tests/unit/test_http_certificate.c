/* The certificate is exchanged while the server serves. */
#include "tests/unit/http_fixture.h"

static void remove_in(const char *folder, const char *name)
{
    cleanup_free char *path = file_in(folder, name);

    assert_int_equal(unlink(path), 0);
}

/* A new pair in the folder by a new CA, which the folder's ca.crt is then. */
static void renew_with_new_ca(const char *folder)
{
    remove_in(folder, "ca.crt");
    remove_in(folder, "ca.key");
    write_certificates(folder);
}

static void overwrite(const char *folder, const char *name, const char *text)
{
    cleanup_error struct error error = {0};
    cleanup_free char *path = file_in(folder, name);

    check(file_write(path, text, strlen(text), 0600, &error), &error);
}

static int reload(struct fixture *fixture)
{
    cleanup_error struct error error = {0};

    int result = http_certificate_reload(fixture->certificate, &error);
    assert_int_equal(error.message != NULL, result < 0);
    return result;
}

static void test_unchanged(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 1});

    (void)state;
    assert_int_equal(reload(fixture), 0);
    assert_int_equal(reload(fixture), 0);
    fixture_free(fixture);
}

static int unsent(struct http_client *client)
{
    cleanup_error struct error error = {0};
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    struct http_client_request request = request_to("GET", "/");

    return http_client_perform(client, &request, &answer, &error) == HTTP_CLIENT_UNSENT;
}

static void test_new_pair_serves_new_connections(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 1});
    cleanup_http_client struct http_client *kept = fixture_client(fixture);

    (void)state;
    assert_int_equal(get_status(kept, "/"), 200);
    renew_with_new_ca(fixture->folder);
    cleanup_http_client struct http_client *new_client = fixture_client(fixture);
    assert_true(unsent(new_client));
    assert_int_equal(reload(fixture), 1);
    assert_int_equal(reload(fixture), 0);
    assert_int_equal(get_status(new_client, "/"), 200);
    assert_int_equal(get_status(kept, "/"), 200);
    fixture_free(fixture);
}

static void check_bad_pair(struct fixture *fixture, const char *name, const char *text)
{
    renew_with_new_ca(fixture->folder);
    if (text)
        overwrite(fixture->folder, name, text);
    else
        remove_in(fixture->folder, name);
    assert_int_equal(reload(fixture), -1);
    assert_int_equal(reload(fixture), -1);
}

static void test_bad_pair_keeps_the_old(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 1});
    struct fixture *other = fixture_new();
    cleanup_free char *other_key_file = file_in(other->folder, "tls.key");
    cleanup_free char *other_key = NULL;
    cleanup_error struct error error = {0};
    size_t length = 0;

    (void)state;
    check(file_read(other_key_file, 100000, &other_key, &length, &error), &error);
    const char *old_ca = "old-ca.crt";
    cleanup_free char *ca_file = file_in(fixture->folder, "ca.crt");
    cleanup_free char *old_ca_file = file_in(fixture->folder, old_ca);
    assert_int_equal(link(ca_file, old_ca_file), 0);
    int64_t expiry = http_certificate_expiry(fixture->certificate);

    check_bad_pair(fixture, "tls.key", other_key);
    check_bad_pair(fixture, "tls.key", "");
    check_bad_pair(fixture, "tls.key", "garbage");
    check_bad_pair(fixture, "tls.key", NULL);
    check_bad_pair(fixture, "tls.crt", "");
    check_bad_pair(fixture, "tls.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    check_bad_pair(fixture, "tls.crt", NULL);
    assert_int_equal(http_certificate_expiry(fixture->certificate), expiry);

    char url[64];
    snprintf(url, sizeof url, "https://localhost:%u", http_server_port(fixture->server));
    struct http_client *old = NULL;
    check(http_client_new(&(struct http_client_options){.base_url = url, .ca_file = old_ca_file}, &old, &error),
          &error);
    assert_int_equal(get_status(old, "/"), 200);
    http_client_free(old);
    write_certificates(fixture->folder);
    assert_int_equal(reload(fixture), 1);
    assert_int_equal(fixture_status(fixture, "/"), 200);
    fixture_free(other);
    fixture_free(fixture);
}

struct prober {
    const struct fixture *fixture;
    atomic_bool stop;
    atomic_uint done, failed;
};

/* Each request with a client, and so a handshake, of its own. An assertion here would end the wrong thread. */
static void *probe(void *context)
{
    struct prober *prober = context;

    while (!atomic_load(&prober->stop)) {
        struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
        struct http_client_request request = request_to("GET", "/");
        struct http_client *client = fixture_client(prober->fixture);
        if (http_client_perform(client, &request, &answer, NULL) < 0 || answer.status != 200)
            atomic_fetch_add(&prober->failed, 1);
        atomic_fetch_add(&prober->done, 1);
        http_client_answer_release(&answer);
        http_client_free(client);
    }
    return NULL;
}

static void wait_for_probes(struct prober *prober, unsigned more)
{
    unsigned until = atomic_load(&prober->done) + more;
    int64_t end_ms = clock_now_ms() + WAIT_MS;

    while (atomic_load(&prober->done) < until) {
        assert_true(clock_now_ms() < end_ms);
        poll(NULL, 0, 1);
    }
}

/* The CA stays, the pair under it changes all the time. */
static void test_exchange_under_load(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 2});
    struct prober prober = {.fixture = fixture};
    pthread_t threads[2];

    (void)state;
    for (size_t i = 0; i < array_length(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, probe, &prober), 0);
    for (int i = 0; i < 20; i++) {
        write_certificates(fixture->folder);
        assert_int_equal(reload(fixture), 1);
        wait_for_probes(&prober, 3);
    }
    atomic_store(&prober.stop, true);
    for (size_t i = 0; i < array_length(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&prober.failed), 0);
    fixture_free(fixture);
}

static void test_missing_files(void **state)
{
    cleanup_error struct error error = {0};
    struct http_certificate *certificate = NULL;

    (void)state;
    assert_int_equal(http_certificate_new("/nonexistent/tls.crt", "/nonexistent/tls.key", &certificate, &error), -1);
    assert_null(certificate);
    assert_non_null(strstr(error.message, "/nonexistent/tls.crt"));
}

static void test_expiry(void **state)
{
    struct fixture *fixture = fixture_start((struct http_server_options){.threads = 1});
    int64_t days = (http_certificate_expiry(fixture->certificate) - clock_wall_s() + 3600) / 86400;

    (void)state;
    assert_int_equal(days, 30);
    fixture_free(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unchanged),
        cmocka_unit_test(test_new_pair_serves_new_connections),
        cmocka_unit_test(test_bad_pair_keeps_the_old),
        cmocka_unit_test(test_exchange_under_load),
        cmocka_unit_test(test_missing_files),
        cmocka_unit_test(test_expiry),
    };

    http_client_global_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
