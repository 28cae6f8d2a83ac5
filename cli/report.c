#include "cli/report.h"

void report_error(const struct document *document, const struct field_error *error, FILE *out)
{
    fprintf(out, "%s: %s/%s: %s: %s\n", document->file, document_kind(document), document_name(document), error->field,
            error->message);
}

void report_warning(const struct document *document, const char *warning, FILE *err)
{
    fprintf(err, "%s: %s/%s: warning: %s\n", document->file, document_kind(document), document_name(document), warning);
}

size_t report_findings(const struct document *document, const struct findings *findings, FILE *out, FILE *err)
{
    for (size_t i = 0; i < findings->error_count; i++)
        report_error(document, &findings->errors[i], out);
    for (size_t i = 0; i < findings->warning_count; i++)
        report_warning(document, findings->warnings[i], err);
    return findings->error_count;
}

void report_as_warnings(const struct document *document, const struct findings *findings, FILE *err)
{
    for (size_t i = 0; i < findings->error_count; i++)
        fprintf(err, "%s: %s/%s: warning: %s: %s\n", document->file, document_kind(document), document_name(document),
                findings->errors[i].field, findings->errors[i].message);
    for (size_t i = 0; i < findings->warning_count; i++)
        report_warning(document, findings->warnings[i], err);
}
