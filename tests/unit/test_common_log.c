#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"

#include <errno.h>
#include <string.h>

/* What a log call writes to stderr, without the time in front. */
struct capture {
    int saved;
    FILE *file;
    char text[4096];
};

static void capture_begin(struct capture *capture)
{
    capture->file = tmpfile();
    assert_non_null(capture->file);
    fflush(stderr);
    capture->saved = dup(STDERR_FILENO);
    assert_return_code(dup2(fileno(capture->file), STDERR_FILENO), errno);
}

static const char *capture_end(struct capture *capture)
{
    size_t length;

    dup2(capture->saved, STDERR_FILENO);
    close(capture->saved);
    rewind(capture->file);
    length = fread(capture->text, 1, sizeof(capture->text) - 1, capture->file);
    capture->text[length] = '\0';
    fclose(capture->file);
    return capture->text;
}

/* Checks the time that a line begins with and returns what follows. */
static const char *after_time(const char *line)
{
    char time[CLOCK_RFC3339_SIZE] = "";
    const char *space = strchr(line, ' ');
    int64_t ms;

    assert_non_null(space);
    assert_true((size_t)(space - line) < sizeof(time));
    memcpy(time, line, (size_t)(space - line));
    assert_true(clock_parse_rfc3339(time, &ms));
    return space + 1;
}

static void test_text_line(void **state)
{
    struct capture capture;

    (void)state;
    log_setup(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    capture_begin(&capture);
    log_info("hub %s is reachable", "hub0");
    assert_string_equal(after_time(capture_end(&capture)), "info    hub hub0 is reachable\n");
}

static void test_levels(void **state)
{
    struct capture capture;

    (void)state;
    log_setup(LOG_LEVEL_WARNING, LOG_FORMAT_TEXT);
    capture_begin(&capture);
    log_debug("no");
    log_info("no");
    log_warning("yes");
    assert_string_equal(after_time(capture_end(&capture)), "warning yes\n");

    log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
    capture_begin(&capture);
    log_warning("no");
    log_error("yes");
    assert_string_equal(after_time(capture_end(&capture)), "error   yes\n");

    log_setup(LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT);
    capture_begin(&capture);
    log_debug("yes");
    assert_string_equal(after_time(capture_end(&capture)), "debug   yes\n");
}

static void test_control_characters_are_shown(void **state)
{
    struct capture capture;

    (void)state;
    log_setup(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    capture_begin(&capture);
    log_info("a\nb\r\t\x1b[31m\x7f \xc2\x9b \xc3\xa4");
    assert_string_equal(after_time(capture_end(&capture)), "info    a\\nb\\x0d\\x09\\x1b[31m\\x7f \\u009b \xc3\xa4\n");
}

static void test_json_line(void **state)
{
    cleanup_json cJSON *tree = NULL;
    struct capture capture;
    const char *line;
    int64_t ms;

    (void)state;
    log_setup(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    capture_begin(&capture);
    log_error("say \"%s\"\n", "hi");
    line = capture_end(&capture);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    assert_int_equal(json_parse(line, strlen(line), &tree, NULL), 0);
    assert_int_equal(cJSON_GetArraySize(tree), 3);
    assert_true(clock_parse_rfc3339(json_string(tree, "time"), &ms));
    assert_string_equal(json_string(tree, "level"), "error");
    assert_string_equal(json_string(tree, "message"), "say \"hi\"\n");
}

static void test_errno_survives(void **state)
{
    struct capture capture;

    (void)state;
    log_setup(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    capture_begin(&capture);
    errno = EXDEV;
    log_info("x");
    assert_int_equal(errno, EXDEV);
    capture_end(&capture);
}

static void test_names(void **state)
{
    cleanup_error struct error error = {NULL};
    enum log_level level = LOG_LEVEL_INFO;
    enum log_format format = LOG_FORMAT_TEXT;

    (void)state;
    assert_int_equal(log_level_parse("debug", &level, &error), 0);
    assert_int_equal(level, LOG_LEVEL_DEBUG);
    assert_int_equal(log_level_parse("error", &level, &error), 0);
    assert_int_equal(level, LOG_LEVEL_ERROR);
    assert_int_equal(log_format_parse("json", &format, &error), 0);
    assert_int_equal(format, LOG_FORMAT_JSON);
    assert_null(error.message);
    assert_int_equal(log_level_parse("Debug", &level, &error), -1);
    assert_string_equal(error_message(&error), "\"Debug\" is no log level; use error, warning, info or debug");
    assert_int_equal(level, LOG_LEVEL_ERROR);
    assert_int_equal(log_format_parse("xml", &format, &error), -1);
    assert_string_equal(error_message(&error), "\"xml\" is no log format; use text or json");
    assert_int_equal(format, LOG_FORMAT_JSON);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_line),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_control_characters_are_shown),
        cmocka_unit_test(test_json_line),
        cmocka_unit_test(test_errno_survives),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
