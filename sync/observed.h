/* What is known of a hub's configurations: its list, read once and reduced to what plans need, in an order that does
 * not depend on the hub's. A list of 100 is 0.1 MB then, not several. */
#ifndef SYNC_OBSERVED_H
#define SYNC_OBSERVED_H

#include "common/error.h"
#include "sync/base_content.h"
#include "sync/configuration_id.h"
#include "sync/ownership.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct observed_configuration {
    char *texts;                                             /* what the pointers point into; owned */
    const char *id, *etag, *created_time, *target_condition; /* all but the id may be NULL */
    const char *labels;                                      /* canonical JSON; only of ours, else NULL */
    const char *metric_queries;                              /* JSON: the operators' own; NULL for none */
    const char *template_hash; /* the label pod-template-hash, which the original connector copied from the pod */
    const char *agent_image, *hub_image; /* of a base: its system modules; NULL where nothing is said */
    struct ownership ownership;          /* what the labels claim; true when ours */
    bool ours;                           /* our owner and hub, and a namespace, a name and a hash */
    bool baseline;                       /* our owner and hub, and no Deployment's but the hub's baseline */
    bool is_edge, is_base;               /* not for plain devices; a base deployment, no layer */
    int64_t priority;
    bool evaluated;                         /* systemMetrics.results is not empty */
    int64_t targeted;                       /* devices; -1 unknown */
    char content_digest[CONTENT_HASH_SIZE]; /* of the canonical content; "" without content */
    char system_digest[CONTENT_HASH_SIZE];  /* of a base's system modules; "" when it has none: see base_content.h */
    cJSON *whole;                           /* owned: as a GET showed it; else NULL */
};

struct observed {
    struct observed_configuration *items; /* the one that wins on a device last: by priority, creation, id; NULL before
                                             a list was read */
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

/* Takes in what a call of its own showed of the configuration with that id. Returns -1, with nothing changed, when it
 * is not that one or observed_read would not have it. */
int observed_put(struct observed *observed, const char *id, const cJSON *configuration, const char *owner,
                 const char *hub, struct error *error);

/* As observed_put, and keeps the whole of it; takes the tree over in any case. */
int observed_put_whole(struct observed *observed, const char *id, cJSON *configuration, const char *owner,
                       const char *hub, struct error *error);

/* Takes over the whole ones of an earlier list, of configurations that are the same still. */
void observed_inherit(struct observed *observed, struct observed *before);

/* It is gone from the hub. */
void observed_remove(struct observed *observed, const char *id);

/* NULL when the hub has none of that id. */
const struct observed_configuration *observed_find(const struct observed *observed, const char *id);

/* Whether it is ours and of that Deployment. */
bool observed_is_of(const struct observed_configuration *configuration, const char *namespace, const char *name);

/* The digest that a configuration with this content has: contents that are equal as JSON have the same one. "" for no
 * content. Returns -1 without memory. */
int observed_content_digest(const cJSON *content, char digest[CONTENT_HASH_SIZE]);

#endif
