/* A hub's list of configurations, read once and put in an order that does not depend on the hub's. Private to sync/. */
#ifndef SYNC_OBSERVED_H
#define SYNC_OBSERVED_H

#include "common/error.h"
#include "sync/ownership.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Texts and trees are owned by the list that was read. */
struct observed_configuration {
    const cJSON *tree;
    const char *id, *etag, *created_time; /* created_time may be NULL */
    struct ownership ownership;           /* only when ours */
    bool ours;                            /* our owner and hub, and a namespace, a name and a hash */
    int64_t priority;
    bool evaluated;   /* systemMetrics.results is not empty */
    int64_t targeted; /* devices; -1 unknown */
};

struct observed {
    struct observed_configuration *items; /* the one that wins on a device last: by priority, creation, id */
    size_t count;
};

#define OBSERVED_INIT                                                                                                  \
    {                                                                                                                  \
        NULL, 0                                                                                                        \
    }

/* Returns -1 when the list is no array of objects with ids, or one of ours lacks its etag: then nothing can be said
 * about the hub, and nothing may be done. */
int observed_read(const cJSON *list, const char *owner, const char *hub, struct observed *ret_observed,
                  struct error *error);
void observed_release(struct observed *observed);

#define cleanup_observed __attribute__((cleanup(observed_release)))

/* NULL when the hub has none of that id. */
const struct observed_configuration *observed_find(const struct observed *observed, const char *id);

/* Whether it is ours and of that Deployment. */
bool observed_is_of(const struct observed_configuration *configuration, const char *namespace, const char *name);

#endif
