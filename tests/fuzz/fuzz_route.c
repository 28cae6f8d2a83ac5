/* Any text as a route: taken, or refused with a place in it. A route that is taken ends where the text ends. */
#include "common/cleanup.h"
#include "tests/fuzz/fuzz_findings.h"
#include "translate/route.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_refused(const char *text, const struct route_position *position, const struct error *error)
{
    cleanup_strbuf struct strbuf shown = STRBUF_INIT;

    if (!error->message || position->offset > strlen(text) || !position->line || !position->column)
        abort();
    route_add_caret(&shown, text, position);
    if (!shown.length || shown.data[shown.length - 1] != '\n' || shown.data[shown.length - 2] != '^')
        abort();
}

static void check_taken(const char *text, const struct route *route)
{
    cleanup_strbuf struct strbuf longer = STRBUF_INIT;

    if (!route->source || *route->source != '/' || (route->module == NULL) != (route->input == NULL))
        abort();
    strbuf_add_format(&longer, "%s WHERE a = 'x'", text);
    if (route_check(strbuf_string(&longer), NULL) == 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_free char *text = strndup((const char *)data, size);
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_route struct route route = ROUTE_INIT;
    cleanup_error struct error error = {NULL};
    struct route_position position = {0};

    if (route_read(text, "route up", &route, &position, &findings, &error) < 0)
        check_refused(text, &position, &error);
    else
        check_taken(text, &route);
    fuzz_check_findings(&findings);
    return 0;
}
