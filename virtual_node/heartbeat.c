#include "virtual_node/heartbeat.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "kube/backoff.h"
#include "kube/lease.h"
#include "virtual_node/alarm.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

/* As the kubelet does it. */
#define PERIOD_MS  10000
#define DURATION_S 40
#define TIMEOUT_MS 8000
#define NEVER_MS   INT64_MAX

struct beat {
    const char *name; /* of the node */
    struct kube_lease *lease;
    struct kube_backoff backoff;
    int64_t due_ms; /* NEVER_MS while its Node is not known */
    bool troubled;  /* the log says that it fails */
    char *uid;      /* of its Node */
    char *new_uid;  /* under the mutex: the keeper saw this; NULL when it was taken */
};

struct node_heartbeat {
    struct kube_client *client;
    struct node_alarm alarm;
    pthread_mutex_t mutex;
    pthread_t thread;
    bool started;
    atomic_bool stopping;
    struct beat *beats;
    size_t count;
};

static int make_beat(struct beat *beat, const char *name, struct error *error)
{
    beat->name = name;
    beat->due_ms = NEVER_MS;
    beat->backoff = (struct kube_backoff){.first_ms = 200, .limit_ms = 7000};
    const struct kube_lease_options options = {
        .namespace = "kube-node-lease",
        .name = name,
        .holder = name,
        .duration_s = DURATION_S,
        .owner_node_name = name,
    };
    return kube_lease_new(&options, &beat->lease, error);
}

int node_heartbeat_new(const struct kube_access *access, char *const *names, size_t count,
                       struct node_heartbeat **ret_heartbeat, struct error *error)
{
    struct node_heartbeat *heartbeat = calloc(1, sizeof(*heartbeat));
    if (!heartbeat)
        return error_set(error, "out of memory");
    pthread_mutex_init(&heartbeat->mutex, NULL);
    heartbeat->alarm = (struct node_alarm)NODE_ALARM_INIT;
    heartbeat->beats = calloc(count, sizeof(*heartbeat->beats));
    int result = heartbeat->beats ? 0 : error_set(error, "out of memory");
    if (result == 0)
        result = node_alarm_init(&heartbeat->alarm, error);
    if (result == 0)
        result = kube_client_new(access, "iot-edge-virtual-node/" VERSION, &heartbeat->client, error);
    while (result == 0 && heartbeat->count < count) {
        result = make_beat(&heartbeat->beats[heartbeat->count], names[heartbeat->count], error);
        heartbeat->count++;
    }
    if (result < 0)
        node_heartbeat_stop(heartbeat);
    else
        *ret_heartbeat = heartbeat;
    return result;
}

void node_heartbeat_set_uid(struct node_heartbeat *heartbeat, size_t index, const char *uid)
{
    struct beat *beat = &heartbeat->beats[index];
    char *copy = strdup(uid);
    pthread_mutex_lock(&heartbeat->mutex);
    free(beat->new_uid);
    beat->new_uid = copy;
    pthread_mutex_unlock(&heartbeat->mutex);
    node_alarm_wake(&heartbeat->alarm);
}

/* Of a Node that is new its heartbeat is due now: until it comes, its Lease may be missing or belong to the Node
 * before. A Node that is known changes nothing: its schedule goes on. */
static void take_uid(struct node_heartbeat *heartbeat, struct beat *beat)
{
    pthread_mutex_lock(&heartbeat->mutex);
    cleanup_free char *uid = steal_ptr(beat->new_uid);
    pthread_mutex_unlock(&heartbeat->mutex);
    if (!uid || (beat->uid && !strcmp(beat->uid, uid)) || kube_lease_set_owner_uid(beat->lease, uid) < 0)
        return;
    free(beat->uid);
    beat->uid = steal_ptr(uid);
    beat->due_ms = clock_now_ms();
}

/* Each period begins a period after the one before, however long a call takes; what was missed is not made up for. */
static int64_t next_due(int64_t due_ms, int64_t now_ms)
{
    return due_ms + ((now_ms - due_ms) / PERIOD_MS + 1) * PERIOD_MS;
}

/* One failure alone is no news: a kept connection may have ended. */
static void tell_failure(struct beat *beat, const char *message)
{
    if (beat->backoff.failures == 0)
        return;
    if (!beat->troubled)
        log_warning("node %s: its heartbeat can't be sent, trying on: %s", beat->name, message);
    beat->troubled = true;
}

static void tell_success(struct beat *beat)
{
    if (beat->troubled)
        log_info("node %s: its heartbeat is sent again", beat->name);
    beat->troubled = false;
}

static void beat_once(struct node_heartbeat *heartbeat, struct beat *beat)
{
    cleanup_error struct error error = {NULL};
    enum kube_lease_result result = kube_lease_renew(beat->lease, heartbeat->client, TIMEOUT_MS, NULL, &error);
    if (atomic_load(&heartbeat->stopping))
        return;
    if (result == KUBE_LEASE_OURS) {
        tell_success(beat);
        kube_backoff_reset(&beat->backoff);
        beat->due_ms = next_due(beat->due_ms, clock_now_ms());
        return;
    }
    if (result == KUBE_LEASE_HELD_BY_OTHER)
        error_set(&error, "the Lease is held by \"%s\"", kube_lease_holder(beat->lease));
    tell_failure(beat, error_message(&error));
    beat->due_ms = clock_now_ms() + kube_backoff_next(&beat->backoff);
}

static int64_t earliest_due(const struct node_heartbeat *heartbeat)
{
    int64_t due_ms = clock_now_ms() + PERIOD_MS;
    for (size_t i = 0; i < heartbeat->count; i++)
        if (heartbeat->beats[i].due_ms < due_ms)
            due_ms = heartbeat->beats[i].due_ms;
    return due_ms;
}

static void *run(void *context)
{
    struct node_heartbeat *heartbeat = context;
    while (!atomic_load(&heartbeat->stopping)) {
        for (size_t i = 0; i < heartbeat->count && !atomic_load(&heartbeat->stopping); i++) {
            take_uid(heartbeat, &heartbeat->beats[i]);
            if (heartbeat->beats[i].due_ms <= clock_now_ms())
                beat_once(heartbeat, &heartbeat->beats[i]);
        }
        if (!atomic_load(&heartbeat->stopping))
            node_alarm_wait(&heartbeat->alarm, earliest_due(heartbeat));
    }
    return NULL;
}

int node_heartbeat_start(struct node_heartbeat *heartbeat, struct error *error)
{
    int cause = pthread_create(&heartbeat->thread, NULL, run, heartbeat);
    if (cause != 0)
        return error_set(error, "the heartbeat's thread can't be started: %s", strerror(cause));
    heartbeat->started = true;
    return 0;
}

void node_heartbeat_stop(struct node_heartbeat *heartbeat)
{
    if (!heartbeat)
        return;
    atomic_store(&heartbeat->stopping, true);
    if (heartbeat->started) {
        kube_client_stop(heartbeat->client);
        node_alarm_wake(&heartbeat->alarm);
        pthread_join(heartbeat->thread, NULL);
    }
    for (size_t i = 0; i < heartbeat->count; i++) {
        kube_lease_free(heartbeat->beats[i].lease);
        free(heartbeat->beats[i].uid);
        free(heartbeat->beats[i].new_uid);
    }
    free(heartbeat->beats);
    kube_client_free(heartbeat->client);
    node_alarm_release(&heartbeat->alarm);
    pthread_mutex_destroy(&heartbeat->mutex);
    free(heartbeat);
}
