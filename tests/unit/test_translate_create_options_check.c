#include "tests/unit/case_file.h"
#include "translate/create_options.h"
#include "translate/create_options_check.h"
#include "translate/create_options_join.h"
#include "translate/host_ports.h"

/* {"options": text, "unreadable": sentence} or {"options": text, "errors": summary, "warnings": […]} */
static void assert_case(const cJSON *item)
{
    const char *text = json_string(item, "options");
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_error struct error error = {NULL};
    cleanup_free char *minified = NULL;
    cleanup_free char *summary = NULL;

    if (create_options_minify(text, &minified, &error) < 0) {
        assert_string_equal(error_message(&error), json_string_or(item, "unreadable", "readable"));
        return;
    }
    assert_null(json_get(item, "unreadable"));
    create_options_check(minified, "o", CREATE_OPTIONS_WRITTEN, &findings);
    summary = findings_summary(&findings);
    if (strcmp(summary, json_string_or(item, "errors", "")) != 0)
        fail_msg("%s: %s", text, summary);
    case_assert_warnings(&findings, json_get(item, "warnings"), text);
}

static void test_every_case(void **state)
{
    cleanup_json cJSON *cases = case_file_read("create_options.json");
    const cJSON *item;

    (void)state;
    cJSON_ArrayForEach(item, cases) assert_case(item);
}

static void test_strings_as_devices_were_forwarded_once(void **state)
{
    static const char options[] = "{\"HostConfig\":{\"Devices\":[\"/dev/a:/dev/a\",5]}}";
    cleanup_findings struct findings findings = FINDINGS_INIT;

    (void)state;
    create_options_check(options, "o", CREATE_OPTIONS_STORED, &findings);
    assert_errors(&findings, "o.HostConfig.Devices[1]: Invalid value: \"5\": must be an object");
    assert_int_equal(findings.warning_count, 1);
    assert_string_equal(
        findings.warnings[0],
        "o.HostConfig.Devices[0]: the device refuses a string here; write {\"PathOnHost\":\xe2\x80\xa6}");
}

/* What the pieces of an edgeAgent manifest are joined to. */
static void test_join(void **state)
{
    static const struct {
        const char *settings;
        const char *joined; /* or the error */
        int result;
    } cases[] = {
        {"{\"image\":\"i:1\"}", "", 0},
        {"{\"createOptions\":\"{}\",\"image\":\"i:1\"}", "{}", 0},
        {"{\"createOptions\":null}", "", 0},
        {"{\"createOptions\":{\"a\":[1,\"b\"]}}", "{\"a\":[1,\"b\"]}", 0},
        {"{\"createOptions02\":\"c\",\"createOptions\":\"a\",\"createOptions01\":\"b\"}", "abc", 0},
        {"{\"CREATEOPTIONS\":\"{\",\"createoptions01\":\"}\"}", "{}", 0},
        {"{\"createOptions\":\"{\",\"createOptions1\":\"}\"}", "{}", 0},
        {"{\"createOptions\":\"\",\"createOptions1\":\"1\",\"createOptions2\":\"2\",\"createOptions3\":\"3\","
         "\"createOptions4\":\"4\",\"createOptions5\":\"5\",\"createOptions6\":\"6\",\"createOptions7\":\"7\","
         "\"createOptions8\":\"8\",\"createOptions9\":\"9\",\"createOptions10\":\"A\"}",
         "expected createOptions02, and found createOptions10", -1},
        {"{\"createOptions\":\"a\",\"createOptions02\":\"b\"}", "expected createOptions01, and found createOptions02",
         -1},
        {"{\"createOptions01\":\"a\"}", "expected createOptions without a number, and found createOptions01", -1},
        {"{\"createOptions00\":\"a\",\"createOptions01\":\"b\"}",
         "expected createOptions without a number, and found createOptions00", -1},
        {"{\"createOptions\":\"{}\",\"myCreateOptionsNote\":\"x\"}",
         "the device takes myCreateOptionsNote for a piece of createOptions, since its name contains that", -1},
        {"{\"createOptions\":\"{}\",\"createOptions01x\":\"x\"}",
         "the device takes createOptions01x for a piece of createOptions, since its name contains that", -1},
        {"{\"createOptions\":5}", "createOptions must be a JSON object or its text", -1},
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_error struct error error = {NULL};
        cleanup_json cJSON *settings = NULL;
        cleanup_free char *text = NULL;

        assert_int_equal(json_parse(cases[i].settings, strlen(cases[i].settings), &settings, NULL), 0);
        assert_int_equal(create_options_join(settings, &text, &error), cases[i].result);
        assert_string_equal(cases[i].result ? error_message(&error) : text, cases[i].joined);
    }
}

