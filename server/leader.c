/* One thread for the Lease: of all replicas only its holder writes to hubs and pods. It also carries what others need
 * to know: each hub's health for the virtual node, and the operator's word about deletions. */
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/hub_health.h"
#include "common/json.h"
#include "common/log.h"
#include "kube/lease.h"
#include "server/engine_state.h"
#include "server/said.h"

#include <string.h>

struct leader {
    struct engine *engine;
    struct kube_lease *lease; /* engine's */
    int64_t duration_ms;
    bool leads;  /* as far as was told */
    bool lapsed; /* it could not be renewed in time, which was told */
    struct said trouble;
};

int leader_find_owner(struct engine *engine, struct error *error)
{
    cleanup_json cJSON *namespace = NULL;
    const char *owner = engine->config->owner;
    if (!owner) {
        int status =
            kube_call(engine->leader_kube, "GET", "/api/v1/namespaces/kube-system", NULL, NULL, 0, &namespace, error);
        if (status != 200)
            return error_wrap(error,
                              "the owner of our configurations, the uid of the namespace kube-system, is unknown");
        owner = json_string(json_get(namespace, "metadata"), "uid");
        if (!owner)
            return error_set(error, "the namespace kube-system has no uid");
    }
    char *copy = strdup(owner);
    pthread_mutex_lock(&engine->lock);
    engine->owner = copy;
    pthread_mutex_unlock(&engine->lock);
    return copy ? 0 : error_set(error, "out of memory");
}

/* --- what the Lease carries ------------------------------------------------------------------- */

static int64_t confirmed_number(const struct leader *leader)
{
    const char *text = kube_lease_annotation(leader->lease, CONFIRM_ANNOTATION);
    char *end = NULL;
    long long number = text ? strtoll(text, &end, 10) : 0;
    return text && end != text && !*end && number > 0 ? number : 0;
}

/* A word that was acted upon is taken away. */
static void read_confirmation(struct leader *leader)
{
    struct engine *engine = leader->engine;
    int64_t number = confirmed_number(leader);
    pthread_mutex_lock(&engine->lock);
    bool used = engine->confirmation_used;
    engine->confirmation_used = false;
    if (!used && number != engine->confirmed_deletions) {
        engine->confirmed_deletions = number;
        for (size_t i = 0; i < engine->hub_count; i++) {
            engine->hubs[i].judge = true;
            pthread_cond_signal(&engine->hubs[i].wake);
        }
    }
    pthread_mutex_unlock(&engine->lock);
    if (used)
        kube_lease_set_annotation(leader->lease, CONFIRM_ANNOTATION, NULL);
}

static void note_lease(struct leader *leader)
{
    struct engine *engine = leader->engine;
    const char *uid = kube_lease_uid(leader->lease);
    pthread_mutex_lock(&engine->lock);
    if (uid && (!engine->lease_uid || strcmp(engine->lease_uid, uid) != 0)) {
        free(engine->lease_uid);
        engine->lease_uid = strdup(uid);
    }
    const char *holder = kube_lease_holder(leader->lease);
    if (!holder || !engine->lease_holder || strcmp(engine->lease_holder, holder) != 0) {
        free(engine->lease_holder);
        engine->lease_holder = holder ? strdup(holder) : NULL;
    }
    pthread_mutex_unlock(&engine->lock);
}

static char *health_of(struct engine *engine, const struct hub_worker *worker)
{
    pthread_mutex_lock(&engine->lock);
    char *trouble = worker->trouble ? worker->trouble : worker->query_trouble;
    struct hub_health health = {.reachable = worker->reachable,
                                .ever_reachable = worker->ever_reachable,
                                .message = trouble,
                                .time_s = worker->reachable_since_wall_s};
    char *text = worker->reachable_since_wall_s > 0 ? hub_health_write(&health) : NULL;
    pthread_mutex_unlock(&engine->lock);
    return text;
}

/* Goes out with the next renewal. */
static void publish_health(struct leader *leader)
{
    struct engine *engine = leader->engine;
    for (size_t i = 0; i < engine->hub_count; i++) {
        cleanup_free char *name = hub_health_annotation(engine->hubs[i].hub->name);
        cleanup_free char *text = health_of(engine, &engine->hubs[i]);
        if (name && text)
            kube_lease_set_annotation(leader->lease, name, text);
    }
}

/* What another leader knew: a hub that was reached once stays one that was, and nothing that we had wished to write
 * goes over his words. */
static void take_over_health(struct leader *leader)
{
    struct engine *engine = leader->engine;
    for (size_t i = 0; i < engine->hub_count; i++) {
        cleanup_free char *name = hub_health_annotation(engine->hubs[i].hub->name);
        const char *text = name ? kube_lease_annotation(leader->lease, name) : NULL;
        cleanup_hub_health struct hub_health health = HUB_HEALTH_INIT;
        if (!text || hub_health_read(text, &health, NULL) < 0)
            continue;
        kube_lease_set_annotation(leader->lease, name, text);
        pthread_mutex_lock(&engine->lock);
        engine->hubs[i].ever_reachable = engine->hubs[i].ever_reachable || health.ever_reachable;
        pthread_mutex_unlock(&engine->lock);
    }
}

/* --- terms ------------------------------------------------------------------------------------ */

/* A new leader looks at everything anew. What the one before had sent may still take effect: until then nothing is
 * deleted. Nobody works before leads_until_ms is set, which is the caller's. */
