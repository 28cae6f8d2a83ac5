#include "tests/unit/translate_objects.h"
#include "translate/image.h"

#define SHA "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_references_that_a_device_can_pull(void **state)
{
    static const struct {
        const char *image;
        const char *for_device;
    } good[] = {
        {"nginx", "nginx"},
        {" nginx:1\t\n", "nginx:1"},
        {" sensor:1@" SHA " ", "sensor@" SHA},
        {"nginx:1.29", "nginx:1.29"},
        {"library/nginx", "library/nginx"},
        {"registry.example/edge/a_b__c-d--e.f/sensor:V1.0_x-y", "registry.example/edge/a_b__c-d--e.f/sensor:V1.0_x-y"},
        {"registry.example:5000/sensor", "registry.example:5000/sensor"},
        {"localhost/sensor:1", "localhost/sensor:1"},
        {"localhost:5000/sensor:1", "localhost:5000/sensor:1"},
        {"Registry.Example/sensor:1", "Registry.Example/sensor:1"},
        {"[fe80::1]:5000/sensor:1", "[fe80::1]:5000/sensor:1"},
        {"sensor@" SHA, "sensor@" SHA},
        {"registry.example:5000/edge/sensor:1.2@" SHA, "registry.example:5000/edge/sensor@" SHA},
        {"sensor:1@" SHA, "sensor@" SHA},
        {"$upstream:443/edge/sensor:1", "$upstream:443/edge/sensor:1"},
    };

    (void)state;
    for (size_t i = 0; i < array_length(good); i++) {
        cleanup_strbuf struct strbuf out = STRBUF_INIT;

        if (image_problem(good[i].image))
            fail_msg("%s: %s", good[i].image, image_problem(good[i].image));
        image_add_for_device(&out, good[i].image);
        assert_string_equal(strbuf_string(&out), good[i].for_device);
    }
}

static void test_references_that_no_device_can_pull(void **state)
{
    static const char form[] = "must be [host[:port]/]name[:tag] or [host[:port]/]name@digest";
    static const char tag[] = "what stands behind the last : must be a tag: letters, digits, _ . -, at most 128";
    static const char digest[] = "what stands behind @ must be a digest: sha256: and 64 hexadecimal digits";
    static const char host[] = "what stands before the first / must be a host name, and perhaps a port";
    static const struct {
        const char *image;
        const char *problem;
    } bad[] = {
        {"", "must not be empty"},
        {" \t", "must not be empty"},
        {"sen sor ", form},
        {"sen sor", form},
        {"Sensor:1", "the name of a repository has lower-case letters only"},
        {"registry.example/Sensor", "the name of a repository has lower-case letters only"},
        {"sensor:", tag},
        {"sensor:-1", tag},
        {"sensor:1:2", form},
        {"sensor:a b", tag},
        {"a//b", form},
        {"/a", form},
        {"a/", form},
        {"a/b-", form},
        {"a..b", form},
        {"a___b", form},
        {"https://registry.example/sensor", host},
        {"-x.example/sensor", host},
        {"registry.example:/sensor", host},
        {"registry.example:x/sensor", host},
        {"[/sensor", host},
        {"sensor@", digest},
        {"sensor@sha256:0123", digest},
        {"sensor@" SHA "0", digest},
        {"sensor@sha256", digest},
        {"@" SHA, form},
        {"$upstream/sensor:1", form},
        {"$upstream:/sensor:1", "$upstream stands for the parent device and needs a port: $upstream:443/name:tag"},
        {"$upstream:0443/sensor:1", "$upstream stands for the parent device and needs a port: $upstream:443/name:tag"},
        {"$parent:443/sensor:1", host},
    };

    (void)state;
    for (size_t i = 0; i < array_length(bad); i++) {
        const char *problem = image_problem(bad[i].image);

        if (!problem)
            fail_msg("%s was accepted", bad[i].image);
        assert_string_equal(problem, bad[i].problem);
    }
}

static void test_lengths(void **state)
{
    char image[400] = "";

    (void)state;
    memset(image, 'a', 255);
    assert_null(image_problem(image));
    image[255] = 'a';
    assert_string_equal(image_problem(image), "the name of the repository is longer than 255 characters");
    memset(image, 't', 130);
    image[1] = ':';
    image[130] = '\0';
    assert_null(image_problem(image));
    image[130] = 't';
    image[131] = '\0';
    assert_non_null(image_problem(image));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_references_that_a_device_can_pull),
        cmocka_unit_test(test_references_that_no_device_can_pull),
        cmocka_unit_test(test_lengths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