/* What create_options_write makes, cut between characters, is joined to the same text. */
static void test_join_reads_what_is_written(void **state)
{
    cleanup_strbuf struct strbuf options = STRBUF_INIT;
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};
    cleanup_json cJSON *settings = NULL;
    cleanup_free char *joined = NULL;

    (void)state;
    strbuf_add_string(&options, "{\"Labels\":{\"a\":\"");
    for (int i = 0; i < 12000; i++)
        strbuf_add_string(&options, "\xf0\x9f\x98\x80");
    strbuf_add_string(&options, "\"}}");
    json_begin_object(&writer);
    create_options_write(&writer, strbuf_string(&options));
    json_end_object(&writer);
    assert_int_equal(json_parse(text.data, text.length, &settings, NULL), 0);
    assert_int_equal(cJSON_GetArraySize(settings), 94);
    assert_int_equal(create_options_join(settings, &joined, NULL), 0);
    assert_string_equal(joined, strbuf_string(&options));
}

#define BINDS(bindings) "{\"HostConfig\":{\"PortBindings\":{" bindings "}}}"
#define TCP_8080        BINDS("\"80/tcp\":[{\"HostPort\":\"8080\"}]")

static void assert_ports(const char *first, const char *second, const char *expected, size_t warnings)
{
    const struct host_ports_module modules[] = {
        {"edgeHub", BINDS("\"443/tcp\":[{\"HostPort\":\"443\"}]"), "f.hub"},
        {"a", first, "f.a"},
        {"b", second, "f.b"},
    };
    cleanup_findings struct findings findings = FINDINGS_INIT;

    host_ports_check(modules, array_length(modules), &findings);
    assert_errors(&findings, expected);
    assert_int_equal(findings.warning_count, warnings);
}

static void test_host_ports(void **state)
{
    (void)state;
    assert_ports(NULL, "{}", "", 0);
    assert_ports(TCP_8080, "{}", "", 0);
    assert_ports(TCP_8080, TCP_8080, "f.b: Duplicate value: \"8080/tcp\": module a has this port of the device already",
                 0);
    assert_ports(TCP_8080, "{\"hostConfig\":{\"portbindings\":{\"81\":[{\"HOSTPORT\":8080}]}}}",
                 "f.b: Duplicate value: \"8080/tcp\": module a has this port of the device already", 0);
    assert_ports(TCP_8080, BINDS("\"80/udp\":[{\"HostPort\":\"8080\"}]"), "", 0);
    assert_ports(TCP_8080, BINDS("\"80/tcp\":[{\"HostPort\":\"8081\"},{\"HostPort\":\"\"}]"), "", 0);
    assert_ports(TCP_8080, BINDS("\"80/tcp\":[{\"HostPort\":\"8080-8090\"}]"), "", 0);
    assert_ports(TCP_8080, BINDS("\"80/tcp\":[{\"HostPort\":\"8080-8080\",\"HostIp\":\"::\"}]"),
                 "f.b: Duplicate value: \"8080/tcp\": module a has this port of the device already", 0);
    assert_ports(BINDS("\"1/tcp\":[{\"HostPort\":\"1\",\"HostIp\":\"127.0.0.1\"}]"),
                 BINDS("\"1/tcp\":[{\"HostPort\":\"1\",\"HostIp\":\"127.0.0.2\"}]"), "", 0);
    assert_ports(BINDS("\"1/tcp\":[{\"HostPort\":\"1\",\"HostIp\":\"127.0.0.1\"}]"),
                 BINDS("\"1/tcp\":[{\"HostPort\":\"1\"}]"),
                 "f.b: Duplicate value: \"1/tcp\": module a has this port of the device already", 0);
    assert_ports(BINDS("\"8/sctp\":[{\"HostPort\":\"443\"}],\"9/tcp\":[{\"HostPort\":\"443\"}]"), NULL,
                 "f.a: Duplicate value: \"443/tcp\": module edgeHub has this port of the device already", 0);
    assert_ports(BINDS("\"8/tcp\":[{\"HostPort\":\"80\"},{\"HostPort\":\"80\"}]"), NULL, "", 1);
    assert_ports("{\"HostConfig\":{\"PortBindings\":{\"80/tcp\":{},\"x\":[],\"81/tcp\":[5]}}}", "[", "", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_case), cmocka_unit_test(test_strings_as_devices_were_forwarded_once),
        cmocka_unit_test(test_join),       cmocka_unit_test(test_join_reads_what_is_written),
        cmocka_unit_test(test_host_ports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
