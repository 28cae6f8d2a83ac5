/* Findings as lines: `<file>: <kind>/<name>: <field>: <message>`, as compilers print theirs. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "cli/documents.h"
#include "translate/field_error.h"

#include <stdio.h>

void report_error(const struct document *document, const struct field_error *error, FILE *out);
void report_warning(const struct document *document, const char *warning, FILE *err);

/* Errors go to out, warnings to err. Returns how many errors there were. */
size_t report_findings(const struct document *document, const struct findings *findings, FILE *out, FILE *err);

/* The same, with the errors as warnings: for what the webhook would let pass. */
void report_as_warnings(const struct document *document, const struct findings *findings, FILE *err);

#endif
