/* The sync engine: watches the cluster, places gated pods, keeps every hub in step, writes the pods' status.
 * Level-triggered: it can be killed at any instruction and starts again from the API server and the hubs alone. */
#ifndef SERVER_ENGINE_H
#define SERVER_ENGINE_H

#include "common/strbuf.h"
#include "kube/client.h"
#include "server/config.h"
#include "server/metrics.h"

struct engine;

/* Checks the hubs' connection strings (an error names the hub) and makes the engine. config, access and metrics must
 * outlive it. */
int engine_new(const struct config *config, const struct kube_access *access, struct metrics *metrics,
               struct engine **ret_engine, struct error *error);

/* Starts its threads. They write only while this process leads. */
int engine_start(struct engine *engine, struct error *error);

/* Stops the threads at once, lets go of the Lease, and waits for them. */
void engine_stop(struct engine *engine);
/* engine may be NULL. */
void engine_free(struct engine *engine);

/* What stands where, as JSON: docs/plugin.md describes it. namespace and name (of a Deployment) may be NULL: all. */
void engine_write_status(struct engine *engine, const char *namespace, const char *name, struct strbuf *out);

/* What would change on the hubs for one Deployment, with the contents as far as they may be shown, as JSON. Waits for
 * the hubs' workers for a few seconds. -1 when this process does not lead. */
int engine_write_diff(struct engine *engine, const char *namespace, const char *name, struct strbuf *out,
                      struct error *error);

/* Whoever waits for a worker's answer gets none from now on: the end is near. */
void engine_answer_no_more(struct engine *engine);

/* A line for each hub, as /readyz shows it: "hub hub0: ok" or "hub hub0: <what is wrong>". */
void engine_write_health(struct engine *engine, struct strbuf *out);

#endif
