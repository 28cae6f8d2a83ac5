#include "server/pod_status.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/json_writer.h"

#include <string.h>

/* What one container's status will say. */
struct container_state {
    enum { CONTAINER_WAITING, CONTAINER_RUNNING, CONTAINER_TERMINATED } state;
    bool ready;
    unsigned restarts;
    int exit_code;
    int64_t started_wall_ms; /* 0: unknown */
    const char *reason, *message;
};

static const cJSON *find_named(const cJSON *array, const char *key, const char *value)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, array)
    {
        if (strcmp(json_string_or(item, key, ""), value) == 0)
            return item;
    }
    return NULL;
}

static int find_module(const struct manifest *manifest, const char *container)
{
    for (size_t i = 0; manifest && i < manifest->module_count; i++)
        if (strcmp(manifest->modules[i], container) == 0)
            return (int)i;
    return -1;
}

/* A judgement counts when the devices that the hub targets have all been seen in it. */
static bool states_complete(const struct pod_standing *standing)
{
    return standing->states && standing->hub_targeted >= 0 && standing->states->targeted > 0 &&
           (int64_t)standing->states->targeted >= standing->hub_targeted;
}

static struct container_state edge_container_state(const struct pod_standing *standing, int module, const char *summary)
{
    struct container_state waiting = {.state = CONTAINER_WAITING, .reason = "ContainerCreating", .message = summary};
    if (standing->reason) {
        waiting.reason = standing->reason;
        waiting.message = standing->message;
        return waiting;
    }
    if (!standing->on_hub) {
        waiting.reason = "EdgeDeploymentPending";
        return waiting;
    }
    if (!standing->states || module < 0)
        return waiting;
    const struct module_summary *found = &standing->states->modules[module];
    waiting.restarts = found->restarts;
    switch (found->phase) {
    case MODULE_RUNNING:
        return (struct container_state){
            .state = CONTAINER_RUNNING,
            .ready = states_complete(standing) &&
                     module_states_ready(standing->states, (size_t)module, standing->ready_percent),
            .restarts = found->restarts,
            .started_wall_ms = found->started_wall_ms};
    case MODULE_BACKOFF:
        waiting.reason = "CrashLoopBackOff";
        break;
    case MODULE_FAILED:
    case MODULE_STOPPED:
        return (struct container_state){.state = CONTAINER_TERMINATED,
                                        .restarts = found->restarts,
                                        .exit_code = found->exit_code,
                                        .reason = found->phase == MODULE_FAILED ? "Error" : "Completed",
                                        .message = summary};
    case MODULE_WAITING:
        /* Enough devices run it by ready-percent, although another one still waits. */
        if (states_complete(standing) && module_states_ready(standing->states, (size_t)module, standing->ready_percent))
            return (struct container_state){.state = CONTAINER_RUNNING, .ready = true, .restarts = found->restarts};
        break;
    }
    return waiting;
}

static struct container_state container_state(const struct pod_standing *standing, const char *name,
                                              const char *summary)
{
    struct container_state running = {.state = CONTAINER_RUNNING, .ready = true};
    int module = find_module(standing->manifest, name);
    switch (standing->kind) {
    case POD_FOREIGN:
        return running;
    case POD_UNMANAGED:
        return (struct container_state){
            .state = CONTAINER_WAITING, .reason = standing->reason, .message = standing->message};
    case POD_EDGE:
        /* An injected container has no device to run on; it must not hold up the others. */
        if (standing->manifest && module < 0)
            return running;
        return edge_container_state(standing, module, summary);
    }
    return running;
}

/* When a running container was there before, its start does not move. */
static void write_running(struct json_writer *writer, const struct container_state *state, const cJSON *before,
                          int64_t now_wall_s)
{
    char text[CLOCK_RFC3339_SIZE];
    const char *started = json_string(json_at(before, "state", "running", NULL), "startedAt");
    clock_format_rfc3339(state->started_wall_ms ? state->started_wall_ms / 1000 : now_wall_s, text);
    json_member_string(writer, "startedAt", state->started_wall_ms || !started ? text : started);
}

