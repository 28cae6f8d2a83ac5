/* One thread for the Lease: of all replicas only its holder writes to hubs and pods. It also carries what others need
 * to know: each hub's health for the virtual node, and the operator's word about deletions. */
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/hub_health.h"
#include "common/json.h"
#include "common/log.h"
#include "kube/lease.h"
#include "server/engine_state.h"

#include <gnutls/crypto.h>
#include <limits.h>
#include <string.h>

#define CONFIRM_ANNOTATION "iot-edge-connector/confirm-deletions"

struct leader {
    struct engine *engine;
    struct kube_lease *lease; /* engine's */
    int64_t duration_ms;
    bool health_read; /* what an earlier leader knew has been taken over */
};

/* The owner that our configurations carry: the configured one, or this cluster's own mark. */
static int find_owner(struct engine *engine, struct error *error)
{
    cleanup_json cJSON *namespace = NULL;
    char *owner = NULL;
    if (engine->config->owner) {
        owner = strdup(engine->config->owner);
    } else {
        int status =
            kube_call(engine->leader_kube, "GET", "/api/v1/namespaces/kube-system", NULL, NULL, 0, &namespace, error);
        if (status != 200)
            return error_wrap(error,
                              "the owner of our configurations, the uid of the namespace kube-system, is unknown");
        const char *uid = json_string(json_get(namespace, "metadata"), "uid");
        if (!uid)
            return error_set(error, "the namespace kube-system has no uid");
        owner = strdup(uid);
    }
    pthread_mutex_lock(&engine->lock);
    engine->owner = owner;
    pthread_mutex_unlock(&engine->lock);
    return owner ? 0 : error_set(error, "out of memory");
}

static void read_confirmation(struct leader *leader)
{
    struct engine *engine = leader->engine;
    const char *text = kube_lease_annotation(leader->lease, CONFIRM_ANNOTATION);
    int64_t number = text ? strtoll(text, NULL, 10) : 0;
    pthread_mutex_lock(&engine->lock);
    bool used = engine->confirmation_used;
    engine->confirmation_used = false;
    if (used)
        number = 0;
    if (number != engine->confirmed_deletions) {
        engine->confirmed_deletions = number;
        for (size_t i = 0; i < engine->hub_count; i++)
            pthread_cond_signal(&engine->hubs[i].wake);
    }
    pthread_mutex_unlock(&engine->lock);
    if (used)
        kube_lease_set_annotation(leader->lease, CONFIRM_ANNOTATION, NULL);
}

static void take_over_health(struct leader *leader)
{
    struct engine *engine = leader->engine;
    for (size_t i = 0; i < engine->hub_count; i++) {
        cleanup_free char *name = hub_health_annotation(engine->hubs[i].hub->name);
        const char *text = name ? kube_lease_annotation(leader->lease, name) : NULL;
        cleanup_hub_health struct hub_health health = HUB_HEALTH_INIT;
        if (!text || hub_health_read(text, &health, NULL) < 0)
            continue;
        pthread_mutex_lock(&engine->lock);
        engine->hubs[i].ever_reachable = engine->hubs[i].ever_reachable || health.ever_reachable;
        pthread_mutex_unlock(&engine->lock);
    }
    leader->health_read = true;
}

static void publish_health(struct leader *leader)
{
    struct engine *engine = leader->engine;
    for (size_t i = 0; i < engine->hub_count; i++) {
        struct hub_worker *worker = &engine->hubs[i];
        cleanup_free char *name = hub_health_annotation(worker->hub->name);
        pthread_mutex_lock(&engine->lock);
        struct hub_health health = {.reachable = worker->reachable,
                                    .ever_reachable = worker->ever_reachable,
                                    .message = worker->trouble,
                                    .time_s = worker->reachable_since_wall_s};
        bool known = worker->reachable_since_wall_s > 0;
        cleanup_free char *text = known ? hub_health_write(&health) : NULL;
        pthread_mutex_unlock(&engine->lock);
        if (name && text)
            kube_lease_set_annotation(leader->lease, name, text);
    }
}

/* A new leader looks at everything anew. What the one before had sent may still take effect: until then nothing is
 * deleted. */
static void begin(struct leader *leader, bool taken_over)
{
    struct engine *engine = leader->engine;
    int64_t grace_ms = taken_over ? leader->duration_ms + engine->config->hub_timeout_ms : 0;
    engine->deletes_allowed_ms = clock_now_ms() + grace_ms;
    pthread_mutex_lock(&engine->lock);
    for (size_t i = 0; i < engine->hub_count; i++)
        engine->hubs[i].listed = false;
    engine_changed(engine, true);
    pthread_mutex_unlock(&engine->lock);
    log_info("leading as %s", kube_lease_holder(leader->lease));
}

