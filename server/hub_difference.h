/* What would change on a hub for one Deployment, contents and all. The worker's. */
#ifndef SERVER_HUB_DIFFERENCE_H
#define SERVER_HUB_DIFFERENCE_H

#include "server/engine_state.h"

/* Appends a JSON object: the state, and both sides as far as they may be shown. Guarded; the lock is let go while the
 * hub is asked for a content that is not known. */
void hub_difference_write(struct hub_worker *worker, const char *namespace, const char *name, struct strbuf *out);

#endif
