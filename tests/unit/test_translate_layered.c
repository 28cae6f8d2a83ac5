/* What a layer wants of a device while the one before it is still there. */
#include "tests/unit/translate_objects.h"
#include "translate/layered.h"

#define LAYER(modules) "{\"modulesContent\":{\"$edgeAgent\":{" modules "}}}"
#define MODULE(name, settings)                                                                                         \
    "\"properties.desired.modules." name "\":{\"type\":\"docker\",\"settings\":{\"image\":\"a\"," settings "}}"
#define PORT(container, binding)                                                                                       \
    "\"createOptions\":\"{\\\"HostConfig\\\":{\\\"PortBindings\\\":{\\\"" container "\\\":[" binding "]}}}\""
#define HOST(port)        "{\\\"HostPort\\\":\\\"" port "\\\"}"
#define HOST_AT(ip, port) "{\\\"HostIp\\\":\\\"" ip "\\\",\\\"HostPort\\\":\\\"" port "\\\"}"

static void assert_together(const char *old, const char *new)
{
    cleanup_error struct error error = {NULL};

    if (layered_check_transition(old, new, &error) < 0)
        fail_msg("%s", error_message(&error));
}

static void assert_apart(const char *old, const char *new, const char *expected)
{
    cleanup_error struct error error = {NULL};

    assert_int_equal(layered_check_transition(old, new, &error), -1);
    assert_string_equal(error_message(&error), expected);
}

static void test_ports_of_the_device(void **state)
{
    static const char one[] = LAYER(MODULE("one", PORT("80/tcp", HOST("8080"))));

    (void)state;
    assert_apart(one, LAYER(MODULE("two", PORT("81/tcp", HOST("8080")))),
                 "the new module two and the old module one both take port 8080 of the device");
    assert_apart(one, LAYER(MODULE("two", PORT("81", HOST_AT("0.0.0.0", "8080")))),
                 "the new module two and the old module one both take port 8080 of the device");
    assert_together(one, LAYER(MODULE("one", PORT("81/tcp", HOST("8080")))));
    assert_together(one, LAYER(MODULE("two", PORT("81/tcp", HOST("8081")))));
    assert_together(one, LAYER(MODULE("two", PORT("81/udp", HOST("8080")))));
    assert_together(one, LAYER(MODULE("two", "\"createOptions\":\"{}\"")));
    assert_together(LAYER(MODULE("one", PORT("80/tcp", HOST_AT("10.0.0.1", "80")))),
                    LAYER(MODULE("two", PORT("80/tcp", HOST_AT("10.0.0.2", "80")))));
}

static void test_options_in_pieces(void **state)
{
    (void)state;
    assert_apart(LAYER(MODULE("one", "\"createOptions\":\"{\\\"HostConfig\\\":{\\\"PortBin\",\"createOptions01\":"
                                     "\"dings\\\":{\\\"80/tcp\\\":[{\\\"HostPort\\\":\\\"1\\\"}]}}}\"")),
                 LAYER(MODULE("two", PORT("80/tcp", HOST("1")))),
                 "the new module two and the old module one both take port 1 of the device");
}

static char *layer_of(const char *name, size_t bytes)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;

    strbuf_add_format(
        &text, "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired.modules.%s\":{\"settings\":{\"image\":\"",
        name);
    for (size_t i = 0; i < bytes; i++)
        strbuf_add_char(&text, 'x');
    strbuf_add_string(&text, "\"}}}}}");
    return strbuf_steal(&text);
}

static void test_size_of_both(void **state)
{
    cleanup_free char *one = layer_of("one", 20000);
    cleanup_free char *again = layer_of("one", 25000);
    cleanup_free char *other = layer_of("two", 20000);

    (void)state;
    assert_together(one, again);
    assert_apart(one, other,
                 "the old and the new modules together take 40026 bytes of a twin, and IoT Hub takes 32768");
}

/* A device takes one base deployment: two never meet. What cannot be read does not hold anything up. */
static void test_what_is_no_layer(void **state)
{
    static const char base[] =
        "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":{\"modules\":{\"one\":{\"settings\":{" PORT(
            "80/tcp", HOST("1")) "}}}}}}}";

    (void)state;
    assert_together(base, base);
    assert_together(base, LAYER(MODULE("two", PORT("80/tcp", HOST("1")))));
    assert_together("{", LAYER(MODULE("two", PORT("80/tcp", HOST("1")))));
    assert_together(LAYER(MODULE("one", "\"createOptions\":\"{\"")), LAYER(MODULE("two", PORT("80/tcp", HOST("1")))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ports_of_the_device),
        cmocka_unit_test(test_options_in_pieces),
        cmocka_unit_test(test_size_of_both),
        cmocka_unit_test(test_what_is_no_layer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
