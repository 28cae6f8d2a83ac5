#include "common/banned.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "server/pod_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW 1795000000 /* 2026-11-18T11:06:40Z */

static char module01[] = "module01", module02[] = "module02", image1[] = "a:1", image2[] = "b:1";
static char *modules[] = {module01, module02};
static char *images[] = {image1, image2};
static const struct manifest manifest = {.modules = modules, .images = images, .module_count = 2};

static cJSON *parse(const char *text)
{
    cJSON *tree = NULL;
    struct error error = {NULL};
    if (json_parse(text, strlen(text), &tree, &error) < 0)
        fail_msg("%s", error_message(&error));
    return tree;
}

static cJSON *pod(const char *more_spec, const char *status)
{
    char text[4096];
    snprintf(text, sizeof(text),
             "{\"metadata\":{\"uid\":\"p1\",\"generation\":3},\"spec\":{%s\"containers\":[{\"name\":\"module01\","
             "\"image\":\"a:1\"},"
             "{\"name\":\"module02\",\"image\":\"b:1\"}]},\"status\":%s}",
             more_spec, status);
    return parse(text);
}

/* Both modules run on so many of two devices. */
static struct module_states states_of(struct module_summary summaries[2], unsigned running)
{
    for (size_t i = 0; i < 2; i++)
        summaries[i] = (struct module_summary){.running = running,
                                               .phase = running == 2 ? MODULE_RUNNING : MODULE_WAITING,
                                               .started_wall_ms = INT64_C(1794999000) * 1000};
    return (struct module_states){
        .targeted = 2, .applied = 2, .succeeded = running, .modules = summaries, .module_count = 2};
}

static struct pod_standing standing_of(const struct module_states *states)
{
    return (struct pod_standing){.kind = POD_EDGE,
                                 .on_hub = true,
                                 .manifest = &manifest,
                                 .states = states,
                                 .hub_targeted = 2,
                                 .ready_percent = 100};
}

/* The patch's status; NULL when there is no patch. */
static cJSON *patched(const cJSON *object, const struct pod_standing *standing, bool *ret_ready)
{
    cleanup_free char *patch = NULL;
    assert_int_equal(pod_status_patch(object, standing, NOW, &patch, ret_ready), 0);
    if (!patch)
        return NULL;
    cleanup_json cJSON *tree = parse(patch);
    assert_string_equal(json_string(json_get(tree, "metadata"), "uid"), "p1");
    return cJSON_DetachItemFromObjectCaseSensitive(tree, "status");
}

static const cJSON *condition(const cJSON *status, const char *type)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, json_get(status, "conditions"))
    {
        if (strcmp(json_string_or(item, "type", ""), type) == 0)
            return item;
    }
    return NULL;
}

static const cJSON *container_state(const cJSON *status, int index, const char *state)
{
    return json_at(cJSON_GetArrayItem(json_get(status, "containerStatuses"), index), "state", state, NULL);
}

static void all_devices_run_it(void **state)
{
    (void)state;
    struct module_summary summaries[2];
    struct module_states states = states_of(summaries, 2);
    struct pod_standing standing = standing_of(&states);
    bool ready = false;
    cleanup_json cJSON *object = pod("", "{\"phase\":\"Pending\"}");
    cleanup_json cJSON *status = patched(object, &standing, &ready);
    assert_true(ready);
    assert_string_equal(json_string(status, "phase"), "Running");
    assert_string_equal(json_string(condition(status, "Ready"), "status"), "True");
    assert_string_equal(json_string(condition(status, "ContainersReady"), "status"), "True");
    assert_null(condition(status, "PodScheduled"));
    assert_null(json_get(status, "podIP"));
    assert_string_equal(json_string(container_state(status, 0, "running"), "startedAt"), "2026-11-18T10:50:00Z");
    assert_string_equal(json_string(status, "message"), "2 devices targeted, 2 applied, 2 succeeded, 0 failed");
}

