#include "translate/field_error.h"

#include "common/cleanup.h"
#include "common/strbuf.h"
#include "translate/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VALUE      120
#define MAX_DETAIL     600
#define MAX_WARNING    120
#define WARNING_BUFFER 512
#define FIRST_CAPACITY 8
#define MORE_ERRORS    "there are more findings than are listed here"
#define MORE_WARNINGS  "there are more warnings than are listed here"

static const struct {
    const char *reason;
    const char *title;
} types[] = {
    [FIELD_REQUIRED] = {"FieldValueRequired", "Required value"},
    [FIELD_INVALID] = {"FieldValueInvalid", "Invalid value"},
    [FIELD_NOT_SUPPORTED] = {"FieldValueNotSupported", "Unsupported value"},
    [FIELD_FORBIDDEN] = {"FieldValueForbidden", "Forbidden"},
    [FIELD_DUPLICATE] = {"FieldValueDuplicate", "Duplicate value"},
    [FIELD_TOO_LONG] = {"FieldValueTooLong", "Too long"},
};

void findings_release(struct findings *findings)
{
    for (size_t i = 0; i < findings->error_count; i++) {
        free(findings->errors[i].field);
        free(findings->errors[i].message);
    }
    for (size_t i = 0; i < findings->warning_count; i++)
        free(findings->warnings[i]);
    free(findings->errors);
    free(findings->warnings);
    *findings = (struct findings)FINDINGS_INIT;
}

const char *field_error_reason(enum field_error_type type)
{
    return types[type].reason;
}

const char *field_path(char path[FIELD_PATH_SIZE], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (vsnprintf(path, FIELD_PATH_SIZE, format, arguments) < 0)
        path[0] = '\0';
    va_end(arguments);
    return path;
}

/* The list has room for a power of two, so that the count alone tells when it is full. */
static bool make_room(void **list, size_t count, size_t item_size)
{
    void *grown;

    if (count && (count < FIRST_CAPACITY || (count & (count - 1))))
        return true;
    grown = realloc(*list, (count ? count * 2 : FIRST_CAPACITY) * item_size);
    if (!grown)
        return false;
    *list = grown;
    return true;
}

static void append_error(struct findings *findings, enum field_error_type type, char *field, char *message)
{
    if (!field || !message ||
        !make_room((void **)&findings->errors, findings->error_count, sizeof(*findings->errors))) {
        free(field);
        free(message);
        findings->failed = 1;
        return;
    }
    findings->errors[findings->error_count++] = (struct field_error){type, field, message};
}

void findings_add_error(struct findings *findings, enum field_error_type type, const char *field, const char *value,
                        const char *format, ...)
{
    cleanup_strbuf struct strbuf place = STRBUF_INIT;
    cleanup_strbuf struct strbuf detail = STRBUF_INIT;
    cleanup_strbuf struct strbuf message = STRBUF_INIT;
    bool last = findings->error_count == FINDINGS_MAX_ERRORS - 1;
    va_list arguments;

    if (findings->error_count >= FINDINGS_MAX_ERRORS)
        return;
    text_add_excerpt(&place, field, FIELD_PATH_SIZE);
    va_start(arguments, format);
    if (last)
        strbuf_add_string(&detail, MORE_ERRORS);
    else
        strbuf_add_vformat(&detail, format, arguments);
    va_end(arguments);

    strbuf_add_string(&message, types[type].title);
    if (value) {
        strbuf_add_string(&message, ": ");
        text_add_quoted(&message, value, MAX_VALUE);
    }
    if (detail.length) {
        strbuf_add_string(&message, ": ");
        text_add_excerpt(&message, strbuf_string(&detail), MAX_DETAIL);
    }
    if (detail.failed)
        findings->failed = 1;
    append_error(findings, type, strbuf_steal(&place), strbuf_steal(&message));
}

void findings_add_warning(struct findings *findings, const char *format, ...)
{
    char text[WARNING_BUFFER];
    char clean[WARNING_BUFFER];
    char *copy;
    va_list arguments;

    if (findings->warning_count >= FINDINGS_MAX_WARNINGS)
        return;
    va_start(arguments, format);
    if (vsnprintf(text, sizeof(text), format, arguments) < 0)
        text[0] = '\0';
    va_end(arguments);

    text_copy_excerpt(clean, sizeof(clean), findings->warning_count == FINDINGS_MAX_WARNINGS - 1 ? MORE_WARNINGS : text,
                      MAX_WARNING);
    copy = strdup(clean);
    if (!copy || !make_room((void **)&findings->warnings, findings->warning_count, sizeof(*findings->warnings))) {
        free(copy);
        findings->failed = 1;
        return;
    }
    findings->warnings[findings->warning_count++] = copy;
}

bool findings_is_full(const struct findings *findings)
{
    return findings && findings->error_count >= FINDINGS_MAX_ERRORS;
}

void findings_keep_warnings(struct findings *findings, size_t count)
{
    while (findings->warning_count > count)
        free(findings->warnings[--findings->warning_count]);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* containers[2] before containers[10]. */
static int compare_paths(const char *a, const char *b)
{
    while (*a && *b) {
        if (is_digit(*a) && is_digit(*b)) {
            char *a_end, *b_end;
            unsigned long a_number = strtoul(a, &a_end, 10), b_number = strtoul(b, &b_end, 10);

            if (a_number != b_number)
                return a_number < b_number ? -1 : 1;
            a = a_end;
            b = b_end;
        } else if (*a != *b) {
            break;
        } else {
            a++;
            b++;
        }
    }
    return (unsigned char)*a - (unsigned char)*b;
}

/* There are few, and they are nearly sorted. */
void findings_sort(struct findings *findings)
{
    for (size_t i = 1; i < findings->error_count; i++) {
        struct field_error moved = findings->errors[i];
        size_t k = i;

        for (; k > 0 && compare_paths(findings->errors[k - 1].field, moved.field) > 0; k--)
            findings->errors[k] = findings->errors[k - 1];
        findings->errors[k] = moved;
    }
}

char *findings_summary(const struct findings *findings)
{
    cleanup_strbuf struct strbuf summary = STRBUF_INIT;
    bool list = findings->error_count > 1;

    if (list)
        strbuf_add_char(&summary, '[');
    for (size_t i = 0; i < findings->error_count; i++) {
        if (i)
            strbuf_add_string(&summary, ", ");
        strbuf_add_string(&summary, findings->errors[i].field);
        strbuf_add_string(&summary, ": ");
        strbuf_add_string(&summary, findings->errors[i].message);
    }
    if (list)
        strbuf_add_char(&summary, ']');
    return strbuf_steal(&summary);
}