static void renew(struct leader *leader)
{
    cleanup_error struct error error = {NULL};
    struct engine *engine = leader->engine;
    bool taken_over = false;
    bool led = engine_leads(engine);
    int64_t now_ms = clock_now_ms();
    if (leader->health_read)
        publish_health(leader);
    enum kube_lease_result result =
        kube_lease_renew(leader->lease, engine->leader_kube, (unsigned)(leader->duration_ms / 3), &taken_over, &error);
    if (result == KUBE_LEASE_OURS) {
        read_confirmation(leader);
        if (!leader->health_read)
            take_over_health(leader);
        bool new_term = engine->leads_until_ms == 0;
        if (taken_over || new_term)
            engine->deletes_allowed_ms = INT64_MAX; /* until begin() says when */
        engine->leads_until_ms = now_ms + leader->duration_ms * 2 / 3;
        engine->metrics->leader = true;
        if (taken_over || new_term)
            begin(leader, taken_over);
        else if (!led)
            begin(leader, true);
        return;
    }
    if (result == KUBE_LEASE_HELD_BY_OTHER) {
        if (led)
            log_warning("no longer leading: the Lease is held by %s", kube_lease_holder(leader->lease));
        engine->leads_until_ms = 0;
    } else if (!engine->stopping) {
        log_warning("the Lease could not be renewed: %s", error_message(&error));
    }
    engine->metrics->leader = engine_leads(engine);
}

static void pause_leader(struct engine *engine, int64_t ms)
{
    pthread_mutex_lock(&engine->lock);
    if (!engine->stopping)
        engine_wait(engine, &engine->leader_wake, ms);
    pthread_mutex_unlock(&engine->lock);
}

/* Two processes must never have one identity, not even one after the other on one host: a suffix tells them apart. */
static char *make_identity(void)
{
    char host[HOST_NAME_MAX + 1] = "";
    unsigned char random[4];
    char *identity = NULL;
    if (gethostname(host, sizeof(host)) < 0 || gnutls_rnd(GNUTLS_RND_NONCE, random, sizeof(random)) < 0)
        return NULL;
    if (asprintf(&identity, "%s_%02x%02x%02x%02x", host, random[0], random[1], random[2], random[3]) < 0)
        return NULL;
    return identity;
}

/* The pod's own namespace, or default outside a pod. */
static char *own_namespace(void)
{
    char *text = NULL;
    size_t length = 0;
    if (file_read("/var/run/secrets/kubernetes.io/serviceaccount/namespace", 256, &text, &length, NULL) < 0)
        return strdup("default");
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static bool make_lease(struct leader *leader)
{
    cleanup_error struct error error = {NULL};
    const struct config *config = leader->engine->config;
    cleanup_free char *namespace = config->lease_namespace ? strdup(config->lease_namespace) : own_namespace();
    cleanup_free char *identity = config->lease_identity ? strdup(config->lease_identity) : make_identity();
    if (!namespace || !identity) {
        log_error("the Lease has no namespace or no identity: out of memory");
        return false;
    }
    struct kube_lease_options options = {
        .namespace = namespace, .name = config->lease_name, .holder = identity, .duration_s = config->lease_duration_s};
    if (kube_lease_new(&options, &leader->engine->lease, &error) == 0) {
        leader->lease = leader->engine->lease;
        return true;
    }
    log_error("%s", error_message(&error));
    return false;
}

void *leader_run(void *context)
{
    struct engine *engine = context;
    struct leader leader = {.engine = engine, .duration_ms = (int64_t)engine->config->lease_duration_s * 1000};
    if (!make_lease(&leader))
        return NULL;
    while (!engine->stopping) {
        cleanup_error struct error error = {NULL};
        if (engine->owner || find_owner(engine, &error) == 0)
            renew(&leader);
        else if (!engine->stopping)
            log_warning("%s", error_message(&error));
        /* A takeover waits for no longer than it must; a renewal comes three times in a duration. */
        pause_leader(engine, engine_leads(engine) ? leader.duration_ms / 3 : leader.duration_ms / 5);
    }
    return NULL;
}

void leader_let_go(struct engine *engine)
{
    cleanup_error struct error error = {NULL};
    if (!engine->lease || !engine_leads(engine))
        return;
    engine->leads_until_ms = 0;
    if (kube_lease_let_go(engine->lease, engine->leader_kube, 2000, &error) < 0)
        log_warning("the Lease could not be let go: %s", error_message(&error));
}
