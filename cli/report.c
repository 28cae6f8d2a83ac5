#include "cli/report.h"

#include "common/cleanup.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BOLD   "\033[1m"
#define RED    "\033[31m"
#define YELLOW "\033[33m"
#define PLAIN  "\033[0m"

#define SARIF_SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"
#define WARNING_RULE "Warning"

bool report_wants_colors(FILE *file)
{
    const char *no = getenv("NO_COLOR");
    int fd = fileno(file);

    return fd >= 0 && isatty(fd) && !(no && *no);
}

static void begin_sarif(struct json_writer *writer)
{
    json_begin_object(writer);
    json_member_string(writer, "$schema", SARIF_SCHEMA);
    json_member_string(writer, "version", "2.1.0");
    json_name(writer, "runs");
    json_begin_array(writer);
    json_begin_object(writer);
    json_name(writer, "tool");
    json_begin_object(writer);
    json_name(writer, "driver");
    json_begin_object(writer);
    json_member_string(writer, "name", "kubectl-iotedge");
    json_member_string(writer, "version", VERSION);
    json_end_object(writer);
    json_end_object(writer);
    json_name(writer, "results");
    json_begin_array(writer);
}

void report_begin(struct report *report, enum output output, FILE *out, FILE *err)
{
    *report = (struct report){.output = output, .out = out, .err = err};
    report->out_colors = report_wants_colors(out);
    report->err_colors = report_wants_colors(err);
    report->writer.out = &report->json;
    if (output == OUTPUT_SARIF) {
        begin_sarif(&report->writer);
    } else if (output == OUTPUT_JSON) {
        json_begin_object(&report->writer);
        json_name(&report->writer, "findings");
        json_begin_array(&report->writer);
    }
}

static void add_json(struct report *report, const struct document *document, const struct field_error *error,
                     const char *level, const char *message)
{
    struct json_writer *writer = &report->writer;

    json_begin_object(writer);
    json_member_string(writer, "file", document->file);
    json_member_string(writer, "kind", document_kind(document));
    json_member_string(writer, "namespace", document_namespace(document));
    json_member_string(writer, "name", document_name(document));
    json_member_string(writer, "level", level);
    if (error) {
        json_member_string(writer, "reason", field_error_reason(error->type));
        json_member_string(writer, "field", error->field);
    }
    json_member_string(writer, "message", message);
    json_end_object(writer);
}

/* The place in the file is not known, the place in the object is. */
static void add_sarif(struct report *report, const struct document *document, const struct field_error *error,
                      const char *level, const char *message)
{
    struct json_writer *writer = &report->writer;
    cleanup_strbuf struct strbuf name = STRBUF_INIT;
    cleanup_strbuf struct strbuf text = STRBUF_INIT;

    strbuf_add_format(&text, "%s%s%s", error ? error->field : "", error ? ": " : "", message);
    strbuf_add_format(&name, "%s/%s", document_kind(document), document_name(document));
    if (error)
        strbuf_add_format(&name, ": %s", error->field);
    report->failed |= name.failed || text.failed;
    json_begin_object(writer);
    json_member_string(writer, "ruleId", error ? field_error_reason(error->type) : WARNING_RULE);
    json_member_string(writer, "level", level);
    json_name(writer, "message");
    json_begin_object(writer);
    json_member_string(writer, "text", strbuf_string(&text));
    json_end_object(writer);
    json_name(writer, "locations");
    json_begin_array(writer);
    json_begin_object(writer);
    json_name(writer, "physicalLocation");
    json_begin_object(writer);
    json_name(writer, "artifactLocation");
    json_begin_object(writer);
    json_member_string(writer, "uri", document->file);
    json_end_object(writer);
    json_end_object(writer);
    json_name(writer, "logicalLocations");
    json_begin_array(writer);
    json_begin_object(writer);
    json_member_string(writer, "fullyQualifiedName", strbuf_string(&name));
    json_end_object(writer);
    json_end_array(writer);
    json_end_object(writer);
    json_end_array(writer);
    json_end_object(writer);
}

static void print_place(const struct document *document, FILE *file, bool colors)
{
    fprintf(file, "%s%s: %s/%s:%s ", colors ? BOLD : "", document->file, document_kind(document),
            document_name(document), colors ? PLAIN : "");
}

static void print_error(const struct report *report, const struct document *document, const struct field_error *error)
{
    print_place(document, report->out, report->out_colors);
    fprintf(report->out, "%s%s:%s %s\n", report->out_colors ? RED : "", error->field, report->out_colors ? PLAIN : "",
            error->message);
}

static void print_warning(const struct report *report, const struct document *document, const struct field_error *error,
                          const char *message)
{
    print_place(document, report->err, report->err_colors);
    fprintf(report->err, "%swarning:%s %s%s%s\n", report->err_colors ? YELLOW : "", report->err_colors ? PLAIN : "",
            error ? error->field : "", error ? ": " : "", message);
}

void report_error(struct report *report, const struct document *document, const struct field_error *error)
{
    report->errors++;
    if (report->output == OUTPUT_JSON)
        add_json(report, document, error, "error", error->message);
    else if (report->output == OUTPUT_SARIF)
        add_sarif(report, document, error, "error", error->message);
    else
        print_error(report, document, error);
}

static void add_warning(struct report *report, const struct document *document, const struct field_error *error,
                        const char *message)
{
    report->warnings++;
    if (report->output == OUTPUT_JSON)
        add_json(report, document, error, "warning", message);
    else if (report->output == OUTPUT_SARIF)
        add_sarif(report, document, error, "warning", message);
    else
        print_warning(report, document, error, message);
}

void report_warning(struct report *report, const struct document *document, const char *warning)
{
    add_warning(report, document, NULL, warning);
}

void report_findings(struct report *report, const struct document *document, const struct findings *findings,
                     bool as_warnings)
{
    for (size_t i = 0; i < findings->error_count; i++) {
        if (as_warnings)
            add_warning(report, document, &findings->errors[i], findings->errors[i].message);
        else
            report_error(report, document, &findings->errors[i]);
    }
    report_warnings(report, document, findings);
}

void report_warnings(struct report *report, const struct document *document, const struct findings *findings)
{
    for (size_t i = 0; i < findings->warning_count; i++)
        report_warning(report, document, findings->warnings[i]);
    report->failed |= findings->failed;
}

void report_lines(const struct report *report, const char *lines)
{
    while (report->output == OUTPUT_TEXT && *lines) {
        size_t length = strcspn(lines, "\n");

        fprintf(report->out, "    %.*s\n", (int)length, lines);
        lines += length + (lines[length] != '\0');
    }
}

static void print_whole(struct report *report)
{
    struct json_writer *writer = &report->writer;

    json_end_array(writer);
    if (report->output == OUTPUT_SARIF) {
        json_end_object(writer);
        json_end_array(writer);
    } else {
        json_member_int(writer, "errors", (int64_t)report->errors);
        json_member_int(writer, "warnings", (int64_t)report->warnings);
    }
    json_end_object(writer);
    fprintf(report->out, "%s\n", strbuf_string(&report->json));
}

enum cli_exit report_end(struct report *report)
{
    bool errors = report->errors > 0;

    if (report->output != OUTPUT_TEXT)
        print_whole(report);
    report->failed |= report->json.failed;
    if (report->failed)
        fprintf(report->err, "kubectl-iotedge: memory ran out; the findings are not complete\n");
    strbuf_release(&report->json);
    return report->failed ? CLI_FAILURE : errors ? CLI_FINDINGS : CLI_OK;
}
