#include "iothub/credentials.h"

#include "common/cleanup.h"
#include "common/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY           "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
#define OTHER_KEY     "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
#define OF(host, key) "HostName=" host ";SharedAccessKeyName=service;SharedAccessKey=" key "\n"
#define NOW           1000000

struct fixture {
    char folder[64], file[80];
    struct credentials *credentials;
};

static void file_is(const char *path, const char *text)
{
    assert_int_equal(file_write(path, text, strlen(text), 0600, NULL), 0);
}

static int setup(void **state)
{
    static struct fixture fixture;
    const struct credentials_options options = {.connection_string_file = fixture.file};

    fixture = (struct fixture){.folder = "/tmp/test-credentials-XXXXXX"};
    assert_non_null(mkdtemp(fixture.folder));
    (void)snprintf(fixture.file, sizeof fixture.file, "%s/connection", fixture.folder);
    file_is(fixture.file, OF("hub.example", KEY));
    assert_int_equal(credentials_new(&options, &fixture.credentials, NULL), 0);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    credentials_free(fixture->credentials);
    unlink(fixture->file);
    return rmdir(fixture->folder);
}

static const char *header_at(struct fixture *fixture, int64_t now_s)
{
    const char *header = NULL;

    assert_int_equal(credentials_header(fixture->credentials, now_s, 0, &header, NULL), IOTHUB_OK);
    assert_non_null(header);
    return header;
}

static void expect_expiry(struct fixture *fixture, int64_t now_s, int64_t expiry_s)
{
    char part[64];
    const char *header = header_at(fixture, now_s);

    (void)snprintf(part, sizeof part, "&se=%lld&skn=service", (long long)expiry_s);
    assert_int_equal(strncmp(header, "Authorization: SharedAccessSignature sr=hub.example&sig=", 56), 0);
    if (!strstr(header, part))
        fail_msg("%s at %lld: no %s", header, (long long)now_s, part);
}

static void test_each_call_is_signed_anew(void **state)
{
    struct fixture *fixture = *state;

    expect_expiry(fixture, NOW, NOW + 1200);
    expect_expiry(fixture, NOW + 1, NOW + 1201);
    expect_expiry(fixture, NOW - 500, NOW + 700);
}

/* The signature of that second with the key of the file's present text. */
static void expect_key_is_taken(struct fixture *fixture, const char *before)
{
    assert_string_not_equal(header_at(fixture, NOW), before);
    assert_null(credentials_trouble(fixture->credentials));
}

static void test_a_file_written_in_place_is_taken(void **state)
{
    struct fixture *fixture = *state;
    cleanup_free char *before = strdup(header_at(fixture, NOW));
    FILE *file = fopen(fixture->file, "r+");

    assert_non_null(file);
    assert_true(fputs(OF("hub.example", OTHER_KEY), file) >= 0);
    assert_int_equal(fclose(file), 0);
    expect_key_is_taken(fixture, before);
}

/* As the kubelet does it: connection -> ..data/connection, ..data -> ..1, and ..data is replaced. */
static void test_a_link_that_is_swapped_is_taken(void **state)
{
    struct fixture *fixture = *state;
    cleanup_free char *before = strdup(header_at(fixture, NOW));

    assert_int_equal(unlink(fixture->file), 0);
    assert_int_equal(chdir(fixture->folder), 0);
    assert_int_equal(mkdir("..1", 0700) | mkdir("..2", 0700), 0);
    file_is("..1/connection", OF("hub.example", KEY));
    file_is("..2/connection", OF("hub.example", OTHER_KEY));
    assert_int_equal(symlink("..1", "..data") | symlink("..data/connection", "connection"), 0);
    assert_string_equal(header_at(fixture, NOW), before);
    assert_int_equal(symlink("..2", "..data_tmp") | rename("..data_tmp", "..data"), 0);
    expect_key_is_taken(fixture, before);
    assert_int_equal(unlink("..1/connection") | unlink("..2/connection") | unlink("..data") | rmdir("..1") |
                         rmdir("..2") | chdir("/"),
                     0);
}

