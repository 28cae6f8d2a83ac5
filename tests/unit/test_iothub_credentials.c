#include "iothub/credentials.h"

#include "common/cleanup.h"
#include "common/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define KEY           "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
#define OTHER_KEY     "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
#define OF(host, key) "HostName=" host ";SharedAccessKeyName=service;SharedAccessKey=" key "\n"

struct fixture {
    char folder[64], file[80];
    struct credentials credentials;
};

static void file_is(const struct fixture *fixture, const char *text)
{
    assert_int_equal(file_write(fixture->file, text, strlen(text), 0600, NULL), 0);
}

static int setup(void **state)
{
    static struct fixture fixture;

    fixture = (struct fixture){.folder = "/tmp/test-credentials-XXXXXX", .credentials = CREDENTIALS_INIT};
    assert_non_null(mkdtemp(fixture.folder));
    (void)snprintf(fixture.file, sizeof fixture.file, "%s/connection", fixture.folder);
    file_is(&fixture, OF("hub.example", KEY));
    assert_int_equal(credentials_load(&fixture.credentials, fixture.file, NULL), 0);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    credentials_release(&fixture->credentials);
    unlink(fixture->file);
    return rmdir(fixture->folder);
}

static void expect_expiry(struct fixture *fixture, int64_t now_s, int64_t expiry_s)
{
    char part[64];

    (void)snprintf(part, sizeof part, "&se=%lld&skn=service", (long long)expiry_s);
    const char *header = credentials_header(&fixture->credentials, now_s, NULL);

    assert_non_null(header);
    assert_int_equal(strncmp(header, "Authorization: SharedAccessSignature sr=hub.example&sig=", 56), 0);
    if (!strstr(header, part))
        fail_msg("%s at %lld: no %s", header, (long long)now_s, part);
}

/* One hour, and another one when three quarters of it are over or the clock was set back. */
static void test_tokens_are_kept_for_three_quarters_of_their_life(void **state)
{
    struct fixture *fixture = *state;

    expect_expiry(fixture, 1000000, 1003600);
    expect_expiry(fixture, 1002699, 1003600);
    expect_expiry(fixture, 1002700, 1006300);
    expect_expiry(fixture, 1002699, 1006299);
}

static void test_a_new_key_is_taken(void **state)
{
    struct fixture *fixture = *state;
    cleanup_free char *before = strdup(credentials_header(&fixture->credentials, 1000, NULL));

    file_is(fixture, OF("hub.example", OTHER_KEY));
    assert_string_equal(credentials_header(&fixture->credentials, 1000, NULL), before);
    assert_int_equal(credentials_reload(&fixture->credentials, NULL), 0);
    assert_string_not_equal(credentials_header(&fixture->credentials, 1000, NULL), before);
}

static void expect_refused_reload(struct fixture *fixture, const char *text, const char *part)
{
    cleanup_free char *before = strdup(credentials_header(&fixture->credentials, 1000, NULL));
    cleanup_error struct error error = {0};

    file_is(fixture, text);
    assert_int_equal(credentials_reload(&fixture->credentials, &error), -1);
    if (!strstr(error_message(&error), part))
        fail_msg("\"%s\" lacks \"%s\"", error_message(&error), part);
    assert_string_equal(credentials_header(&fixture->credentials, 1000, NULL), before);
}

static void test_a_bad_reload_keeps_the_old_key(void **state)
{
    struct fixture *fixture = *state;

    expect_refused_reload(fixture, "", "it is empty");
    expect_refused_reload(fixture, OF("other.example", KEY), "names another IoT Hub now, other.example");
    expect_refused_reload(fixture, "HostName=hub.example", "SharedAccessKeyName is missing");
}

static void test_a_file_that_is_no_text(void **state)
{
    struct fixture *fixture = *state;
    struct credentials credentials = CREDENTIALS_INIT;
    cleanup_error struct error error = {0};

    assert_int_equal(
        file_write(fixture->file, OF("hub.example", KEY) "\0x", sizeof OF("hub.example", KEY) + 1, 0600, NULL), 0);
    assert_int_equal(credentials_load(&credentials, fixture->file, &error), -1);
    assert_non_null(strstr(error_message(&error), "it is no text"));
    assert_non_null(strstr(error_message(&error), fixture->file));
}

static void test_a_file_that_is_missing(void **state)
{
    struct fixture *fixture = *state;
    struct credentials credentials = CREDENTIALS_INIT;
    cleanup_error struct error error = {0};
    char path[128];

    (void)snprintf(path, sizeof path, "%s/none", fixture->folder);
    assert_int_equal(credentials_load(&credentials, path, &error), -1);
    assert_non_null(strstr(error_message(&error), path));
    assert_non_null(strstr(error_message(&error), "connection string of the IoT Hub"));
    assert_null(credentials.file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tokens_are_kept_for_three_quarters_of_their_life, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_new_key_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_bad_reload_keeps_the_old_key, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_that_is_no_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_that_is_missing, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
