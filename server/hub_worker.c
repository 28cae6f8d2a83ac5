/* One thread a hub: passes over its configurations, device queries, absences. What is due is decided here. */
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/node_labels.h"
#include "server/engine_state.h"
#include "server/hub_absence.h"
#include "server/hub_baseline.h"
#include "server/hub_call.h"
#include "server/hub_pass.h"
#include "server/hub_question.h"
#include "server/hub_report.h"
#include "server/hub_status.h"
#include "server/memory.h"

#define BURST    3    /* calls at once; the others are paced */
#define IDLE_MS  1000 /* while another one leads */
#define RETRY_MS 1000 /* what was due and is due yet */

bool hub_worker_leads(const struct hub_worker *worker)
{
    return !worker->engine->stopping && engine_leads(worker->engine) && worker->term == worker->engine->term;
}

bool hub_worker_take(struct hub_worker *worker, struct rate_limit *budget)
{
    if (!hub_worker_leads(worker) || rate_limit_take(budget, clock_now_ms()) > 0)
        return false;
    worker->exchanges = 0;
    return true;
}

/* A call may need two: a read that met a dead connection, a token that was refused. */
static void note_exchange(void *context, enum iothub_operation operation, int status, int64_t nanoseconds)
{
    struct hub_worker *worker = context;
    struct rate_limit *budget = operation == IOTHUB_QUERY ? &worker->queries : &worker->configuration_calls;
    metrics_observe_hub(worker->metrics, operation, status, nanoseconds);
    if (operation == IOTHUB_TOKEN)
        return;
    if (worker->exchanges++ > 0)
        rate_limit_charge(budget, clock_now_ms());
    rate_limit_ended(budget, clock_now_ms());
}

/* Another process may have spent the hub's budget until now. What it did shows in the list. */
static void begin_term(struct hub_worker *worker, unsigned term)
{
    rate_limit_begin(&worker->configuration_calls, clock_now_ms());
    rate_limit_begin(&worker->queries, clock_now_ms());
    hub_pass_forget(worker);
    hub_refusals_release(&worker->refusals);
    hub_status_forget(worker);
    hub_baseline_forget(worker);
    worker->failures = worker->query_failures = 0;
    worker->metrics->consecutive_errors = 0;
    worker->next_list_ms = worker->next_query_ms = 0;
    worker->term = term;
}

/* Whether it is this process that works, and everything is known that is needed for it. Begins and ends terms. */
static bool is_on_duty(struct hub_worker *worker)
{
    struct engine *engine = worker->engine;
    pthread_mutex_lock(&engine->lock);
    bool leads = engine_leads(engine) && !engine->stopping, synced = engine_synced(engine);
    unsigned term = engine->term;
    pthread_mutex_unlock(&engine->lock);
    if (!leads && worker->term) {
        worker->term = 0;
        hub_report_nothing(worker);
    }
    if (leads && worker->term != term)
        begin_term(worker, term);
    return leads && synced;
}