static void write_container(struct json_writer *writer, const cJSON *container, const struct container_state *state,
                            const cJSON *before, int64_t now_wall_s)
{
    static const char *const names[] = {"waiting", "running", "terminated"};
    json_begin_object(writer);
    json_member_string(writer, "name", json_string_or(container, "name", ""));
    json_member_string(writer, "image", json_string_or(container, "image", ""));
    json_member_string(writer, "imageID", "");
    json_member_bool(writer, "ready", state->ready);
    json_member_bool(writer, "started", state->state == CONTAINER_RUNNING);
    json_member_int(writer, "restartCount", state->restarts);
    json_name(writer, "state");
    json_begin_object(writer);
    json_name(writer, names[state->state]);
    json_begin_object(writer);
    if (state->state == CONTAINER_RUNNING) {
        write_running(writer, state, before, now_wall_s);
    } else {
        if (state->state == CONTAINER_TERMINATED)
            json_member_int(writer, "exitCode", state->exit_code);
        json_member_string(writer, "reason", state->reason);
        if (state->message)
            json_member_string(writer, "message", state->message);
    }
    json_end_object(writer);
    json_end_object(writer);
    json_end_object(writer);
}

struct condition {
    const char *type;
    bool status;
    const char *reason, *message;
};

static void write_condition(struct json_writer *writer, const struct condition *condition, const cJSON *before_all,
                            int64_t now_wall_s)
{
    const cJSON *before = find_named(before_all, "type", condition->type);
    const char *status = condition->status ? "True" : "False";
    char now[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(now_wall_s, now);
    bool same = before && strcmp(json_string_or(before, "status", ""), status) == 0;
    json_begin_object(writer);
    json_member_string(writer, "type", condition->type);
    json_member_string(writer, "status", status);
    json_member_string(writer, "lastTransitionTime", same ? json_string_or(before, "lastTransitionTime", now) : now);
    /* null takes away what an earlier status said. */
    json_member_string(writer, "reason", condition->reason);
    json_member_string(writer, "message", condition->message);
    json_end_object(writer);
}

/* A gate of the user's that is not True keeps the pod from being Ready, as the kubelet has it. */
static const char *closed_readiness_gate(const cJSON *pod)
{
    const cJSON *gate = NULL;
    cJSON_ArrayForEach(gate, json_at(pod, "spec", "readinessGates", NULL))
    {
        const char *type = json_string_or(gate, "conditionType", "");
        const cJSON *condition = find_named(json_at(pod, "status", "conditions", NULL), "type", type);
        if (strcmp(json_string_or(condition, "status", ""), "True") != 0)
            return type;
    }
    return NULL;
}

static void write_conditions(struct json_writer *writer, const cJSON *pod, bool ready, const char *unready,
                             int64_t now_wall_s, bool *ret_ready)
{
    const cJSON *before = json_at(pod, "status", "conditions", NULL);
    const char *gate = closed_readiness_gate(pod);
    cleanup_free char *gate_message = NULL;
    if (gate && asprintf(&gate_message, "corresponding condition of pod readiness gate \"%s\" is not True.", gate) < 0)
        gate_message = NULL;
    struct condition initialized = {"Initialized", true, NULL, NULL};
    struct condition containers = {"ContainersReady", ready, ready ? NULL : "ContainersNotReady",
                                   ready ? NULL : unready};
    struct condition pod_ready = {.type = "Ready", .status = ready && !gate};
    if (!ready) {
        pod_ready.reason = "ContainersNotReady";
        pod_ready.message = unready;
    } else if (gate) {
        pod_ready.reason = "ReadinessGatesNotReady";
        pod_ready.message = gate_message;
    }
    json_name(writer, "conditions");
    json_begin_array(writer);
    write_condition(writer, &initialized, before, now_wall_s);
    write_condition(writer, &pod_ready, before, now_wall_s);
    write_condition(writer, &containers, before, now_wall_s);
    json_end_array(writer);
    *ret_ready = pod_ready.status;
}

static const char *pod_phase(const cJSON *pod, const struct pod_standing *standing)
{
    bool ran = strcmp(json_string_or(json_get(pod, "status"), "phase", ""), "Running") == 0;
    /* A pod never goes back from Running: that would read as a new pod. */
    return ran || standing->kind == POD_FOREIGN || standing->on_hub ? "Running" : "Pending";
}

static void write_status(struct json_writer *writer, const cJSON *pod, const struct pod_standing *standing,
                         const char *message, int64_t now_wall_s, bool *ret_ready)
{
    const cJSON *before = json_get(pod, "status");
    char now[CLOCK_RFC3339_SIZE];
    int64_t generation = 0;
    clock_format_rfc3339(now_wall_s, now);
    cleanup_strbuf struct strbuf unready = STRBUF_INIT;

    json_member_string(writer, "phase", pod_phase(pod, standing));
    json_member_string(writer, "startTime", json_string_or(before, "startTime", now));
    json_member_string(writer, "reason", NULL);
    json_member_string(writer, "message", message);
    if (json_int64(json_get(pod, "metadata"), "generation", &generation) && generation > 0)
        json_member_int(writer, "observedGeneration", generation);

    json_name(writer, "containerStatuses");
    json_begin_array(writer);
    const cJSON *container = NULL;
    cJSON_ArrayForEach(container, json_at(pod, "spec", "containers", NULL))
    {
        const char *name = json_string_or(container, "name", "");
        struct container_state state = container_state(standing, name, message);
        write_container(writer, container, &state, find_named(json_get(before, "containerStatuses"), "name", name),
                        now_wall_s);
        if (!state.ready)
            strbuf_add_format(&unready, "%s%s", unready.length ? " " : "", name);
    }
    json_end_array(writer);

    bool ready = unready.length == 0;
    cleanup_free char *unready_message = NULL;
    if (!ready && asprintf(&unready_message, "containers with unready status: [%s]", strbuf_string(&unready)) < 0)
        unready_message = NULL;
    write_conditions(writer, pod, ready, unready_message, now_wall_s, ret_ready);
}

/* Whether everything the wanted value says is in the present one already. null wants a member absent; conditions are
 * found by their type, and when they changed does not count as saying something. */
static bool says_already(const cJSON *present, const cJSON *wanted);

static bool array_says_already(const cJSON *present, const cJSON *wanted)
{
    bool by_type = json_string(wanted->child, "type") != NULL;
    if (!by_type && cJSON_GetArraySize(present) != cJSON_GetArraySize(wanted))
        return false;
    const cJSON *other = present ? present->child : NULL;
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, wanted)
    {
        const cJSON *match = by_type ? find_named(present, "type", json_string_or(item, "type", "")) : other;
        if (!match || !says_already(match, item))
            return false;
        other = other ? other->next : NULL;
    }
    return true;
}

