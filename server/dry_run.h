/* `--once --dry-run`: what the connector would do now, found out with the engine's own eyes and carried out by nobody:
 * no Lease is taken, and nothing is written, neither to Kubernetes nor to a hub. */
#ifndef SERVER_DRY_RUN_H
#define SERVER_DRY_RUN_H

#include "server/engine.h"

#include <stdio.h>

enum dry_run_output { DRY_RUN_TEXT, DRY_RUN_JSON };
enum dry_run_result { DRY_RUN_IN_STEP = 0, DRY_RUN_SOMETHING = 1, DRY_RUN_TROUBLE = 2 };

/* Lists the cluster and each hub once and prints the plan to out. engine was made and not started; it can only be freed
 * afterwards. On DRY_RUN_TROUBLE the error says what could not be read; what could be is printed. */
enum dry_run_result dry_run(struct engine *engine, enum dry_run_output output, FILE *out, struct error *error);

#endif
