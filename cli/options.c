#include "cli/options.h"

#include "common/cleanup.h"
#include "common/strbuf.h"

#include <stdlib.h>
#include <string.h>

#define SEE_HELP "; see kubectl iotedge --help"

/* Commands that have an option. */
#define OF(command)     (1u << (command))
#define OF_FILES        (OF(COMMAND_VALIDATE) | OF(COMMAND_TRANSLATE) | OF(COMMAND_DIFF))
#define OF_CLUSTER      (OF(COMMAND_STATUS) | OF(COMMAND_DIFF) | OF(COMMAND_ORPHANS) | OF(COMMAND_ADOPT))
#define OF_CONNECTOR    (OF(COMMAND_STATUS) | OF(COMMAND_DIFF))
#define OF_HUB          (OF(COMMAND_ORPHANS) | OF(COMMAND_ADOPT))
#define OF_OUTPUT       (OF(COMMAND_VALIDATE) | OF_CONNECTOR | OF(COMMAND_ORPHANS))
#define NAMED_BY_OPTION "--filename"

static const struct command_word {
    const char *word;
    enum command command;
} command_words[] = {
    {"validate", COMMAND_VALIDATE}, {"translate", COMMAND_TRANSLATE}, {"diff", COMMAND_DIFF},
    {"explain", COMMAND_EXPLAIN},   {"status", COMMAND_STATUS},       {"orphans", COMMAND_ORPHANS},
    {"adopt", COMMAND_ADOPT},       {"help", COMMAND_HELP},           {"--help", COMMAND_HELP},
    {"-h", COMMAND_HELP},           {"version", COMMAND_VERSION},     {"--version", COMMAND_VERSION},
};

/* An option, and where its value goes: a text, or a flag. */
struct option_spec {
    const char *name, *short_name; /* short_name may be NULL */
    unsigned commands;
    const char **value;
    bool *flag;
};

void options_release(struct options *options)
{
    free(options->files);
    free(options->names);
    *options = (struct options)OPTIONS_INIT;
}

static const char *command_word(enum command command)
{
    for (size_t i = 0; i < array_length(command_words); i++)
        if (command_words[i].command == command)
            return command_words[i].word;
    return "";
}

static int parse_command(const char *word, struct options *options, struct error *error)
{
    for (size_t i = 0; i < array_length(command_words); i++) {
        if (strcmp(word, command_words[i].word) == 0) {
            options->command = command_words[i].command;
            return 0;
        }
    }
    return error_set(error,
                     "there is no command %s; there are validate, translate, diff, explain, status, orphans and "
                     "adopt" SEE_HELP,
                     word);
}

/* --- values ----------------------------------------------------------------------------------- */

/* What stands behind the option's name in the word: "" for the name alone, "=value"; NULL: it is another word. */
static const char *behind_name(const char *word, const struct option_spec *spec)
{
    size_t length = strlen(spec->name);

    if (strncmp(word, spec->name, length) == 0 && (!word[length] || word[length] == '='))
        return word + length;
    if (spec->short_name && strcmp(word, spec->short_name) == 0)
        return word + strlen(word);
    return NULL;
}

/* Takes `--name value` and `--name=value`, and flags. Returns how many words it took, 0 when the word is no such
 * option. */
static int take_value(char *const *words, int left, const struct option_spec *spec, struct error *error)
{
    const char *behind = behind_name(words[0], spec);

    if (!behind)
        return 0;
    if (spec->flag && *behind)
        return error_set(error, "%s takes no value", spec->name);
    if (spec->flag) {
        *spec->flag = true;
        return 1;
    }
    if (*behind) {
        *spec->value = behind + 1;
        return 1;
    }
    if (left < 2)
        return error_set(error,
                         strcmp(spec->name, NAMED_BY_OPTION) == 0 ? "%s needs a file, or - for the standard input"
                                                                  : "%s needs a value",
                         words[0]);
    *spec->value = words[1];
    return 2;
}

static int take_output(const char *name, struct options *options, struct error *error)
{
    static const char *const names[] = {[OUTPUT_TEXT] = "text", [OUTPUT_JSON] = "json", [OUTPUT_SARIF] = "sarif"};
    size_t count = options->command == COMMAND_VALIDATE ? array_length(names) : OUTPUT_SARIF;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, names[i]) == 0) {
            options->output = (enum output)i;
            return 0;
        }
    }
    return error_set(error, "there is no output %s; there are %s", name,
                     options->command == COMMAND_VALIDATE ? "text, json and sarif" : "text and json");
}

/* Tells which there are. */
static int unknown_option(const char *word, const struct options *options, const struct option_spec *specs,
                          size_t count, struct error *error)
{
    cleanup_strbuf struct strbuf names = STRBUF_INIT;

    for (size_t i = 0; i < count; i++)
        if (specs[i].commands & OF(options->command))
            strbuf_add_format(&names, "%s%s", names.length ? ", " : "", specs[i].name);
    return error_set(error, "unknown option %s; %s has %s" SEE_HELP, word, command_word(options->command),
                     strbuf_string(&names));
}

