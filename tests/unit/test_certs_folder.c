/* The folder with a CA and a serving certificate. */
#include "tests/unit/http_fixture.h"

static char *content_of(const char *folder, const char *name)
{
    cleanup_error struct error error = {0};
    cleanup_free char *path = file_in(folder, name);
    char *text = NULL;
    size_t length = 0;

    check(file_read(path, 100000, &text, &length, &error), &error);
    return text;
}

static unsigned mode_of(const char *folder, const char *name)
{
    cleanup_free char *path = file_in(folder, name);
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static int write_for(const char *folder, unsigned days, struct error *error)
{
    static const char *const names[] = {"localhost", "127.0.0.1"};

    return certs_write(folder, names, 2, days, error);
}

static void test_files_and_modes(void **state)
{
    struct fixture *fixture = fixture_new();
    cleanup_free char *inner = file_in(fixture->folder, "inner");
    cleanup_error struct error error = {0};

    (void)state;
    check(write_for(inner, 30, &error), &error);
    assert_int_equal(mode_of(inner, "tls.key"), 0600);
    assert_int_equal(mode_of(inner, "ca.key"), 0600);
    assert_int_equal(mode_of(inner, "tls.crt"), 0644);
    assert_int_equal(mode_of(inner, "ca.crt"), 0644);
    fixture_free(fixture);
}

static void test_ca_is_used_again(void **state)
{
    struct fixture *fixture = fixture_new();
    cleanup_error struct error error = {0};
    cleanup_free char *ca = content_of(fixture->folder, "ca.crt");
    cleanup_free char *leaf = content_of(fixture->folder, "tls.crt");

    (void)state;
    check(write_for(fixture->folder, 90, &error), &error);
    cleanup_free char *ca_after = content_of(fixture->folder, "ca.crt");
    cleanup_free char *leaf_after = content_of(fixture->folder, "tls.crt");
    assert_string_equal(ca_after, ca);
    assert_string_not_equal(leaf_after, leaf);
    fixture_free(fixture);
}

static void test_ca_that_ends_too_early_is_replaced(void **state)
{
    struct fixture *fixture = fixture_new();
    cleanup_error struct error error = {0};
    cleanup_free char *ca = content_of(fixture->folder, "ca.crt");

    (void)state;
    check(write_for(fixture->folder, 3651, &error), &error);
    cleanup_free char *ca_after = content_of(fixture->folder, "ca.crt");
    assert_string_not_equal(ca_after, ca);
    fixture_free(fixture);
}

static void test_ca_without_its_key_is_replaced(void **state)
{
    struct fixture *fixture = fixture_new();
    cleanup_error struct error error = {0};
    cleanup_free char *ca = content_of(fixture->folder, "ca.crt");
    cleanup_free char *key_file = file_in(fixture->folder, "ca.key");

    (void)state;
    assert_int_equal(unlink(key_file), 0);
    check(write_for(fixture->folder, 30, &error), &error);
    cleanup_free char *ca_after = content_of(fixture->folder, "ca.crt");
    assert_string_not_equal(ca_after, ca);
    fixture_free(fixture);
}

static void test_ca_that_cannot_sign_is_an_error(void **state)
{
    struct fixture *fixture = fixture_new();
    cleanup_error struct error error = {0};
    cleanup_free char *leaf_key = content_of(fixture->folder, "tls.key");
    cleanup_free char *leaf = content_of(fixture->folder, "tls.crt");
    cleanup_free char *key_file = file_in(fixture->folder, "ca.key");
    cleanup_free char *expected = NULL;

    (void)state;
    check(file_write(key_file, leaf_key, strlen(leaf_key), 0600, &error), &error);
    assert_int_equal(write_for(fixture->folder, 30, &error), -1);
    assert_true(asprintf(&expected,
                         "%s/ca.crt and ca.key cannot be used (remove both to have a new CA made): "
                         "the CA's key does not belong to its certificate",
                         fixture->folder) > 0);
    assert_string_equal(error.message, expected);
    cleanup_free char *leaf_after = content_of(fixture->folder, "tls.crt");
    assert_string_equal(leaf_after, leaf);
    fixture_free(fixture);
}

static void test_folder_that_cannot_be_made(void **state)
{
    struct fixture *fixture = fixture_new();
    cleanup_error struct error error = {0};
    cleanup_free char *in_a_file = file_in(fixture->folder, "ca.crt");
    cleanup_free char *expected = NULL;

    (void)state;
    assert_int_equal(write_for(in_a_file, 30, &error), -1);
    assert_true(asprintf(&expected, "%s is not a folder", in_a_file) > 0);
    assert_string_equal(error.message, expected);
    fixture_free(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_and_modes),
        cmocka_unit_test(test_ca_is_used_again),
        cmocka_unit_test(test_ca_that_ends_too_early_is_replaced),
        cmocka_unit_test(test_ca_without_its_key_is_replaced),
        cmocka_unit_test(test_ca_that_cannot_sign_is_an_error),
        cmocka_unit_test(test_folder_that_cannot_be_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