static void one_device_is_missing(void **state)
{
    (void)state;
    struct module_summary summaries[2];
    struct module_states states = states_of(summaries, 1);
    struct pod_standing standing = standing_of(&states);
    bool ready = true;
    cleanup_json cJSON *object = pod("", "{\"phase\":\"Pending\"}");
    cleanup_json cJSON *status = patched(object, &standing, &ready);
    assert_false(ready);
    assert_string_equal(json_string(status, "phase"), "Running");
    assert_string_equal(json_string(condition(status, "Ready"), "reason"), "ContainersNotReady");
    assert_string_equal(json_string(condition(status, "Ready"), "message"),
                        "containers with unready status: [module01 module02]");
    assert_string_equal(json_string(container_state(status, 1, "waiting"), "reason"), "ContainerCreating");
}

static void the_hub_targets_more_devices_than_were_seen(void **state)
{
    (void)state;
    struct module_summary summaries[2];
    struct module_states states = states_of(summaries, 2);
    struct pod_standing standing = standing_of(&states);
    bool ready = true;
    standing.hub_targeted = 3;
    cleanup_json cJSON *object = pod("", "{\"phase\":\"Pending\"}");
    cJSON_Delete(patched(object, &standing, &ready));
    assert_false(ready);
}

static void a_status_that_says_it_all_is_not_written_again(void **state)
{
    (void)state;
    struct module_summary summaries[2];
    struct module_states states = states_of(summaries, 2);
    struct pod_standing standing = standing_of(&states);
    bool ready = false;
    cleanup_json cJSON *object = pod("", "{\"phase\":\"Pending\"}");
    cJSON *status = patched(object, &standing, &ready);
    /* As the API server stores it: nulls are gone, conditions of others stand between. */
    cJSON_DeleteItemFromObjectCaseSensitive(status, "reason");
    const cJSON *each = NULL;
    cJSON_ArrayForEach(each, json_get(status, "conditions"))
    {
        cJSON_DeleteItemFromObjectCaseSensitive((cJSON *)each, "reason");
        cJSON_DeleteItemFromObjectCaseSensitive((cJSON *)each, "message");
    }
    cJSON_InsertItemInArray(json_get(status, "conditions"), 0,
                            parse("{\"type\":\"PodScheduled\",\"status\":\"True\"}"));
    cJSON_ReplaceItemInObjectCaseSensitive(object, "status", status);
    assert_null(patched(object, &standing, &ready));
    assert_true(ready);

    /* The node controller's Ready=False is repaired, and only what changed gets a new time. */
    cJSON_ReplaceItemInObjectCaseSensitive((cJSON *)condition(status, "Ready"), "status", cJSON_CreateString("False"));
    cJSON_ReplaceItemInObjectCaseSensitive((cJSON *)condition(status, "ContainersReady"), "lastTransitionTime",
                                           cJSON_CreateString("2026-01-01T00:00:00Z"));
    cleanup_json cJSON *repaired = patched(object, &standing, &ready);
    assert_string_equal(json_string(condition(repaired, "Ready"), "status"), "True");
    assert_string_equal(json_string(condition(repaired, "Ready"), "lastTransitionTime"), "2026-11-18T11:06:40Z");
    assert_string_equal(json_string(condition(repaired, "ContainersReady"), "lastTransitionTime"),
                        "2026-01-01T00:00:00Z");
}

static void what_stands_in_the_way_is_said(void **state)
{
    (void)state;
    struct pod_standing standing = standing_of(NULL);
    bool ready = true;
    standing.on_hub = false;
    standing.reason = "InvalidEdgeDeployment";
    standing.message = "configmap/edgehub: data[desiredProperties]: no JSON";
    cleanup_json cJSON *object = pod("", "{\"phase\":\"Running\",\"startTime\":\"2026-01-01T00:00:00Z\"}");
    cleanup_json cJSON *status = patched(object, &standing, &ready);
    assert_false(ready);
    assert_string_equal(json_string(status, "message"), standing.message);
    assert_string_equal(json_string(container_state(status, 0, "waiting"), "reason"), "InvalidEdgeDeployment");
    /* Never back to Pending, and the start stays. */
    assert_string_equal(json_string(status, "phase"), "Running");
    assert_string_equal(json_string(status, "startTime"), "2026-01-01T00:00:00Z");
}

