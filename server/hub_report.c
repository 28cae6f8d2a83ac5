#include "server/hub_report.h"

#include "common/clock.h"
#include "common/log.h"
#include "kube/message.h"

#include <stdlib.h>

#include <string.h>

static const char *reason_of(enum iothub_result result)
{
    switch (result) {
    case IOTHUB_UNAUTHORIZED:
        return "HubUnauthorized";
    case IOTHUB_THROTTLED:
        return "HubThrottled";
    default:
        return "HubUnreachable";
    }
}

/* The pods and the Lease are to show it. Guarded. */
static void tell(struct hub_worker *worker)
{
    engine_changed(worker->engine, CLUSTER_CHANGED);
    pthread_cond_signal(&worker->engine->leader_wake);
}

static void set_reachable(struct hub_worker *worker, bool reachable)
{
    worker->metrics->reachable = reachable;
    if (worker->reachable == reachable && worker->reachable_since_wall_s)
        return;
    worker->reachable = reachable;
    worker->ever_reachable = worker->ever_reachable || reachable;
    worker->reachable_since_wall_s = clock_wall_s();
}

/* All is well yet, but will not be when the hub forgets the old key: told while there is time. */
static void tell_credentials(struct hub_worker *worker)
{
    const char *told = worker->credentials_trouble;
    const char *trouble = iothub_client_credentials_trouble(worker->client);
    if (trouble ? told && kube_message_is_same(told, trouble) : !told)
        return;
    if (trouble)
        log_warning("hub %s: what we had goes on serving, but cannot be renewed: %s", worker->hub->name, trouble);
    else
        log_info("hub %s: key or token can be renewed again", worker->hub->name);
    free(worker->credentials_trouble);
    worker->credentials_trouble = trouble ? strdup(trouble) : NULL;
}

void hub_report_well(struct hub_worker *worker)
{
    tell_credentials(worker);
    pthread_mutex_lock(&worker->engine->lock);
    bool news = !worker->reachable || worker->trouble;
    set_reachable(worker, true);
    free(worker->trouble);
    worker->trouble = NULL;
    worker->trouble_reason = NULL;
    if (news) {
        log_info("hub %s: reached", worker->hub->name);
        tell(worker);
    }
    pthread_mutex_unlock(&worker->engine->lock);
}

void hub_report_trouble(struct hub_worker *worker, enum iothub_result result, const char *message)
{
    pthread_mutex_lock(&worker->engine->lock);
    /* A hub that asks us to wait is there. */
    if (result != IOTHUB_THROTTLED)
        set_reachable(worker, false);
    /* A sentence that differs in figures alone is no news to anybody. */
    if (!worker->trouble || !kube_message_is_same(worker->trouble, message)) {
        log_warning("hub %s: %s", worker->hub->name, message);
        free(worker->trouble);
        worker->trouble = strdup(message);
        worker->trouble_reason = reason_of(result);
        tell(worker);
    }
    pthread_mutex_unlock(&worker->engine->lock);
}

void hub_report_query_trouble(struct hub_worker *worker, const char *message)
{
    pthread_mutex_lock(&worker->engine->lock);
    bool same = message ? worker->query_trouble && kube_message_is_same(worker->query_trouble, message)
                        : worker->query_trouble == NULL;
    if (!same) {
        if (message)
            log_warning("hub %s: the devices' state cannot be read: %s", worker->hub->name, message);
        free(worker->query_trouble);
        worker->query_trouble = message ? strdup(message) : NULL;
        tell(worker);
    }
    pthread_mutex_unlock(&worker->engine->lock);
}

void hub_report_nothing(struct hub_worker *worker)
{
    struct engine *engine = worker->engine;
    pthread_mutex_lock(&engine->lock);
    free(worker->trouble);
    worker->trouble = NULL;
    worker->trouble_reason = NULL;
    free(worker->query_trouble);
    worker->query_trouble = NULL;
    worker->reachable = false;
    worker->reachable_since_wall_s = 0;
    worker->blocked_deletions = 0;
    engine->metrics->deletions_blocked = false;
    pthread_mutex_unlock(&engine->lock);
}
