#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/file.h"

#include <dirent.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

/* A folder of its own for each test; what is in it goes with it. */
static int make_folder(void **state)
{
    char *folder = strdup("/tmp/test_common_file.XXXXXX");

    *state = mkdtemp(folder);
    return *state ? 0 : -1;
}

static char *path_in(const char *folder, const char *name)
{
    char *path;

    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    return path;
}

static unsigned count_entries(const char *folder, bool remove_them)
{
    DIR *opened = opendir(folder);
    const struct dirent *entry;
    unsigned count = 0;

    assert_non_null(opened);
    while ((entry = readdir(opened))) {
        cleanup_free char *path = path_in(folder, entry->d_name);

        if (entry->d_name[0] == '.')
            continue;
        count++;
        if (remove_them)
            assert_return_code(remove(path), 0);
    }
    closedir(opened);
    return count;
}

static int remove_folder(void **state)
{
    count_entries(*state, true);
    rmdir(*state);
    free(*state);
    return 0;
}

static void test_reads_what_was_written(void **state)
{
    cleanup_free char *path = path_in(*state, "key");
    cleanup_free char *text = NULL;
    cleanup_error struct error error = {NULL};
    struct stat facts;
    size_t length;

    assert_int_equal(file_write(path, "a\0b", 3, 0640, &error), 0);
    assert_int_equal(file_read(path, 3, &text, &length, &error), 0);
    assert_int_equal(length, 3);
    assert_memory_equal(text, "a\0b", 4);
    assert_return_code(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 07777, 0640);
    assert_null(error.message);
    assert_int_equal(count_entries(*state, false), 1);
}

static void test_replaces_the_whole_file(void **state)
{
    cleanup_free char *path = path_in(*state, "x");
    cleanup_free char *text = NULL;
    struct stat before, after;

    assert_int_equal(file_write(path, "a long first text", 17, 0600, NULL), 0);
    assert_return_code(stat(path, &before), 0);
    assert_int_equal(file_write(path, "short", 5, 0600, NULL), 0);
    assert_return_code(stat(path, &after), 0);
    assert_int_equal(file_read(path, 100, &text, NULL, NULL), 0);
    assert_string_equal(text, "short");
    assert_int_not_equal(before.st_ino, after.st_ino);
}

static void test_empty_file(void **state)
{
    cleanup_free char *path = path_in(*state, "empty");
    cleanup_free char *text = NULL;
    size_t length = 9;

    assert_int_equal(file_write(path, "", 0, 0600, NULL), 0);
    assert_int_equal(file_read(path, 0, &text, &length, NULL), 0);
    assert_string_equal(text, "");
    assert_int_equal(length, 0);
}

static void test_large_file(void **state)
{
    cleanup_free char *path = path_in(*state, "large");
    cleanup_free char *large = malloc(1000000);
    cleanup_free char *text = NULL;
    size_t length;

    memset(large, 'x', 1000000);
    assert_int_equal(file_write(path, large, 1000000, 0600, NULL), 0);
    assert_int_equal(file_read(path, 1000000, &text, &length, NULL), 0);
    assert_int_equal(length, 1000000);
    assert_memory_equal(text, large, length);
}

static void test_limit(void **state)
{
    cleanup_free char *path = path_in(*state, "four");
    cleanup_free char *expected = NULL;
    cleanup_error struct error error = {NULL};
    char *text = NULL;
    size_t length = 42;

    assert_int_equal(file_write(path, "1234", 4, 0600, NULL), 0);
    assert_int_equal(file_read(path, 3, &text, &length, &error), -1);
    assert_true(asprintf(&expected, "%s is larger than 3 bytes", path) > 0);
    assert_string_equal(error_message(&error), expected);
    assert_null(text);
    assert_int_equal(length, 42);
}

static void test_read_errors_name_the_file(void **state)
{
    cleanup_free char *expected = NULL;
    cleanup_error struct error error = {NULL};
    char *text = NULL;

    assert_int_equal(file_read("/nowhere/x", 10, &text, NULL, &error), -1);
    assert_string_equal(error_message(&error), "cannot read /nowhere/x: No such file or directory");
    assert_int_equal(file_read(*state, 10, &text, NULL, &error), -1);
    assert_true(asprintf(&expected, "cannot read %s: Is a directory", (char *)*state) > 0);
    assert_string_equal(error_message(&error), expected);
}

static void test_write_errors_leave_nothing_behind(void **state)
{
    cleanup_free char *path = path_in(*state, "folder");
    cleanup_free char *expected = NULL;
    cleanup_error struct error error = {NULL};

    assert_int_equal(file_write("/nowhere/x", "x", 1, 0600, &error), -1);
    assert_string_equal(error_message(&error), "cannot write /nowhere/x: No such file or directory");
    assert_return_code(mkdir(path, 0700), 0);
    assert_int_equal(file_write(path, "x", 1, 0600, &error), -1);
    assert_true(asprintf(&expected, "cannot write %s: Is a directory", path) > 0);
    assert_string_equal(error_message(&error), expected);
    assert_int_equal(count_entries(*state, false), 1);
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(test_reads_what_was_written),
        in_folder(test_replaces_the_whole_file),
        in_folder(test_empty_file),
        in_folder(test_large_file),
        in_folder(test_limit),
        in_folder(test_read_errors_name_the_file),
        in_folder(test_write_errors_leave_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
