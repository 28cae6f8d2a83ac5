/* Wrong usage: exit status 2, one sentence that says what is wrong, and where help is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/command.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 12

struct usage {
    int (*run)(int count, char **arguments);
    const char *arguments[MOST]; /* arguments[0] is the command */
    const char *sentence;
};

#define NO_CA        "--ca FILE is missing: the CA that signed the serving certificate"
#define URL_SENTENCE "--url must be https://HOST or https://HOST:PORT; the paths are added"
#define LABEL_64     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct usage usages[] = {
    {command_serve, {"c", "--config"}, "--config needs a value"},
    {command_serve, {"c", "--verbose"}, "there is no option --verbose here"},
    {command_serve, {"c", "--conf", "a"}, "there is no option --conf here"},
    {command_serve, {"c", "--conf=a"}, "there is no option --conf=a here"},
    {command_serve, {"c", "--conf"}, "there is no option --conf here"},
    {command_serve, {"c", "a", "-x"}, "there is no option -x here"},
    {command_serve, {"c", "--config", "a", "-xyz"}, "there is no option -xyz here"},
    {command_webhook, {"webhook", "--cert", "a", "--key", "b"}, "there is no option --cert here"},
    {command_certs, {"certs", "--f", "a", "b"}, "there is no option --f here"},
    {command_serve, {"c", "--config", "a", "b"}, "\"b\" is too much"},
    {command_webhook, {"webhook"}, "--certificate FILE and --key FILE are needed"},
    {command_webhook, {"webhook", "--certificate", "a"}, "--certificate FILE and --key FILE are needed"},
    {command_webhook, {"webhook", "--port", "65536"}, "--port must be a whole number from 0 to 65535, not \"65536\""},
    {command_webhook, {"webhook", "--port", "-1"}, "--port must be a whole number from 0 to 65535, not \"-1\""},
    {command_webhook, {"webhook", "--port", "8 "}, "--port must be a whole number from 0 to 65535, not \"8 \""},
    {command_webhook, {"webhook", "--port", ""}, "--port must be a whole number from 0 to 65535, not \"\""},
    {command_webhook, {"webhook", "--threads", "0"}, "--threads must be a whole number from 1 to 64, not \"0\""},
    {command_webhook, {"webhook", "--drain", "9"}, "--drain must be a duration such as 10s, not \"9\""},
    {command_webhook,
     {"webhook", "--secrets-from", "a", "--secrets-from", "B"},
     "--secrets-from: \"B\" is no name of a namespace; each one is listed by its full name"},
    {command_webhook, {"webhook", "--certificate", "a", "--key", "b", "c"}, "\"c\" is too much"},
    {command_certs, {"certs", "--name", "a"}, "--folder DIR is missing"},
    {command_certs, {"certs", "--folder", "a"}, "--name NAME is missing: the DNS name or IP address that clients call"},
    {command_certs,
     {"certs", "--folder", "a", "--name", "b", "--days", "0"},
     "--days must be a whole number from 1 to 36500, not \"0\""},
    {command_register, {"register", "--ca", "a"}, "either --url URL or --service NAMESPACE/NAME is needed"},
    {command_register,
     {"register", "--ca", "a", "--url", "https://a", "--service", "b/c"},
     "either --url URL or --service NAMESPACE/NAME is needed"},
    {command_register,
     {"register", "--url", "https://a"},
     "--ca FILE is missing: the CA that signed the serving certificate"},
    {command_register, {"register", "--url", "http://a"}, "--url must begin with https://, not \"http://a\""},
    {command_register, {"register", "--url", "https://"}, "--url must begin with https://, not \"https://\""},
    {command_register,
     {"register", "--url", "https://a/b"},
     "--url must be https://HOST or https://HOST:PORT; the paths are added"},
    {command_register, {"register", "--service", "a"}, "--service must be NAMESPACE/NAME or NAMESPACE/NAME:PORT"},
    {command_register, {"register", "--service", "/a"}, "--service must be NAMESPACE/NAME or NAMESPACE/NAME:PORT"},
    {command_register, {"register", "--service", "a/"}, "--service must be NAMESPACE/NAME or NAMESPACE/NAME:PORT"},
    {command_register, {"register", "--service", "a/b/c"}, "--service must be NAMESPACE/NAME or NAMESPACE/NAME:PORT"},
    {command_register,
     {"register", "--service", "a/b:0"},
     "the port of --service must be a whole number from 1 to 65535, not \"0\""},
    {command_register,
     {"register", "--service", "A_/b"},
     "the namespace of --service must be lower-case letters, digits and - (63 at most), not \"A_\""},
    {command_register,
     {"register", "--service", "a/-b:443"},
     "the name of --service must be lower-case letters, digits and - (63 at most), not \"-b\""},
    {command_register,
     {"register", "--service", "a/b."},
     "the name of --service must be lower-case letters, digits and - (63 at most), not \"b.\""},
    {command_register,
     {"register", "--service", LABEL_64 "/b"},
     "the namespace of --service must be lower-case letters, digits and - (63 at most), not \"" LABEL_64 "\""},
    {command_register,
     {"register", "--service", "a/b:65536"},
     "the port of --service must be a whole number from 1 to 65535, not \"65536\""},
    {command_register,
     {"register", "--url", "https://x:99999"},
     "the port of --url must be a whole number from 1 to 65535, not \"99999\""},
    {command_register,
     {"register", "--url", "https://x:"},
     "the port of --url must be a whole number from 1 to 65535, not \"\""},
    {command_register,
     {"register", "--url", "https://[::1]:0"},
     "the port of --url must be a whole number from 1 to 65535, not \"0\""},
    {command_register, {"register", "--url", "https://:443"}, URL_SENTENCE},
    {command_register, {"register", "--url", "https://u:p@x"}, URL_SENTENCE},
    {command_register, {"register", "--url", "https://x#y"}, URL_SENTENCE},
    {command_register, {"register", "--url", "https://x?y"}, URL_SENTENCE},
    {command_register, {"register", "--url", "https://x y"}, URL_SENTENCE},
    {command_register, {"register", "--url", "https://x..y"}, URL_SENTENCE},
    {command_register, {"register", "--url", "https://x_y"}, URL_SENTENCE},
    {command_register, {"register", "--url", "https://[::g]"}, URL_SENTENCE},
    {command_register, {"register", "--url", "https://[::1"}, URL_SENTENCE},
    {command_register, {"register", "--url", "https://[::1]8443"}, URL_SENTENCE},
    {command_register, {"register", "--url", "https://::1"}, URL_SENTENCE},
    /* These are right: the next thing is asked for. */
    {command_register, {"register", "--url", "https://a-1.Example.:65535"}, NO_CA},
    {command_register, {"register", "--url", "https://127.0.0.1:8443"}, NO_CA},
    {command_register, {"register", "--url", "https://[::1]:8443"}, NO_CA},
    {command_register, {"register", "--url", "https://[fd00::2]"}, NO_CA},
    {command_register, {"register", "--service", "edge-1/0b:1"}, NO_CA},
    {command_register, {"register", "--frobnicate"}, "there is no option --frobnicate here"},
};

