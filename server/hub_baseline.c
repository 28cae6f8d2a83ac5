#include "server/hub_baseline.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "server/engine_state.h"
#include "server/hub_report.h"
#include "sync/condition_overlap.h"
#include "translate/manifest.h"

#include <string.h>

#define PAGE_SIZE   100
#define MOST_LISTED 50 /* devices in one line of the log */

static void forget_devices(struct hub_baseline_state *state)
{
    for (size_t i = 0; i < state->device_count; i++)
        free(state->devices[i].id);
    free(state->devices);
    free(state->continuation);
    state->devices = NULL;
    state->device_count = 0;
    state->continuation = NULL;
    state->phase = HUB_BASELINE_IDLE;
}

int hub_baseline_init(struct hub_worker *worker, struct error *error)
{
    const struct hub_baseline *said = &worker->hub->baseline;
    struct hub_baseline_state *state = &worker->baseline;
    *state = (struct hub_baseline_state){0};
    if (!said->wanted)
        return 0;
    state->content = manifest_baseline(&worker->system_modules);
    if (!state->content)
        return error_set(error, "out of memory");
    state->wish = (struct plan_baseline){.wanted = true,
                                         .confirmed = said->all_confirmed,
                                         .content = state->content,
                                         .target_condition = said->condition};
    return 0;
}

void hub_baseline_end(struct hub_worker *worker)
{
    forget_devices(&worker->baseline);
    free(worker->baseline.content);
    free(worker->baseline.listed);
    free(worker->baseline.told);
    worker->baseline = (struct hub_baseline_state){0};
}

void hub_baseline_forget(struct hub_worker *worker)
{
    forget_devices(&worker->baseline);
    worker->baseline.wish.confirmed = worker->hub->baseline.all_confirmed;
    worker->baseline.next_ask_ms = 0;
}

const struct plan_baseline *hub_baseline_wish(struct hub_worker *worker)
{
    return worker->hub->baseline.said ? &worker->baseline.wish : NULL;
}

/* One that is there for all these devices needs no word. */
static bool needs_word(const struct hub_worker *worker)
{
    const struct plan_baseline *wish = &worker->baseline.wish;
    if (!wish->wanted || wish->confirmed || !worker->observed.items)
        return false;
    for (size_t i = 0; i < worker->observed.count; i++)
        if (worker->observed.items[i].baseline &&
            condition_covers(worker->observed.items[i].target_condition, wish->target_condition))
            return false;
    return true;
}

int64_t hub_baseline_due(const struct hub_worker *worker)
{
    int64_t due_ms = worker->baseline.next_ask_ms;
    if (!needs_word(worker))
        return INT64_MAX;
    return due_ms < worker->next_query_ms ? worker->next_query_ms : due_ms;
}

/* --- the answer ------------------------------------------------------------------------------- */

static int compare_devices(const void *a, const void *b)
{
    return strcmp(((const struct hub_baseline_device *)a)->id, ((const struct hub_baseline_device *)b)->id);
}

static int add_devices(struct hub_baseline_state *state, const cJSON *page)
{
    size_t more = (size_t)cJSON_GetArraySize(page);
    struct hub_baseline_device *devices =
        reallocarray(state->devices, state->device_count + more + 1, sizeof(*devices));
    if (!devices)
        return -1;
    state->devices = devices;
    const cJSON *row = NULL;
    cJSON_ArrayForEach(row, page)
    {
        const char *id = json_string(row, "deviceId");
        char *copy = id ? strdup(id) : NULL;
        if (id && !copy)
            return -1;
        if (id)
            devices[state->device_count++] = (struct hub_baseline_device){copy, false};
    }
    return 0;
}

static void mark_configured(struct hub_baseline_state *state, const cJSON *page)
{
    const cJSON *row = NULL;
    cJSON_ArrayForEach(row, page)
    {
        const cJSON *configurations = json_get(row, "configurations");
        struct hub_baseline_device key = {.id = (char *)(uintptr_t)json_string(row, "deviceId")};
        if (!key.id || !configurations || !configurations->child || !state->device_count)
            continue;
        struct hub_baseline_device *device =
            bsearch(&key, state->devices, state->device_count, sizeof(key), compare_devices);
        if (device)
            device->configured = true;
    }
}

/* The devices that the operator has not confirmed, as a list for people; *ret_count says how many. */
static char *list_unconfirmed(const struct hub_worker *worker, size_t *ret_count)
{
    const struct hub_baseline_state *state = &worker->baseline;
    cleanup_strbuf struct strbuf list = STRBUF_INIT;
    size_t count = 0;
    for (size_t i = 0; i < state->device_count; i++) {
        const struct hub_baseline_device *device = &state->devices[i];
        if (device->configured || hub_baseline_confirms(&worker->hub->baseline, device->id))
            continue;
        if (count++ < MOST_LISTED)
            strbuf_add_format(&list, "%s%s", list.length ? ", " : "", device->id);
    }
    if (count > MOST_LISTED)
        strbuf_add_format(&list, " and %zu more", count - MOST_LISTED);
    *ret_count = count;
    return strbuf_steal(&list);
}

