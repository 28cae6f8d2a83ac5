/* Any text as create options: what is taken is judged, and the device joins the pieces to the same text. */
#include "common/cleanup.h"
#include "common/json.h"
#include "tests/fuzz/fuzz_findings.h"
#include "translate/create_options.h"
#include "translate/create_options_check.h"
#include "translate/create_options_join.h"
#include "translate/host_ports.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_pieces(const char *minified)
{
    cleanup_strbuf struct strbuf written = STRBUF_INIT;
    struct json_writer writer = {.out = &written};
    cleanup_json cJSON *settings = NULL;
    cleanup_free char *joined = NULL;
    const cJSON *piece;

    json_begin_object(&writer);
    create_options_write(&writer, minified);
    json_end_object(&writer);
    if (json_parse(written.data, written.length, &settings, NULL) < 0 ||
        create_options_join(settings, &joined, NULL) < 0 || strcmp(joined, minified) != 0)
        abort();
    cJSON_ArrayForEach(piece, settings)
    {
        if (strlen(piece->valuestring) > CREATE_OPTIONS_PIECE)
            abort();
    }
}

static void check_ports(const char *minified)
{
    const struct host_ports_module modules[] = {{"a", minified, "field"}, {"b", minified, "field"}};
    cleanup_findings struct findings findings = FINDINGS_INIT;

    host_ports_check(modules, array_length(modules), &findings);
    fuzz_check_findings(&findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_free char *text = strndup((const char *)data, size);
    cleanup_free char *minified = NULL;
    cleanup_error struct error error = {NULL};
    cleanup_findings struct findings written = FINDINGS_INIT;
    cleanup_findings struct findings stored = FINDINGS_INIT;

    if (create_options_minify(text, &minified, &error) < 0) {
        if (!error.message || minified)
            abort();
        return 0;
    }
    create_options_check(minified, "data[createOptions]", CREATE_OPTIONS_WRITTEN, &written);
    create_options_check(minified, "data[createOptions]", CREATE_OPTIONS_STORED, &stored);
    fuzz_check_findings(&written);
    fuzz_check_findings(&stored);
    if (stored.error_count > written.error_count && stored.error_count < FUZZ_MAX_ERRORS && !written.error_count)
        abort();
    check_pieces(minified);
    check_ports(minified);
    return 0;
}
