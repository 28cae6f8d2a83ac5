/* What must hold of findings, whatever was judged. */
#ifndef TESTS_FUZZ_FINDINGS_H
#define TESTS_FUZZ_FINDINGS_H

#include "common/unicode.h"
#include "translate/field_error.h"

#include <stdlib.h>
#include <string.h>

#define FUZZ_MAX_ERRORS   100
#define FUZZ_MAX_WARNINGS 32
#define FUZZ_MAX_WARNING  120

static inline size_t fuzz_characters(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

/* One line of valid UTF-8. */
static inline void fuzz_check_line(const char *text)
{
    if (!*text || !unicode_is_utf8(text, strlen(text)))
        abort();
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            abort();
    }
}

static inline void fuzz_check_findings(const struct findings *findings)
{
    if (findings->failed || findings->error_count > FUZZ_MAX_ERRORS || findings->warning_count > FUZZ_MAX_WARNINGS)
        abort();
    for (size_t i = 0; i < findings->error_count; i++) {
        fuzz_check_line(findings->errors[i].field);
        fuzz_check_line(findings->errors[i].message);
    }
    for (size_t i = 0; i < findings->warning_count; i++) {
        fuzz_check_line(findings->warnings[i]);
        if (fuzz_characters(findings->warnings[i]) > FUZZ_MAX_WARNING)
            abort();
    }
}

#endif
