/* The connector's status, read. */
#ifndef CLI_CONNECTOR_ANSWER_H
#define CLI_CONNECTOR_ANSWER_H

#include "cli/cluster.h"

#include <stdbool.h>
#include <stdio.h>

/* Connects, and asks for the status of the namespace, or all; with names only those (NAME or deployment/NAME) are left
 * in it, and one that nothing is known of is an error. */
int answer_status(struct cluster_connection *cluster, const struct options *options, cJSON **ret_answer,
                  struct error *error);

/* What stands behind "deployment/", as kubectl takes it. */
const char *answer_plain_name(const char *name);

/* NULL when there is none of that name. */
const cJSON *answer_find_hub(const cJSON *answer, const char *name);

/* Of a Deployment that is on no hub: ScaledToZero or Unplaced. */
const char *answer_state_without_hub(const cJSON *deployment);

/* Whether all is as it should be, and nothing is left to do. */
bool answer_in_step(const cJSON *answer);

/* As JSON for people. */
void answer_print(const cJSON *answer, FILE *out);

#endif
