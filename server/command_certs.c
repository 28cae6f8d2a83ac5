#include "server/command.h"

#include "certs/certs.h"
#include "common/arguments.h"
#include "common/banned.h"
#include "common/cleanup.h"

#include <stdio.h>
#include <stdlib.h>

struct certs_arguments {
    const char *folder;
    const char **names; /* room for every argument */
    size_t name_count;
    unsigned days;
};

static int read_arguments(int count, char **texts, struct certs_arguments *arguments)
{
    static const struct option options[] = {
        {"folder", required_argument, NULL, 'f'},
        {"name", required_argument, NULL, 'n'},
        {"days", required_argument, NULL, 'd'},
        {NULL, 0, NULL, 0},
    };
    const char *word = NULL;
    for (int option; (option = arguments_next(count, texts, options, NULL, &word)) != -1;) {
        if (option == 'f')
            arguments->folder = optarg;
        else if (option == 'n')
            arguments->names[arguments->name_count++] = optarg;
        else if (option != 'd')
            return command_option_error(option, word);
        else if (command_read_number("--days", optarg, 1, 36500, &arguments->days) != 0)
            return EXIT_USAGE;
    }
    while (optind < count)
        arguments->names[arguments->name_count++] = texts[optind++];
    if (!arguments->folder)
        return command_usage_error("--folder DIR is missing");
    if (arguments->name_count == 0)
        return command_usage_error("--name NAME is missing: the DNS name or IP address that clients call");
    return 0;
}

int command_certs(int count, char **texts)
{
    cleanup_error struct error error = {0};
    cleanup_free const char **names = calloc((size_t)count, sizeof *names);
    struct certs_arguments arguments = {.names = names, .days = 365};
    if (!names)
        return command_failure("memory ran out");
    if (read_arguments(count, texts, &arguments) != 0)
        return EXIT_USAGE;
    if (certs_write(arguments.folder, names, arguments.name_count, arguments.days, &error) < 0)
        return command_failure("%s", error_message(&error));
    printf("ca.crt, tls.crt and tls.key are in %s, valid for %u days\n", arguments.folder, arguments.days);
    return EXIT_OK;
}
