#include "cli/options.h"

#include "common/cleanup.h"

#include <stdlib.h>
#include <string.h>

struct option_spec {
    const char *name;
    const char **value;
};

void options_release(struct options *options)
{
    free(options->files);
    *options = (struct options)OPTIONS_INIT;
}

static int parse_command(const char *word, struct options *options, struct error *error)
{
    static const struct {
        const char *word;
        enum command command;
    } commands[] = {
        {"validate", COMMAND_VALIDATE}, {"translate", COMMAND_TRANSLATE}, {"diff", COMMAND_DIFF},
        {"explain", COMMAND_EXPLAIN},   {"help", COMMAND_HELP},           {"--help", COMMAND_HELP},
        {"-h", COMMAND_HELP},           {"version", COMMAND_VERSION},     {"--version", COMMAND_VERSION},
    };

    for (size_t i = 0; i < array_length(commands); i++) {
        if (strcmp(word, commands[i].word) == 0) {
            options->command = commands[i].command;
            return 0;
        }
    }
    return error_set(error, "there is no command %s; see kubectl iotedge --help", word);
}

/* Takes `--name value` and `--name=value`. Returns how many words it took, 0 when the word is no such option. */
static int take_value(char *const *words, int left, const struct option_spec *spec, struct error *error)
{
    size_t length = strlen(spec->name);

    if (strncmp(words[0], spec->name, length) != 0 || (words[0][length] && words[0][length] != '='))
        return 0;
    if (words[0][length]) {
        *spec->value = words[0] + length + 1;
        return 1;
    }
    if (left < 2)
        return error_set(error, "%s needs a value", spec->name);
    *spec->value = words[1];
    return 2;
}

static bool is_file_flag(const char *word)
{
    return strcmp(word, "-f") == 0 || strcmp(word, "--filename") == 0;
}

static int take_output(const char *name, struct options *options, struct error *error)
{
    static const char *const names[] = {[OUTPUT_TEXT] = "text", [OUTPUT_JSON] = "json", [OUTPUT_SARIF] = "sarif"};

    for (size_t i = 0; i < array_length(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            options->output = (enum output)i;
            return 0;
        }
    }
    return error_set(error, "there is no output %s; there are text, json and sarif", name);
}

/* Options of the commands that judge or translate. */
static int take_shared_option(char *const *words, int left, struct options *options, struct error *error)
{
    const char *output = NULL;
    const struct option_spec specs[] = {
        {"--hub-config", &options->hub_config},
        {"--hub", &options->hub},
        {"--edge-agent-image", &options->edge_agent_image},
        {"--edge-hub-image", &options->edge_hub_image},
        {"--output", &output},
        {"-o", &output},
    };

    for (size_t i = 0; i < array_length(specs); i++) {
        int taken = take_value(words, left, &specs[i], error);

        if (taken > 0 && output && (options->command != COMMAND_VALIDATE || take_output(output, options, error) < 0))
            return options->command == COMMAND_VALIDATE ? -1 : error_set(error, "only validate has --output");
        if (taken)
            return taken;
    }
    return error_set(error, "unknown option %s; see kubectl iotedge --help", words[0]);
}

static int take_option(char *const *words, int left, struct options *options, struct error *error)
{
    if (options->command != COMMAND_EXPLAIN)
        return take_shared_option(words, left, options, error);
    if (strcmp(words[0], "--all") != 0)
        return error_set(error, "unknown option %s; see kubectl iotedge --help", words[0]);
    options->all = true;
    return 1;
}

/* Returns how many words it took, or -1. */
static int take_word(char *const *words, int left, struct options *options, struct error *error)
{
    const char *filename = NULL;
    int taken;

    if (options->command != COMMAND_EXPLAIN && is_file_flag(words[0])) {
        if (left < 2)
            return error_set(error, "%s needs a file, or - for the standard input", words[0]);
        return 1;
    }
    taken = take_value(words, left, &(struct option_spec){"--filename", &filename}, error);
    if (taken) {
        options->files[options->file_count++] = filename;
        return taken;
    }
    if (words[0][0] == '-' && words[0][1])
        return take_option(words, left, options, error);
    options->files[options->file_count++] = words[0];
    return 1;
}

static int check_files(const struct options *options, struct error *error)
{
    if (options->command == COMMAND_EXPLAIN)
        return options->file_count || options->all ? 0 : error_set(error, "no key is given; --all lists all of them");
    if (!options->file_count)
        return error_set(error, "no file is given: -f FILE, or -f - for the standard input");
    if (options->command == COMMAND_DIFF && options->file_count != 2)
        return error_set(error, "diff compares two files or folders: -f OLD -f NEW");
    return 0;
}

int options_parse(int argc, char *const *argv, struct options *options, struct error *error)
{
    if (argc < 2)
        return error_set(error,
                         "a command is missing: validate, translate, diff or explain; see kubectl iotedge --help");
    if (parse_command(argv[1], options, error) < 0)
        return -1;
    if (options->command == COMMAND_HELP || options->command == COMMAND_VERSION)
        return 0;
    options->files = calloc((size_t)argc, sizeof(*options->files));
    if (!options->files)
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
    return check_files(options, error);
}