static bool status_is_due(struct hub_worker *worker)
{
    pthread_mutex_lock(&worker->engine->lock);
    bool due = worker->failures == 0 && hub_status_due(worker) <= clock_now_ms();
    pthread_mutex_unlock(&worker->engine->lock);
    return due;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When there is something to do again; 0: now. Guarded. */
static int64_t next_due(const struct hub_worker *worker)
{
    int64_t due_ms = hub_pass_due(worker);
    if (worker->failures > 0)
        return due_ms;
    due_ms = earlier(due_ms, hub_baseline_due(worker));
    return earlier(due_ms, earlier(hub_status_due(worker), hub_absence_due(worker)));
}

static void wait_until_due(struct hub_worker *worker, bool on_duty, bool worked)
{
    pthread_mutex_lock(&worker->engine->lock);
    int64_t now_ms = clock_now_ms();
    int64_t wait_ms = on_duty ? next_due(worker) - now_ms : IDLE_MS;
    /* What is due although nothing could be done about it must not become a race. */
    if (wait_ms <= 0 && !worked && !worker->dirty && !worker->judge)
        wait_ms = RETRY_MS;
    /* Questions are answered from what is known of the hub, and wait for it. */
    bool asked = on_duty && worker->observed.items && !TAILQ_EMPTY(&worker->questions);
    if (wait_ms > 0 && !asked)
        engine_wait(worker->engine, &worker->wake, wait_ms);
    pthread_mutex_unlock(&worker->engine->lock);
}

void *hub_worker_run(void *context)
{
    struct hub_worker *worker = context;
    while (!worker->engine->stopping) {
        bool on_duty = is_on_duty(worker), worked = false;
        if (on_duty)
            worked = hub_pass_step(worker);
        if (worked && !worker->pass.open)
            memory_give_back();
        if (on_duty && !worked && worker->failures == 0 && hub_baseline_due(worker) <= clock_now_ms()) {
            hub_baseline_step(worker);
            worked = true;
        }
        if (on_duty && !worked && status_is_due(worker)) {
            hub_status_step(worker);
            worked = true;
        }
        if (on_duty && worker->failures == 0 && hub_worker_leads(worker))
            hub_absence_judge(worker);
        if (on_duty)
            hub_questions_answer(worker);
        wait_until_due(worker, on_duty, worked);
    }
    /* What was not made sure of may take effect yet, as what was cut off. */
    if (hub_call_is_open(worker))
        worker->engine->cut_off = true;
    return NULL;
}

/* --- life ------------------------------------------------------------------------------------- */

int hub_worker_init(struct hub_worker *worker, struct engine *engine, size_t index, struct error *error)
{
    const struct hub *hub = &engine->config->hubs.items[index];
    *worker = (struct hub_worker){.engine = engine,
                                  .hub = hub,
                                  .index = index,
                                  .metrics = &engine->metrics->hubs[index],
                                  .system_modules = {.edge_agent_image = hub->edge_agent_image,
                                                     .edge_hub_image = hub->edge_hub_image,
                                                     .edge_hub_create_options = hub->edge_hub_create_options}};
    TAILQ_INIT(&worker->standings);
    TAILQ_INIT(&worker->questions);
    hub_refusals_init(&worker->refusals);
    hub_drift_init(&worker->drift);
    absences_init(&worker->absences);
    engine_condition_init(&worker->wake);
    worker->node_name = hub_node_name(hub->name);
    worker->node_labels = worker->node_name ? node_labels_object(worker->node_name) : NULL;
    if (!worker->node_labels || rate_limit_init(&worker->configuration_calls, hub->calls_per_minute, BURST) < 0 ||
        rate_limit_init(&worker->queries, hub->queries_per_minute, BURST) < 0)
        return error_set(error, "out of memory");
    if (hub_baseline_init(worker, error) < 0)
        return -1;
    struct iothub_client_options options = {.connection_string_file = hub->connection_string_file,
                                            .host_name = hub->host_name,
                                            .identity = &hub->identity,
                                            .ca_file = hub->ca_file,
                                            .timeout_ms = (unsigned)engine->config->hub_timeout_ms,
                                            .user_agent = ENGINE_USER_AGENT,
                                            .observer = {note_exchange, worker}};
    worker->metrics->limit = hub->configuration_limit;
    if (iothub_client_new(&options, &worker->client, error) < 0)
        return error_wrap(error, "hub %s", hub->name);
    return kube_client_new(engine->access, ENGINE_USER_AGENT, &worker->kube, error);
}

void hub_worker_stop(struct hub_worker *worker)
{
    if (worker->client)
        iothub_client_stop(worker->client);
    if (worker->kube)
        kube_client_stop(worker->kube);
}

void hub_worker_release(struct hub_worker *worker)
{
    hub_pass_forget(worker);
    rate_limit_release(&worker->configuration_calls);
    rate_limit_release(&worker->queries);
    hub_standings_release(worker);
    hub_refusals_release(&worker->refusals);
    absences_release(&worker->absences);
    hub_status_forget(worker);
    hub_baseline_end(worker);
    explanation_release(&worker->outlook);
    cJSON_Delete(worker->node_labels);
    iothub_client_free(worker->client);
    kube_client_free(worker->kube);
    pthread_cond_destroy(&worker->wake);
    free(worker->node_name);
    free(worker->trouble);
    free(worker->query_trouble);
    free(worker->credentials_trouble);
}