static int take_option(char *const *words, int left, struct options *options, struct error *error)
{
    const char *output = NULL, *file = NULL;
    const struct option_spec specs[] = {
        {NAMED_BY_OPTION, "-f", OF_FILES, &file, NULL},
        {"--output", "-o", OF_OUTPUT, &output, NULL},
        {"--hub-config", NULL, OF_FILES, &options->hub_config, NULL},
        {"--hub", NULL, OF_FILES | OF_HUB, &options->hub, NULL},
        {"--edge-agent-image", NULL, OF_FILES, &options->edge_agent_image, NULL},
        {"--edge-hub-image", NULL, OF_FILES, &options->edge_hub_image, NULL},
        {"--namespace", "-n", OF_CLUSTER, &options->namespace, NULL},
        {"--all-namespaces", "-A", OF_CONNECTOR, NULL, &options->all_namespaces},
        {"--connector", NULL, OF_CONNECTOR, &options->connector, NULL},
        {"--kubeconfig", NULL, OF_CLUSTER, &options->kubeconfig, NULL},
        {"--context", NULL, OF_CLUSTER, &options->context, NULL},
        {"--server", "-s", OF_CLUSTER, &options->server, NULL},
        {"--connection-string-file", NULL, OF_HUB, &options->connection_string_file, NULL},
        {"--ca-file", NULL, OF_HUB, &options->ca_file, NULL},
        {"--owner", NULL, OF_HUB, &options->owner, NULL},
        {"--yes", "-y", OF(COMMAND_ADOPT), NULL, &options->yes},
        {"--all", NULL, OF(COMMAND_EXPLAIN), NULL, &options->all},
    };

    for (size_t i = 0; i < array_length(specs); i++) {
        int taken = specs[i].commands & OF(options->command) ? take_value(words, left, &specs[i], error) : 0;

        if (taken > 0 && output && take_output(output, options, error) < 0)
            return -1;
        if (taken > 0 && file)
            options->files[options->file_count++] = file;
        if (taken)
            return taken;
    }
    return unknown_option(words[0], options, specs, array_length(specs), error);
}

/* Returns how many words it took, or -1. */
static int take_word(char *const *words, int left, struct options *options, struct error *error)
{
    bool is_file = options->command == COMMAND_VALIDATE || options->command == COMMAND_TRANSLATE;

    if (words[0][0] == '-' && words[0][1])
        return take_option(words, left, options, error);
    if (is_file)
        options->files[options->file_count++] = words[0];
    else
        options->names[options->name_count++] = words[0];
    return 1;
}

/* --- what belongs together -------------------------------------------------------------------- */

static int check_diff(const struct options *options, struct error *error)
{
    if (!options->file_count)
        return 0;
    if (options->file_count != 2 || options->name_count)
        return error_set(error, "diff compares two files or folders: -f OLD -f NEW; or, without -f, the cluster with "
                                "the hubs");
    return 0;
}

static int check_words(const struct options *options, struct error *error)
{
    if (options->all_namespaces && options->namespace)
        return error_set(error, "--namespace and --all-namespaces exclude each other");
    switch (options->command) {
    case COMMAND_VALIDATE:
    case COMMAND_TRANSLATE:
        return options->file_count ? 0 : error_set(error, "no file is given: -f FILE, or -f - for the standard input");
    case COMMAND_DIFF:
        return check_diff(options, error);
    case COMMAND_EXPLAIN:
        return options->name_count || options->all ? 0 : error_set(error, "no key is given; --all lists all of them");
    case COMMAND_ADOPT:
        if (options->name_count != 2)
            return error_set(error, "adopt needs an id on the hub and a Deployment: adopt ID NAME" SEE_HELP);
        return options->hub ? 0
                            : error_set(error, "--hub NAME is missing: the hub's name in the connector's "
                                               "configuration");
    case COMMAND_ORPHANS:
        return options->name_count ? error_set(error, "orphans takes no names, but \"%s\" is one", options->names[0])
                                   : 0;
    default:
        return 0;
    }
}

int options_parse(int argc, char *const *argv, struct options *options, struct error *error)
{
    if (argc < 2)
        return error_set(error, "a command is missing: validate, translate, diff, explain, status, orphans or "
                                "adopt" SEE_HELP);
    if (parse_command(argv[1], options, error) < 0)
        return -1;
    if (options->command == COMMAND_HELP || options->command == COMMAND_VERSION)
        return 0;
    options->files = calloc((size_t)argc, sizeof(*options->files));
    options->names = calloc((size_t)argc, sizeof(*options->names));
    if (!options->files || !options->names)
        return error_set(error, "no memory left");
    for (int i = 2; i < argc;) {
        int taken;

        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            options->command = COMMAND_HELP;
            return 0;
        }
        taken = take_word(argv + i, argc - i, options, error);
        if (taken < 0)
            return -1;
        i += taken;
    }
    return check_words(options, error);
}