static void begin_term(struct leader *leader, bool taken_over)
{
    struct engine *engine = leader->engine;
    int64_t now_ms = clock_now_ms();
    int64_t grace_ms = taken_over ? leader->duration_ms + engine->config->hub_timeout_ms : 0;
    take_over_health(leader);
    pthread_mutex_lock(&engine->lock);
    engine->deletes_allowed_ms = now_ms + grace_ms;
    engine->term_began_ms = now_ms;
    engine->term++;
    if (engine->term == 0)
        engine->term++; /* 0 is no term */
    for (size_t i = 0; i < engine->hub_count; i++)
        engine->hubs[i].listed = false;
    event_queue_release(&engine->events); /* of an earlier term */
    engine_tell_refusals(engine);
    pthread_mutex_unlock(&engine->lock);
    log_info("leading as %s", kube_lease_holder(leader->lease));
    leader->leads = true;
    leader->lapsed = false;
}

static void note_ours(struct leader *leader, int64_t until_ms, bool taken_over, bool lapsed)
{
    struct engine *engine = leader->engine;
    bool begins = !leader->leads || taken_over || lapsed;
    if (begins)
        begin_term(leader, taken_over || leader->leads);
    read_confirmation(leader);
    engine->leads_until_ms = until_ms;
    if (!begins)
        return;
    pthread_mutex_lock(&engine->lock);
    engine_changed(engine, CLUSTER_HUBS_CHANGED);
    pthread_mutex_unlock(&engine->lock);
}

static void note_not_ours(struct leader *leader)
{
    if (leader->leads) {
        const char *holder = kube_lease_holder(leader->lease);
        log_warning("%sthe Lease is held by %s",
                    leader->lapsed ? "" : "no longer leading: ", holder ? holder : "nobody");
    }
    leader->leads = leader->lapsed = false;
    leader->engine->leads_until_ms = 0;
    take_over_health(leader);
}

/* As long as the API server is away it is tried a few times in each duration. */
static void tell_trouble(struct leader *leader, const char *what, const struct error *error)
{
    cleanup_free char *sentence = NULL;
    if (leader->engine->stopping)
        return;
    if (asprintf(&sentence, "%s%s; tried again until it works", what, error_message(error)) < 0)
        sentence = NULL;
    if (sentence && said_is_news(&leader->trouble, sentence))
        log_warning("%s", sentence);
}

static void tell_well(struct leader *leader, bool ours)
{
    if (said_is_over(&leader->trouble))
        log_info(ours ? "the Lease is renewed again" : "the Lease can be read again");
}

/* Nobody may have taken it yet, and it may be ours again without a word of anybody else's. */
static void tell_lapse(struct leader *leader)
{
    if (!leader->leads || leader->lapsed || engine_leads(leader->engine) || leader->engine->stopping)
        return;
    leader->lapsed = true;
    log_warning("no longer leading: the Lease could not be renewed for %lld s; nothing is written before it is ours "
                "again",
                (long long)(leader->duration_ms * 2 / 3000));
}

static void renew(struct leader *leader)
{
    cleanup_error struct error error = {NULL};
    struct engine *engine = leader->engine;
    bool taken_over = false, lapsed = !engine_leads(engine);
    int64_t until_ms = clock_now_ms() + leader->duration_ms * 2 / 3;
    if (!lapsed)
        publish_health(leader);
    switch (kube_lease_renew(leader->lease, engine->leader_kube, (unsigned)(leader->duration_ms / 3), &taken_over,
                             &error)) {
    case KUBE_LEASE_OURS:
        tell_well(leader, true);
        note_lease(leader);
        note_ours(leader, until_ms, taken_over, lapsed);
        break;
    case KUBE_LEASE_HELD_BY_OTHER:
        tell_well(leader, false);
        note_lease(leader);
        note_not_ours(leader);
        break;
    case KUBE_LEASE_FAILED:
        tell_trouble(leader, "the Lease could not be renewed: ", &error);
        tell_lapse(leader);
        break;
    }
    engine->metrics->leader = engine_leads(engine);
}

static void pause_leader(struct engine *engine, int64_t ms)
{
    pthread_mutex_lock(&engine->lock);
    engine_wait(engine, &engine->leader_wake, ms);
    pthread_mutex_unlock(&engine->lock);
}

void *leader_run(void *context)
{
    struct engine *engine = context;
    struct leader leader = {
        .engine = engine, .lease = engine->lease, .duration_ms = (int64_t)engine->config->lease_duration_s * 1000};
    while (!engine->stopping) {
        cleanup_error struct error error = {NULL};
        if (engine->owner || leader_find_owner(engine, &error) == 0)
            renew(&leader);
        else
            tell_trouble(&leader, "", &error);
        /* A takeover waits for no longer than it must; a renewal comes three times in a duration. */
        pause_leader(engine, engine_leads(engine) ? leader.duration_ms / 3 : leader.duration_ms / 5);
    }
    (void)said_is_over(&leader.trouble);
    return NULL;
}

/* Whoever takes a Lease that was let go deletes at once. So it is not let go while a call that was cut off may still
 * take effect on a hub: then the next one waits. */
void leader_let_go(struct engine *engine)
{
    cleanup_error struct error error = {NULL};
    if (!engine->lease || !engine_leads(engine) || engine->cut_off)
        return;
    engine->leads_until_ms = 0;
    if (kube_lease_let_go(engine->lease, engine->leader_kube, 2000, &error) < 0)
        log_warning("the Lease could not be let go: %s", error_message(&error));
}
