/* Cases as data: a JSON array in tests/unit/cases. Run from the project's root. */
#ifndef TESTS_UNIT_CASE_FILE_H
#define TESTS_UNIT_CASE_FILE_H

#include "common/file.h"
#include "tests/unit/translate_objects.h"

#define CASES     "tests/unit/cases/"
#define CASES_MAX (8 * 1024 * 1024)

static inline cJSON *case_file_read(const char *name)
{
    cleanup_error struct error error = {NULL};
    cleanup_free char *text = NULL;
    char path[256];
    size_t length;
    cJSON *cases = NULL;

    (void)snprintf(path, sizeof(path), CASES "%s", name);
    if (file_read(path, CASES_MAX, &text, &length, &error) < 0 || json_parse(text, length, &cases, &error) < 0)
        fail_msg("%s: %s", path, error_message(&error));
    assert_true(cJSON_IsArray(cases) && cases->child);
    return cases;
}

/* The warnings are these, in this order; expected may be NULL. */
static inline void case_assert_warnings(const struct findings *findings, const cJSON *expected, const char *what)
{
    const cJSON *item = expected ? expected->child : NULL;

    for (size_t i = 0; i < findings->warning_count; i++, item = item->next) {
        if (!item)
            fail_msg("%s: not expected: %s", what, findings->warnings[i]);
        if (strcmp(findings->warnings[i], item->valuestring) != 0)
            fail_msg("%s: %s\nis not %s", what, findings->warnings[i], item->valuestring);
    }
    if (item)
        fail_msg("%s: missing: %s", what, item->valuestring);
}

#endif
