#include "tests/unit/translate_objects.h"
#include "translate/route.h"

static void test_routes_that_edge_hub_reads(void **state)
{
    static const char *const good[] = {
        "FROM /* INTO $upstream",
        "from /messages/* into $UPSTREAM",
        " FROM\n/messages/*\n\tINTO  $upstream \n",
        "FROM/messages/* INTO $upstream",
        "SELECT * FROM /messages/* INTO $upstream",
        "FROM /messages/modules/a/outputs/o INTO BrokeredEndpoint(\"/modules/b/inputs/i\")",
        "FROM /messages/* INTO brokeredendpoint ( '/modules/b/inputs/i/' )",
        "FROM /messages/* INTO BrokeredEndpoint(\" modules/b/inputs/i \")",
        "FROM /messages/* WHERE NOT IS_DEFINED($connectionModuleId) INTO $upstream",
        "FROM /messages/* WHERE a = ' INTO ' AND b = \"x\\\" INTO \" INTO $upstream",
        "FROM /messages/* WHERE (a = 'x')INTO $upstream",
        "FROM /messages/* WHERE a = 'x'INTO $upstream",
        "FROM /twinChangeNotifications INTO $upstream",
    };

    (void)state;
    for (size_t i = 0; i < array_length(good); i++) {
        cleanup_error struct error error = {NULL};

        if (route_check(good[i], &error) < 0)
            fail_msg("%s: %s", good[i], error_message(&error));
    }
}

static void test_routes_that_would_break_edge_hub(void **state)
{
#define SINK  "a sink is expected: $upstream or BrokeredEndpoint(\"/modules/<module>/inputs/<input>\")"
#define INPUT "must be \"/modules/<module>/inputs/<input>\""
    static const struct {
        const char *route;
        const char *sentence;
    } bad[] = {
        {"", "ends too early: FROM is expected, as in FROM /messages/* INTO $upstream"},
        {"INTO $upstream", "at \"INTO $upstream\": FROM is expected, as in FROM /messages/* INTO $upstream"},
        {"SELECT a FROM /* INTO $upstream", "at \"a FROM /* INTO $upstream\": only SELECT * can be written"},
        {"FROM messages INTO $upstream", "at \"messages INTO $upstream\": a source is expected, such as /* or "
                                         "/messages/modules/<module>/outputs/<output>"},
        {"FROM /messages/ INTO $upstream",
         "at \"/messages/ INTO $upstream\": a source does not end in /; write /* for all below it"},
        {"FROM //messages INTO $upstream", "at \"//messages INTO $upstream\": a part of the source is empty"},
        {"FROM /messages/*", "ends too early: INTO is expected behind the source and its condition"},
        {"FROM /messages/* INTO$upstream",
         "at \"INTO$upstream\": INTO is expected behind the source and its condition"},
        {"FROM /messages/* WHERE INTO $upstream", "at \"INTO $upstream\": a condition is expected behind WHERE"},
        {"FROM /messages/* WHERE a = 'x", "at \"'x\": this string has no end"},
        {"FROM /messages/* WHERE a = 'x'", "ends too early: INTO is expected behind the source and its condition"},
        {"FROM /messages/* INTO", "ends too early: " SINK},
        {"FROM /messages/* INTO upstream", "at \"upstream\": " SINK},
        {"FROM /messages/* INTO BrokeredEndpoint", "ends too early: " SINK},
        {"FROM /messages/* INTO BrokeredEndpoint(x)", "at \"x)\": BrokeredEndpoint takes one string: $upstream or "
                                                      "BrokeredEndpoint(\"/modules/<module>/inputs/<input>\")"},
        {"FROM /messages/* INTO BrokeredEndpoint(\"/modules/b/inputs/i\"",
         "ends too early: the closing parenthesis of BrokeredEndpoint is expected"},
        {"FROM /messages/* INTO BrokeredEndpoint(\"\")", "at \"\"\")\": " INPUT},
        {"FROM /messages/* INTO BrokeredEndpoint(\"/modules/b/inputs\")", "at \"\"/modules/b/inputs\")\": " INPUT},
        {"FROM /messages/* INTO BrokeredEndpoint(\"/modules//inputs/i\")", "at \"\"/modules//inputs/i\")\": " INPUT},
        {"FROM /messages/* INTO BrokeredEndpoint(\"/modules/b/inputs/i/j\")",
         "at \"\"/modules/b/inputs/i/j\")\": " INPUT},
        {"FROM /messages/* INTO BrokeredEndpoint(\"/module/b/input/i\")", "at \"\"/module/b/input/i\")\": " INPUT},
        {"FROM /messages/* INTO $upstream WHERE a = 'x'",
         "at \"WHERE a = 'x'\": the device ignores what stands behind the sink; a WHERE stands before INTO"},
        {"FROM /messages/* INTO $upstream;",
         "at \";\": the device ignores what stands behind the sink; a WHERE stands before INTO"},
        {"FROM /messages/modules/*/outputs/x INTO $upstream",
         "*/ ends a comment that /* began, so that a part is lost; * can only end a source"},
    };

    (void)state;
    for (size_t i = 0; i < array_length(bad); i++) {
        cleanup_error struct error error = {NULL};

        if (route_check(bad[i].route, &error) == 0)
            fail_msg("%s was accepted", bad[i].route);
        assert_string_equal(error_message(&error), bad[i].sentence);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes_that_edge_hub_reads),
        cmocka_unit_test(test_routes_that_would_break_edge_hub),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