static bool says_already(const cJSON *present, const cJSON *wanted)
{
    if (cJSON_IsNull(wanted))
        return present == NULL || cJSON_IsNull(present) || (cJSON_IsString(present) && present->valuestring[0] == '\0');
    if (cJSON_IsArray(wanted))
        return cJSON_IsArray(present) && array_says_already(present, wanted);
    if (!cJSON_IsObject(wanted))
        return present && json_equal(present, wanted);
    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, wanted)
    {
        /* "" and 0 are left out by the API server where they are the default. */
        const cJSON *mine = json_get(present, member->string);
        if (!mine && cJSON_IsString(member) && member->valuestring[0] == '\0')
            continue;
        if (!says_already(mine, member))
            return false;
    }
    return true;
}

/* A container that left its state behind keeps nothing of it. */
static bool states_agree(const cJSON *present, const cJSON *wanted)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, json_get(wanted, "containerStatuses"))
    {
        const cJSON *mine =
            find_named(json_get(present, "containerStatuses"), "name", json_string_or(item, "name", ""));
        if (cJSON_GetArraySize(json_get(mine, "state")) != 1)
            return false;
    }
    return true;
}

static char *status_message(const struct pod_standing *standing)
{
    if (standing->message)
        return strdup(standing->message);
    if (standing->kind == POD_FOREIGN)
        return NULL;
    if (!standing->on_hub)
        return strdup("waiting for IoT Hub to take the deployment");
    if (standing->hub_targeted < 0 && (!standing->states || standing->states->targeted == 0))
        return strdup("waiting for IoT Hub to evaluate the deployment");
    if (!standing->states)
        return strdup("waiting for the devices' reports");
    return module_states_message(standing->states);
}

int pod_status_patch(const cJSON *pod, const struct pod_standing *standing, int64_t now_wall_s, char **ret_patch,
                     bool *ret_ready)
{
    cleanup_free char *message = status_message(standing);
    cleanup_strbuf struct strbuf status = STRBUF_INIT;
    struct json_writer writer = {.out = &status};
    json_begin_object(&writer);
    write_status(&writer, pod, standing, message, now_wall_s, ret_ready);
    json_end_object(&writer);
    if (status.failed)
        return -1;
    *ret_patch = NULL;
    cleanup_json cJSON *wanted = cJSON_Parse(strbuf_string(&status));
    if (!wanted)
        return -1;
    const cJSON *present = json_get(pod, "status");
    if (says_already(present, wanted) && states_agree(present, wanted))
        return 0;
    return asprintf(ret_patch, "{\"metadata\":{\"uid\":\"%s\"},\"status\":%s}",
                    json_string_or(json_get(pod, "metadata"), "uid", ""), strbuf_string(&status)) < 0
               ? -1
               : 0;
}
