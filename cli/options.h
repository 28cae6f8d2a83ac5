/* What stands on the command line. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

enum command {
    COMMAND_HELP,
    COMMAND_VERSION,
    COMMAND_VALIDATE,
    COMMAND_TRANSLATE,
    COMMAND_DIFF, /* of files, or, without any, of the cluster and the hubs */
    COMMAND_EXPLAIN,
    COMMAND_STATUS,
    COMMAND_ORPHANS,
    COMMAND_ADOPT,
};
enum output { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_SARIF };

struct options {
    enum command command;
    const char **files; /* of -f. The array is owned, its texts are the caller's */
    size_t file_count;
    const char **names; /* what stands there without an option: keys, Deployments, ids. Owned as files are */
    size_t name_count;
    enum output output;
    bool all; /* of explain: everything */

    /* These are NULL when not given. */
    const char *hub_config;
    const char *hub;
    const char *edge_agent_image;
    const char *edge_hub_image;

    /* The cluster. */
    const char *kubeconfig, *context, *server;
    const char *namespace;
    const char *connector; /* NAMESPACE/NAME of its Service */
    bool all_namespaces;

    /* A hub, with a key of the user's own. */
    const char *connection_string_file, *ca_file;
    const char *owner;
    bool yes;
};

#define OPTIONS_INIT                                                                                                   \
    {                                                                                                                  \
        .command = COMMAND_HELP                                                                                        \
    }

void options_release(struct options *options);

#define cleanup_options __attribute__((cleanup(options_release)))

/* Returns 0, or -1 with a sentence. Options can stand anywhere behind the command. Of validate and translate what is no
 * option is a file as well. */
int options_parse(int argc, char *const *argv, struct options *options, struct error *error);

#endif
