/* What stands on the command line. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

enum command { COMMAND_HELP, COMMAND_VERSION, COMMAND_VALIDATE, COMMAND_TRANSLATE, COMMAND_DIFF, COMMAND_EXPLAIN };
enum output { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_SARIF };

struct options {
    enum command command;
    const char **files; /* the array is owned, the names are the caller's; of explain the keys */
    size_t file_count;
    const char *hub_config; /* these are NULL when not given */
    const char *hub;
    const char *edge_agent_image;
    const char *edge_hub_image;
    enum output output;
    bool all;
};

#define OPTIONS_INIT                                                                                                   \
    {                                                                                                                  \
        .command = COMMAND_HELP                                                                                        \
    }

void options_release(struct options *options);

#define cleanup_options __attribute__((cleanup(options_release)))

/* Returns 0, or -1 with a sentence. Options can stand anywhere behind the command; everything else is a file. */
int options_parse(int argc, char *const *argv, struct options *options, struct error *error);

#endif
