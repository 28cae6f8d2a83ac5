/* A hub's configurations for tests of sync/plan: the PUT matrix, immutable content, and an evaluation that comes when
 * the test says so. */
#ifndef TESTS_UNIT_SIM_HUB_H
#define TESTS_UNIT_SIM_HUB_H

#include "common/cleanup.h"
#include "common/json.h"
#include "sync/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

struct sim_hub {
    cJSON *list;
    unsigned changes; /* gives creation times and etags */
    const char *name;
    struct observed observed; /* as it was read last */
};

static inline void sim_hub_init(struct sim_hub *hub)
{
    *hub = (struct sim_hub){.list = cJSON_CreateArray(), .name = "hub0"};
}

static inline void sim_hub_release(struct sim_hub *hub)
{
    cJSON_Delete(hub->list);
    hub->list = NULL;
    observed_release(&hub->observed);
}

#define cleanup_sim_hub __attribute__((cleanup(sim_hub_release)))

static inline struct sim_hub sim_hub_copy(const struct sim_hub *hub)
{
    return (struct sim_hub){.list = cJSON_Duplicate(hub->list, true), .changes = hub->changes, .name = hub->name};
}

static inline cJSON *sim_json(const char *text)
{
    cJSON *tree = NULL;
    struct error error = {0};

    if (json_parse(text, strlen(text), &tree, &error) < 0)
        fail_msg("%s in %s", error_message(&error), text);
    return tree;
}

/* What owner "me" reads of it now; what was read whole stays so. */
static inline const struct observed *sim_hub_observe(struct sim_hub *hub)
{
    cleanup_observed struct observed before = hub->observed;
    struct error error = {0};

    hub->observed = (struct observed)OBSERVED_INIT;
    if (observed_read(hub->list, "me", hub->name, &hub->observed, &error) < 0)
        fail_msg("%s", error_message(&error));
    observed_inherit(&hub->observed, &before);
    return &hub->observed;
}

/* Brings an input up to date whose .observed is a simulated hub's. */
static inline void sim_hub_refresh(const struct plan_input *input)
{
    (void)sim_hub_observe((struct sim_hub *)((uintptr_t)input->observed - offsetof(struct sim_hub, observed)));
}

static inline cJSON *sim_hub_find(const struct sim_hub *hub, const char *id)
{
    for (cJSON *item = hub->list->child; item; item = item->next)
        if (strcmp(json_string_or(item, "id", ""), id) == 0)
            return item;
    return NULL;
}

static inline void sim_set(cJSON *object, const char *name, cJSON *value)
{
    if (json_get(object, name))
        cJSON_ReplaceItemInObjectCaseSensitive(object, name, value);
    else
        cJSON_AddItemToObject(object, name, value);
}

static inline void sim_set_etag(struct sim_hub *hub, cJSON *configuration)
{
    char etag[32];

    (void)snprintf(etag, sizeof etag, "etag-%u", ++hub->changes);
    sim_set(configuration, "etag", cJSON_CreateString(etag));
}

/* Adds a configuration as a PUT without If-Match does; the id must be free. */
static inline cJSON *sim_hub_put(struct sim_hub *hub, const char *body)
{
    cJSON *configuration = sim_json(body);
    char time[64];

    assert_null(sim_hub_find(hub, json_string(configuration, "id")));
    sim_set_etag(hub, configuration);
    (void)snprintf(time, sizeof time, "2026-11-23T%02u:%02u:%02u.5Z", hub->changes / 3600, hub->changes / 60 % 60,
                   hub->changes % 60);
    sim_set(configuration, "createdTimeUtc", cJSON_CreateString(time));
    sim_set(configuration, "systemMetrics", sim_json("{\"results\":{},\"queries\":{}}"));
    cJSON_AddItemToArray(hub->list, configuration);
    return configuration;
}

/* An update must bring the content that is there, since the hub keeps it whatever comes. */
static inline void sim_hub_update(struct sim_hub *hub, const struct plan_call *call)
{
    static const char *const mutable[] = {"labels", "targetCondition", "priority", "metrics"};
    cJSON *configuration = sim_hub_find(hub, call->id);
    cleanup_json cJSON *body = sim_json(call->body);

    assert_non_null(configuration);
    assert_string_equal(call->etag, json_string(configuration, "etag"));
    assert_string_equal(json_string(body, "id"), call->id);
    assert_true(json_equal(json_get(body, "content"), json_get(configuration, "content")));
    for (size_t i = 0; i < array_length(mutable); i++)
        sim_set(configuration, mutable[i], cJSON_Duplicate(json_get(body, mutable[i]), true));
    sim_set_etag(hub, configuration);
}

static inline void sim_hub_delete(struct sim_hub *hub, const struct plan_call *call)
{
    cJSON *configuration = sim_hub_find(hub, call->id);

    assert_non_null(configuration);
    assert_string_equal(call->etag, json_string(configuration, "etag"));
    cJSON_Delete(cJSON_DetachItemViaPointer(hub->list, configuration));
}

static inline void sim_hub_read(struct sim_hub *hub, const struct plan_call *call)
{
    struct error error = {0};

    (void)sim_hub_observe(hub);
    if (observed_put_whole(&hub->observed, call->id, cJSON_Duplicate(sim_hub_find(hub, call->id), true), "me",
                           hub->name, &error) < 0)
        fail_msg("%s", error_message(&error));
}

static inline void sim_hub_call(struct sim_hub *hub, const struct plan_call *call)
{
    switch (call->action) {
    case PLAN_CREATE:
        assert_null(call->etag);
        assert_string_equal(json_string(sim_hub_put(hub, call->body), "id"), call->id);
        break;
    case PLAN_READ:
        assert_null(call->body);
        sim_hub_read(hub, call);
        break;
    case PLAN_ADOPT:
    case PLAN_UPDATE:
        sim_hub_update(hub, call);
        break;
    case PLAN_DELETE:
        assert_null(call->body);
        sim_hub_delete(hub, call);
        break;
    }
}

static inline void sim_hub_evaluate_one(cJSON *configuration, int targeted)
{
    cJSON *results = cJSON_CreateObject();

    cJSON_AddNumberToObject(results, "targetedCount", targeted);
    sim_set(json_get(configuration, "systemMetrics"), "results", results);
}

static inline void sim_hub_evaluate(struct sim_hub *hub)
{
    for (cJSON *item = hub->list->child; item; item = item->next)
        sim_hub_evaluate_one(item, 1);
}

static inline bool sim_is_of(const cJSON *configuration, const char *name)
{
    const cJSON *labels = json_get(configuration, "labels");

    return strcmp(json_string_or(labels, "iot-edge-connector-owner", ""), "me") == 0 &&
           strcmp(json_string_or(labels, "iot-edge-connector-hub", ""), "hub0") == 0 &&
           strcmp(json_string_or(labels, "iot-edge-connector-name", ""), name) == 0;
}

/* How many carry the labels of that Deployment of owner "me" on hub "hub0". */
static inline unsigned sim_hub_count(const struct sim_hub *hub, const char *name)
{
    unsigned count = 0;

    for (const cJSON *item = hub->list->child; item; item = item->next)
        count += sim_is_of(item, name);
    return count;
}

/* As sim_hub_count, of those that were evaluated, so that devices have them. */
static inline unsigned sim_hub_count_evaluated(const struct sim_hub *hub, const char *name)
{
    unsigned count = 0;

    for (const cJSON *item = hub->list->child; item; item = item->next)
        count += sim_is_of(item, name) && cJSON_GetArraySize(json_at(item, "systemMetrics", "results", NULL)) > 0;
    return count;
}

#endif
