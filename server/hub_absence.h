/* Makes sure of Deployments whose end nobody saw, and carries their deletion out unless the brake holds. */
#ifndef SERVER_HUB_ABSENCE_H
#define SERVER_HUB_ABSENCE_H

#include "server/engine_state.h"

/* Asks the API server about those whose second list is there, asks for the lists that are missing, and judges. Takes
 * and releases the lock itself. */
void hub_absence_judge(struct hub_worker *worker);

/* When it has something to do next, on clock_now_ms; INT64_MAX: nothing by time. Guarded. */
int64_t hub_absence_due(const struct hub_worker *worker);

/* Whether an answer of the API server to a GET says for certain that there is no edge Deployment of that name. A page
 * of some proxy, or an API that is not served at present, says nothing. */
bool hub_absence_is_proof(int status, const cJSON *answer, const char *name);

/* Whether what is certain may be carried out; else says what the operator can do. Guarded. */
bool hub_absence_may_delete(struct hub_worker *worker, int64_t now_ms);

#endif
