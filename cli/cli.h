/* kubectl-iotedge: what the connector says and does, about files, in the cluster and on a hub. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdio.h>

enum cli_exit { CLI_OK = 0, CLI_FINDINGS = 1, CLI_FAILURE = 2 };

/* The whole program: what it finds goes to out, warnings and failures go to err. */
enum cli_exit cli_run(int argc, char *const *argv, FILE *out, FILE *err);

#endif
