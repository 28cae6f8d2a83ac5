#include "cli/cli.h"

int main(int argc, char **argv)
{
    enum cli_exit result = cli_run(argc, argv, stdout, stderr);

    /* A full disk or a closed pipe must not look like "nothing found". */
    return fflush(stdout) == 0 ? (int)result : (int)CLI_FAILURE;
}