static void a_foreign_pod_is_running_and_ready(void **state)
{
    (void)state;
    struct pod_standing standing = {.kind = POD_FOREIGN, .hub_targeted = -1};
    bool ready = false;
    cleanup_json cJSON *object = pod("", "{\"phase\":\"Pending\"}");
    cleanup_json cJSON *status = patched(object, &standing, &ready);
    assert_true(ready);
    assert_string_equal(json_string(status, "phase"), "Running");
    assert_non_null(container_state(status, 1, "running"));
}

static void an_injected_container_does_not_hold_up_the_others(void **state)
{
    (void)state;
    struct module_summary summaries[2];
    struct module_states states = states_of(summaries, 2);
    struct pod_standing standing = standing_of(&states);
    bool ready = false;
    cleanup_json cJSON *object = pod("", "{\"phase\":\"Pending\"}");
    cJSON_AddItemToArray(json_at(object, "spec", "containers", NULL), parse("{\"name\":\"proxy\",\"image\":\"p\"}"));
    cleanup_json cJSON *status = patched(object, &standing, &ready);
    assert_true(ready);
    assert_int_equal(cJSON_GetArraySize(json_get(status, "containerStatuses")), 3);
}

static void a_closed_readiness_gate_keeps_it_from_ready(void **state)
{
    (void)state;
    struct module_summary summaries[2];
    struct module_states states = states_of(summaries, 2);
    struct pod_standing standing = standing_of(&states);
    bool ready = true;
    cleanup_json cJSON *object = pod("\"readinessGates\":[{\"conditionType\":\"x/y\"}],", "{\"phase\":\"Pending\"}");
    cleanup_json cJSON *status = patched(object, &standing, &ready);
    assert_false(ready);
    assert_string_equal(json_string(condition(status, "ContainersReady"), "status"), "True");
    assert_string_equal(json_string(condition(status, "Ready"), "reason"), "ReadinessGatesNotReady");
}

static void a_module_that_backs_off(void **state)
{
    (void)state;
    struct module_summary summaries[2];
    struct module_states states = states_of(summaries, 2);
    bool ready = true;
    summaries[0] = (struct module_summary){.running = 1, .phase = MODULE_BACKOFF, .restarts = 4, .exit_code = 1};
    states.succeeded = 1;
    states.failed = 1;
    struct pod_standing standing = standing_of(&states);
    cleanup_json cJSON *object = pod("", "{\"phase\":\"Pending\"}");
    cleanup_json cJSON *status = patched(object, &standing, &ready);
    assert_false(ready);
    assert_string_equal(json_string(container_state(status, 0, "waiting"), "reason"), "CrashLoopBackOff");
    assert_non_null(container_state(status, 1, "running"));
    int64_t restarts = 0;
    assert_true(json_int64(cJSON_GetArrayItem(json_get(status, "containerStatuses"), 0), "restartCount", &restarts));
    assert_int_equal(restarts, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_devices_run_it),
        cmocka_unit_test(one_device_is_missing),
        cmocka_unit_test(the_hub_targets_more_devices_than_were_seen),
        cmocka_unit_test(a_status_that_says_it_all_is_not_written_again),
        cmocka_unit_test(what_stands_in_the_way_is_said),
        cmocka_unit_test(a_foreign_pod_is_running_and_ready),
        cmocka_unit_test(an_injected_container_does_not_hold_up_the_others),
        cmocka_unit_test(a_closed_readiness_gate_keeps_it_from_ready),
        cmocka_unit_test(a_module_that_backs_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