static void tell_unconfirmed(struct hub_worker *worker, char *list, size_t count)
{
    struct hub_baseline_state *state = &worker->baseline;
    if (!state->listed || !list || strcmp(state->listed, list) != 0)
        log_warning("hub %s: the baseline would come to %zu devices that no configuration targets yet, and take away "
                    "what was set on them by hand; confirm them in the hub's baselineConfirmed: %s",
                    worker->hub->name, count, list ? list : "");
    free(state->listed);
    state->listed = list;
}

/* All pages are there. */
static void judge(struct hub_worker *worker)
{
    struct hub_baseline_state *state = &worker->baseline;
    size_t count = 0;
    char *list = list_unconfirmed(worker, &count);
    state->wish.confirmed = count == 0;
    state->next_ask_ms = clock_now_ms() + worker->engine->config->resync_ms;
    forget_devices(state);
    if (count > 0)
        tell_unconfirmed(worker, list, count);
    else
        free(list);
    pthread_mutex_lock(&worker->engine->lock);
    worker->dirty = true;
    pthread_mutex_unlock(&worker->engine->lock);
}

/* Takes the way to the next page over. */
static int take_page(struct hub_worker *worker, const cJSON *page, char *continuation)
{
    struct hub_baseline_state *state = &worker->baseline;
    free(state->continuation);
    state->continuation = continuation;
    if (state->phase == HUB_BASELINE_DEVICES && add_devices(state, page) < 0)
        return -1;
    if (state->phase == HUB_BASELINE_CONFIGURED)
        mark_configured(state, page);
    if (continuation)
        return 0;
    if (state->phase == HUB_BASELINE_CONFIGURED) {
        judge(worker);
        return 0;
    }
    qsort(state->devices, state->device_count, sizeof(*state->devices), compare_devices);
    state->phase = HUB_BASELINE_CONFIGURED;
    return 0;
}

/* --- the question ----------------------------------------------------------------------------- */

static char *query_for(const struct hub_worker *worker)
{
    const char *condition = worker->baseline.wish.target_condition;
    bool all = strcmp(condition, "*") == 0;
    char *query = NULL;
    if (worker->baseline.phase == HUB_BASELINE_CONFIGURED)
        return strdup("SELECT deviceId, configurations FROM devices.modules WHERE moduleId = '$edgeAgent'");
    return asprintf(&query, "SELECT deviceId FROM devices WHERE capabilities.iotEdge = true%s%s%s", all ? "" : " AND (",
                    all ? "" : condition, all ? "" : ")") < 0
               ? NULL
               : query;
}

static enum iothub_result ask(struct hub_worker *worker, struct error *error)
{
    struct hub_baseline_state *state = &worker->baseline;
    cleanup_json cJSON *page = NULL;
    char *continuation = NULL;
    if (state->phase == HUB_BASELINE_IDLE)
        state->phase = HUB_BASELINE_DEVICES;
    cleanup_free char *query = query_for(worker);
    if (!query) {
        error_set(error, "out of memory");
        return IOTHUB_UNSENT;
    }
    enum iothub_result result =
        iothub_query(worker->client, query, PAGE_SIZE, state->continuation, &page, &continuation, error);
    if (result == IOTHUB_OK && take_page(worker, page, continuation) < 0) {
        error_set(error, "out of memory");
        result = IOTHUB_UNSENT;
    }
    if (result != IOTHUB_OK)
        forget_devices(state);
    return result;
}

void hub_baseline_step(struct hub_worker *worker)
{
    cleanup_error struct error error = {NULL};
    int64_t now_ms = clock_now_ms();
    int64_t wait_ms = rate_limit_wait(&worker->queries, now_ms);
    if (wait_ms > 0)
        worker->next_query_ms = now_ms + wait_ms;
    if (wait_ms > 0 || !hub_worker_take(worker, &worker->queries))
        return;
    enum iothub_result result = ask(worker, &error);
    if (result == IOTHUB_OK || result == IOTHUB_STOPPED)
        return;
    hub_report_query_trouble(worker, error_message(&error));
    worker->baseline.next_ask_ms = clock_now_ms() + worker->engine->config->error_backoff_ms;
}

int hub_baseline_ask_all(struct hub_worker *worker, struct error *error)
{
    if (!needs_word(worker))
        return 0;
    do {
        if (ask(worker, error) != IOTHUB_OK)
            return -1;
    } while (worker->baseline.phase != HUB_BASELINE_IDLE);
    return 0;
}

void hub_baseline_tell(struct hub_worker *worker, const char *problem)
{
    struct hub_baseline_state *state = &worker->baseline;
    /* Not before it is known which devices there are. */
    if (problem && needs_word(worker) && !state->listed)
        return;
    if (problem && state->told && strcmp(state->told, problem) == 0)
        return;
    free(state->told);
    state->told = problem ? strdup(problem) : NULL;
    if (!problem)
        return;
    log_warning("hub %s: %s", worker->hub->name, problem);
    cleanup_free char *message = NULL;
    if (asprintf(&message, "hub %s: %s", worker->hub->name, problem) < 0)
        message = NULL;
    else
        engine_tell_lease(worker->engine, "BaselineHeld", message);
}
