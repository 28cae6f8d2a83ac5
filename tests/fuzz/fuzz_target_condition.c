/* Any text as a target condition: taken, or refused with a sentence. What is taken can stand in parentheses. */
#include "common/cleanup.h"
#include "common/strbuf.h"
#include "tests/fuzz/fuzz_findings.h"
#include "translate/target_condition.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(const char *text)
{
    cleanup_strbuf struct strbuf inside = STRBUF_INIT;
    cleanup_error struct error error = {NULL};

    strbuf_add_format(&inside, "deviceId='x' OR NOT (%s\n)", text);
    if (target_condition_check(strbuf_string(&inside), &error) < 0 &&
        !strstr(error_message(&error), "within each other"))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_free char *text = strndup((const char *)data, size);
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_error struct error error = {NULL};

    if (target_condition_check(text, &error) < 0) {
        if (!error.message)
            abort();
        return 0;
    }
    target_condition_warn(text, &findings);
    if (findings.error_count)
        abort();
    fuzz_check_findings(&findings);
    if (text[strspn(text, " \t\r\n")] != '*')
        check_inside(text);
    return 0;
}
