#include "cli/commands.h"
#include "cli/report.h"
#include "common/cleanup.h"
#include "translate/reference_table.h"

#define MAX_FOUND 8
#define BOLD      "\033[1m"
#define PLAIN     "\033[0m"

static void print_line(FILE *out, const char *title, const char *text)
{
    if (*text)
        fprintf(out, "  %-12s %s\n", title, text);
}

static void print_entry(FILE *out, const struct reference_entry *entry)
{
    bool colors = report_wants_colors(out);

    fprintf(out, "%s%s%s (%s)\n", colors ? BOLD : "", entry->key, colors ? PLAIN : "",
            reference_group_title(entry->group));
    print_line(out, "values", entry->values);
    print_line(out, "default", entry->otherwise);
    print_line(out, "translation", entry->translation);
}

enum cli_exit explain_command(const struct options *options, FILE *out, FILE *err)
{
    cleanup_strbuf struct strbuf page = STRBUF_INIT;
    enum cli_exit result = CLI_OK;

    if (options->all) {
        reference_add_page(&page);
        fputs(strbuf_string(&page), out);
        return page.failed ? CLI_FAILURE : CLI_OK;
    }
    for (size_t i = 0; i < options->name_count; i++) {
        const struct reference_entry *found[MAX_FOUND];
        size_t count = reference_find(options->names[i], found, MAX_FOUND);

        for (size_t k = 0; k < count; k++)
            print_entry(out, found[k]);
        if (count)
            continue;
        fprintf(err, "kubectl-iotedge: nothing is known of %s; kubectl iotedge explain --all lists what is\n",
                options->names[i]);
        result = CLI_FAILURE;
    }
    return result;
}
