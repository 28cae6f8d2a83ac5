/* Reads a hub's configurations into worker->observed, reduced to what plans need. The worker's own thread; the engine's
 * lock is not held. */
#ifndef SERVER_HUB_LIST_H
#define SERVER_HUB_LIST_H

#include "server/engine_state.h"

/* Lists them all, at list_ms. Of all hubs' lists one at a time is parsed. What somebody else changed is noted. On
 * failure worker->observed stays as it was. */
enum iothub_result hub_list_read(struct hub_worker *worker, int64_t list_ms, struct error *error);

/* GETs one, and keeps the whole of it. */
enum iothub_result hub_list_look_up(struct hub_worker *worker, const char *id, struct error *error);

/* Takes in what a write's own answer shows. IOTHUB_OK, or IOTHUB_SERVER_ERROR when that cannot be. */
enum iothub_result hub_list_take(struct hub_worker *worker, const char *id, const cJSON *configuration,
                                 struct error *error);

#endif
