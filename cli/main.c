#include "cli/cli.h"
#include "common/core_dump.h"
#include "http/client.h"

int main(int argc, char **argv)
{
    core_dump_forbid();
    http_client_global_init();
    enum cli_exit result = cli_run(argc, argv, stdout, stderr);

    /* A full disk or a closed pipe must not look like "nothing found". */
    return fflush(stdout) == 0 ? (int)result : (int)CLI_FAILURE;
}
