/* One thread for what is written to the cluster: pins gated pods to hubs, writes the status of the pods on our nodes,
 * completes their deletion, posts Events. What to do is decided under the lock, and done without it. */
#include "common/clock.h"
#include "server/engine_state.h"
#include "server/pod_placement.h"
#include "server/pod_report.h"

#define QUIET_MS       100   /* a pod that is being bound is in neither watch for a moment */
#define RECHECK_MS     10000 /* without any change */
#define FIRST_PAUSE_MS 1000  /* when the API server is in trouble */
#define LAST_PAUSE_MS  30000

/* Posts what waits; what could not be posted waits on. */
static bool post_events(struct engine *engine)
{
    struct event_queue events;
    event_queue_init(&events);
    pthread_mutex_lock(&engine->lock);
    event_queue_prepend(&events, &engine->events);
    pthread_mutex_unlock(&engine->lock);
    bool well = event_queue_post(&events, engine->reconciler_kube, ENGINE_COMPONENT);
    pthread_mutex_lock(&engine->lock);
    event_queue_prepend(&engine->events, &events);
    pthread_mutex_unlock(&engine->lock);
    return well;
}

/* Returns false when the API server is in trouble. */
static bool reconcile(struct engine *engine)
{
    struct pod_writes writes = STAILQ_HEAD_INITIALIZER(writes);
    pthread_mutex_lock(&engine->lock);
    engine->reconcile = false;
    int64_t now_ms = clock_now_ms();
    pod_placement_decide(engine, now_ms, &writes);
    pod_report_decide(engine, now_ms, &writes);
    pthread_mutex_unlock(&engine->lock);
    bool well = pod_writes_carry_out(engine, &writes);
    return well && (!engine_leads(engine) || post_events(engine));
}

static void pause_after_trouble(struct engine *engine, unsigned failures)
{
    int64_t until_ms = clock_now_ms() + backoff_ms(failures, FIRST_PAUSE_MS, LAST_PAUSE_MS);
    pthread_mutex_lock(&engine->lock);
    engine->reconcile = true;
    for (int64_t now_ms = clock_now_ms(); now_ms < until_ms && !engine->stopping; now_ms = clock_now_ms())
        engine_wait(engine, &engine->reconciler_wake, until_ms - now_ms);
    pthread_mutex_unlock(&engine->lock);
}

/* Waits for a change and then for a moment without one. */
static bool wait_for_work(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    if (!engine->reconcile)
        engine_wait(engine, &engine->reconciler_wake, RECHECK_MS);
    int64_t give_up_ms = clock_now_ms() + 10 * QUIET_MS;
    while (!engine->stopping && clock_now_ms() < give_up_ms) {
        engine->reconcile = false;
        engine_wait(engine, &engine->reconciler_wake, QUIET_MS);
        if (!engine->reconcile)
            break;
    }
    bool ready = !engine->stopping && engine_leads(engine) && engine_synced(engine);
    pthread_mutex_unlock(&engine->lock);
    return ready;
}

void *reconciler_run(void *context)
{
    struct engine *engine = context;
    unsigned failures = 0;
    while (!engine->stopping) {
        if (!wait_for_work(engine))
            continue;
        if (reconcile(engine))
            failures = 0;
        else
            pause_after_trouble(engine, failures++);
    }
    return NULL;
}