/* Runs a command with copies of its arguments; returns what it wrote to stderr, for the caller to free. */
static char *run(const struct usage *usage, int *ret_status)
{
    char *arguments[MOST + 1] = {NULL};
    char *written = NULL;
    size_t length = 0;
    int count = 0;
    for (; count < MOST && usage->arguments[count]; count++)
        arguments[count] = strdup(usage->arguments[count]);
    FILE *before = stderr;
    stderr = open_memstream(&written, &length);
    optind = 0;
    *ret_status = usage->run(count, arguments);
    fclose(stderr);
    stderr = before;
    while (count > 0)
        free(arguments[--count]);
    return written;
}

static void test_wrong_usage(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof usages / sizeof usages[0]; i++) {
        char expected[256];
        int status;
        char *written = run(&usages[i], &status);
        snprintf(expected, sizeof expected,
                 "iot-edge-connector: %s\n`iot-edge-connector --help` shows how it is called.\n", usages[i].sentence);
        assert_string_equal(written, expected);
        assert_int_equal(status, EXIT_USAGE);
        free(written);
    }
}

static void test_a_failure_is_no_wrong_usage(void **state)
{
    (void)state;
    int status;
    const struct usage missing = {
        command_webhook, {"webhook", "--certificate", "/nonexistent/a", "--key", "/nonexistent/b"}, NULL};
    char *written = run(&missing, &status);
    assert_int_equal(status, EXIT_TROUBLE);
    assert_int_equal(strncmp(written, "iot-edge-connector: ", 20), 0);
    assert_non_null(strstr(written, "/nonexistent/a"));
    free(written);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_usage),
        cmocka_unit_test(test_a_failure_is_no_wrong_usage),
    };
    return cmocka_run_group_tests_name("server_command", tests, NULL, NULL);
}
