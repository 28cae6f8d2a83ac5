#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/file.h"
#include "server/identity.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/test_server_identity.XXXXXX";

static void complete(struct config *config, const char *file)
{
    cleanup_error struct error error = {0};
    if (identity_complete(config, file, &error) < 0)
        fail_msg("%s", error_message(&error));
}

static void test_in_a_pod(void **state)
{
    (void)state;
    cleanup_error struct error error = {0};
    struct config config = {0};
    assert_int_equal(file_write(path, "edge\n", 5, 0600, &error), 0);
    complete(&config, path);
    assert_string_equal(config.lease_namespace, "edge");
    config_release(&config);
}

static void test_outside_of_a_pod(void **state)
{
    (void)state;
    struct config config = {0};
    complete(&config, "/nonexistent/namespace");
    assert_string_equal(config.lease_namespace, "default");
    config_release(&config);
}

static void test_two_lives_are_two(void **state)
{
    (void)state;
    char host[256] = "";
    struct config first = {0}, second = {0};
    assert_int_equal(gethostname(host, sizeof host - 1), 0);
    complete(&first, "/nonexistent/namespace");
    complete(&second, "/nonexistent/namespace");
    assert_string_not_equal(first.lease_identity, second.lease_identity);
    assert_int_equal(strncmp(first.lease_identity, host, strlen(host)), 0);
    assert_int_equal(strlen(first.lease_identity), strlen(host) + 9);
    config_release(&first);
    config_release(&second);
}

static void test_what_the_file_says_stays(void **state)
{
    (void)state;
    struct config config = {.lease_namespace = strdup("a"), .lease_identity = strdup("b")};
    complete(&config, "/nonexistent/namespace");
    assert_string_equal(config.lease_namespace, "a");
    assert_string_equal(config.lease_identity, "b");
    config_release(&config);
}

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_a_pod),
        cmocka_unit_test(test_outside_of_a_pod),
        cmocka_unit_test(test_two_lives_are_two),
        cmocka_unit_test(test_what_the_file_says_stays),
    };
    return cmocka_run_group_tests_name("server_identity", tests, make_file, remove_file);
}