/* What cannot be used now may be half written: the old key goes on serving, and it is told. */
static void expect_kept(struct fixture *fixture, const char *text, const char *part)
{
    cleanup_free char *before = strdup(header_at(fixture, NOW));

    file_is(fixture->file, text);
    assert_string_equal(header_at(fixture, NOW), before);
    assert_non_null(credentials_trouble(fixture->credentials));
    if (!strstr(credentials_trouble(fixture->credentials), part))
        fail_msg("\"%s\" lacks \"%s\"", credentials_trouble(fixture->credentials), part);
    assert_false(credentials_renew(fixture->credentials, NOW));
    cleanup_free char *advice = credentials_advice(fixture->credentials);

    assert_non_null(strstr(advice, "; reading it again failed: "));
    assert_non_null(strstr(advice, part));
    assert_null(strstr(advice, KEY));
}

static void test_a_bad_file_keeps_the_old_key(void **state)
{
    struct fixture *fixture = *state;

    expect_kept(fixture, "", "it is empty");
    expect_kept(fixture, OF("other.example", KEY), "names another IoT Hub now, other.example");
    expect_kept(fixture, "HostName=hub.example", "SharedAccessKeyName is missing");
    file_is(fixture->file, OF("hub.example", KEY));
    assert_string_equal(credentials_host(fixture->credentials), "hub.example");
    header_at(fixture, NOW);
    assert_null(credentials_trouble(fixture->credentials));
}

static void test_only_a_new_key_is_worth_a_second_try(void **state)
{
    struct fixture *fixture = *state;

    header_at(fixture, NOW);
    assert_false(credentials_renew(fixture->credentials, NOW));
    file_is(fixture->file, OF("hub.example", OTHER_KEY));
    assert_true(credentials_renew(fixture->credentials, NOW));
    assert_false(credentials_renew(fixture->credentials, NOW));
}

/* The signature, not what everybody knows. */
static void test_quoting_is_noticed(void **state)
{
    struct fixture *fixture = *state;
    cleanup_free char *header = strdup(header_at(fixture, NOW));
    char piece[9] = "";

    memcpy(piece, strstr(header, "&sig=") + 5 + 10, 8);
    assert_true(credentials_are_quoted(fixture->credentials, header));
    assert_true(credentials_are_quoted(fixture->credentials, piece));
    piece[7] = '\0';
    assert_false(credentials_are_quoted(fixture->credentials, piece));
    assert_false(credentials_are_quoted(fixture->credentials, "service is not authorized on hub.example&skn=service"));
    assert_false(credentials_are_quoted(fixture->credentials, ""));
    assert_false(credentials_are_quoted(fixture->credentials, NULL));
}

static void expect_refused(const char *file, const char *part, const char *second)
{
    const struct credentials_options options = {.connection_string_file = file};
    struct credentials *credentials = NULL;
    cleanup_error struct error error = {0};

    assert_int_equal(credentials_new(&options, &credentials, &error), -1);
    assert_null(credentials);
    assert_non_null(strstr(error_message(&error), part));
    assert_non_null(strstr(error_message(&error), second));
}

static void test_a_file_that_is_no_text(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(
        file_write(fixture->file, OF("hub.example", KEY) "\0x", sizeof OF("hub.example", KEY) + 1, 0600, NULL), 0);
    expect_refused(fixture->file, "it is no text", fixture->file);
}

static void test_a_file_that_is_missing(void **state)
{
    struct fixture *fixture = *state;
    char path[128];

    (void)snprintf(path, sizeof path, "%s/none", fixture->folder);
    expect_refused(path, path, "connection string of the IoT Hub");
}

static void test_one_hub_has_one_spelling(void **state)
{
    struct fixture *fixture = *state;
    const struct credentials_options options = {.connection_string_file = fixture->file};
    struct credentials *credentials = NULL;

    file_is(fixture->file, OF("HUB.Example:443", KEY));
    assert_int_equal(credentials_new(&options, &credentials, NULL), 0);
    assert_string_equal(credentials_host(credentials), "hub.example");
    credentials_free(credentials);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_call_is_signed_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_written_in_place_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_link_that_is_swapped_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_bad_file_keeps_the_old_key, setup, teardown),
        cmocka_unit_test_setup_teardown(test_only_a_new_key_is_worth_a_second_try, setup, teardown),
        cmocka_unit_test_setup_teardown(test_quoting_is_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_that_is_no_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_that_is_missing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_hub_has_one_spelling, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
