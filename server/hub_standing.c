#include "server/hub_standing.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/text.h"
#include "server/engine_state.h"
#include "server/index.h"

#include <string.h>

struct hub_standing *hub_standing_find(const struct hub_worker *worker, const char *key)
{
    return index_find(&worker->standing_index, key);
}

static void standing_free(struct hub_worker *worker, struct hub_standing *standing)
{
    index_remove(&worker->standing_index, standing->key);
    TAILQ_REMOVE(&worker->standings, standing, link);
    module_states_release(&standing->states);
    free(standing->key);
    free(standing->namespace);
    free(standing->name);
    free(standing->id);
    free(standing->tie);
    free(standing->reason);
    free(standing->message);
    free(standing);
}

void hub_standings_release(struct hub_worker *worker)
{
    while (!TAILQ_EMPTY(&worker->standings))
        standing_free(worker, TAILQ_FIRST(&worker->standings));
}

struct hub_standing *hub_standing_get(struct hub_worker *worker, const char *namespace, const char *name)
{
    cleanup_free char *key = NULL;
    if (asprintf(&key, "%s/%s", namespace, name) < 0) {
        key = NULL;
        return NULL;
    }
    struct hub_standing *standing = hub_standing_find(worker, key);
    if (standing)
        return standing;
    standing = calloc(1, sizeof(*standing));
    if (!standing)
        return NULL;
    *standing = (struct hub_standing){.key = steal_ptr(key),
                                      .namespace = strdup(namespace),
                                      .name = strdup(name),
                                      .targeted = -1,
                                      .states = MODULE_STATES_INIT};
    TAILQ_INSERT_TAIL(&worker->standings, standing, link);
    if (!standing->namespace || !standing->name || index_add(&worker->standing_index, standing->key, standing) < 0) {
        standing_free(worker, standing);
        return NULL;
    }
    return standing;
}

bool hub_standing_trouble(struct hub_worker *worker, struct hub_standing *standing, bool warning, const char *reason,
                          const char *message)
{
    standing->refused = false;
    if (text_is_same(standing->reason, reason) && text_is_same(standing->message, message))
        return false;
    free(standing->reason);
    free(standing->message);
    standing->reason = reason ? strdup(reason) : NULL;
    standing->message = message ? strdup(message) : NULL;
    if (reason)
        engine_tell_deployment(worker->engine, standing->namespace, standing->name, warning, reason, message);
    engine_changed(worker->engine, CLUSTER_CHANGED);
    return true;
}

/* Nothing stands in its way, so that it is an Event and no more. */
static void publish_tie(struct hub_worker *worker, struct hub_standing *standing, const char *tie)
{
    if (text_is_same(standing->tie, tie))
        return;
    free(standing->tie);
    standing->tie = tie ? strdup(tie) : NULL;
    if (tie)
        engine_tell_deployment(worker->engine, standing->namespace, standing->name, true, "PriorityTie", tie);
}

void hub_standing_publish(struct hub_worker *worker, struct hub_standing *standing, const struct plan_standing *planned)
{
    const char *hash = planned->id ? planned->content_hash : "";
    bool same_id = text_is_same(standing->id, planned->id);
    publish_tie(worker, standing, planned->tie);
    if (same_id && standing->evaluated == planned->evaluated && standing->targeted == planned->targeted &&
        strcmp(standing->hash, hash) == 0)
        return;
    if (!same_id) {
        free(standing->id);
        standing->id = planned->id ? strdup(planned->id) : NULL;
        standing->created_wall_ms = 0;
    }
    snprintf(standing->hash, sizeof(standing->hash), "%s", hash);
    standing->evaluated = planned->evaluated;
    standing->targeted = planned->targeted;
    if (planned->created_time && !clock_parse_rfc3339(planned->created_time, &standing->created_wall_ms))
        standing->created_wall_ms = 0;
    /* Devices have time from now on where the hub does not say since when. */
    if (planned->id && !standing->created_wall_ms)
        standing->created_wall_ms = clock_wall_ms();
    standing->next_query_ms = 0;
    engine_changed(worker->engine, CLUSTER_CHANGED);
}

void hub_standings_drop_unseen(struct hub_worker *worker)
{
    struct hub_standing *standing = TAILQ_FIRST(&worker->standings);
    while (standing) {
        struct hub_standing *next = TAILQ_NEXT(standing, link);
        if (!standing->seen && !standing->holds)
            standing_free(worker, standing);
        standing = next;
    }
}
