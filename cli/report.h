/* Findings for people and for machines: as lines `<file>: <kind>/<name>: <field>: <message>`, as compilers print
 * theirs, as JSON, or as SARIF 2.1.0, which code hosts show beside the lines. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "cli/cli.h"
#include "cli/documents.h"
#include "cli/options.h"
#include "common/json_writer.h"
#include "translate/field_error.h"

#include <stdbool.h>
#include <stdio.h>

struct report {
    enum output output;
    FILE *out; /* errors as text, and everything for machines */
    FILE *err; /* warnings as text */
    bool out_colors, err_colors;
    struct strbuf json;
    struct json_writer writer;
    size_t errors, warnings;
    bool failed; /* memory ran out: the findings are not complete */
};

/* Colours are for terminals, and for those who have not asked for none (NO_COLOR). */
bool report_wants_colors(FILE *file);

void report_begin(struct report *report, enum output output, FILE *out, FILE *err);

void report_error(struct report *report, const struct document *document, const struct field_error *error);
void report_warning(struct report *report, const struct document *document, const char *warning);

/* All of them; with as_warnings the errors too are warnings: for what the webhook would let pass. */
void report_findings(struct report *report, const struct document *document, const struct findings *findings,
                     bool as_warnings);

/* The warnings alone. */
void report_warnings(struct report *report, const struct document *document, const struct findings *findings);

/* What shows the finding before it, for people: lines, which are indented. */
void report_lines(const struct report *report, const char *lines);

/* Prints what is printed as a whole, and releases the report. Returns the program's exit. */
enum cli_exit report_end(struct report *report);

#endif
