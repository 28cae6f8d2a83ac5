/* Findings about an object, each with the field it is about, in the form of Kubernetes' own validation. */
#ifndef TRANSLATE_FIELD_ERROR_H
#define TRANSLATE_FIELD_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* Names and texts as in k8s.io/apimachinery/pkg/util/validation/field: the reason goes into details.causes. */
enum field_error_type {
    FIELD_REQUIRED,      /* FieldValueRequired      "Required value: <detail>" */
    FIELD_INVALID,       /* FieldValueInvalid       "Invalid value: <value>: <detail>" */
    FIELD_NOT_SUPPORTED, /* FieldValueNotSupported  "Unsupported value: <value>: <detail>" */
    FIELD_FORBIDDEN,     /* FieldValueForbidden     "Forbidden: <detail>" */
    FIELD_DUPLICATE,     /* FieldValueDuplicate     "Duplicate value: <value>" */
    FIELD_TOO_LONG,      /* FieldValueTooLong       "Too long: <detail>" */
    FIELD_ERROR_TYPES
};

struct field_error {
    enum field_error_type type;
    char *field;   /* spec.template.metadata.annotations[targetCondition] */
    char *message; /* Invalid value: "x": what is allowed */
};

struct findings {
    struct field_error *errors;
    size_t error_count;
    char **warnings; /* each at most 120 characters, without control characters */
    size_t warning_count;
    int failed; /* memory ran out: the list is not complete */
};

#define FINDINGS_INIT                                                                                                  \
    {                                                                                                                  \
        NULL, 0, NULL, 0, 0                                                                                            \
    }

void findings_release(struct findings *findings);

#define cleanup_findings __attribute__((cleanup(findings_release)))

/* Where the lists end: the last entry then says that there is more. */
#define FINDINGS_MAX_ERRORS   100
#define FINDINGS_MAX_WARNINGS 32

/* value is the offending value as text and is shown quoted; NULL where the type has none. Both are cut when long. An
 * empty detail is left out. The lists are bounded: after 100 errors or 32 warnings the last one says that there are
 * more. */
void findings_add_error(struct findings *findings, enum field_error_type type, const char *field, const char *value,
                        const char *format, ...) __attribute__((format(printf, 5, 6)));
void findings_add_warning(struct findings *findings, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether no more errors are listed: then there is no use in looking for any. findings may be NULL. */
bool findings_is_full(const struct findings *findings);

/* Forgets the warnings behind the first count. */
void findings_keep_warnings(struct findings *findings, size_t count);

/* Puts the errors in the order of their paths, indexes by number; those of one path stay as they came. */
void findings_sort(struct findings *findings);

/* A path such as "spec.template.spec.containers[2].image", written into the caller's buffer and returned; cut when
 * long. */
#define FIELD_PATH_SIZE 256
const char *field_path(char path[FIELD_PATH_SIZE], const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "FieldValueInvalid" and so on. */
const char *field_error_reason(enum field_error_type type);

/* "<field>: <message>" of every error, joined as Kubernetes joins them: alone, or "[a, b]". For the caller to free. */
char *findings_summary(const struct findings *findings);

#endif
