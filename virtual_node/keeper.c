#include "virtual_node/keeper.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "kube/message.h"
#include "virtual_node/address.h"
#include "virtual_node/alarm.h"
#include "virtual_node/heartbeat.h"
#include "virtual_node/object.h"
#include "virtual_node/reports.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define PERIOD_MS         10000 /* how often the cluster is compared with what shall be */
#define HASTE_MS          1000  /* … while a node is not ready, or something failed */
#define REPORT_MS         60000 /* how often a status goes out that has not changed */
#define VERSION_PERIOD_MS 600000
#define TIMEOUT_MS        10000

struct node {
    const char *name;
    const char *hub;
    struct node_memory memory;
    bool seen;         /* its Node was there once */
    int64_t posted_ms; /* when its status went out last; 0: never */
    char *trouble;     /* what the log says that is wrong with it, or NULL */
    char *told[2];     /* what the log says that Ready and HubReachable are */
};

struct node_keeper {
    const struct node_config *config;
    struct kube_client *client;
    struct node_heartbeat *heartbeat;
    struct node_reports reports;
    struct node_alarm alarm;
    pthread_t thread;
    bool started;
    atomic_bool stopping;
    char *lease_path; /* of the connector's Lease */
    char *address;
    char *kubelet_version;
    int64_t version_due_ms;
    char *trouble; /* what the log says that is wrong with the connector's Lease, or NULL */
    struct node *nodes;
    char **names; /* of the nodes */
    size_t count;
};

static int make_lease_path(struct node_keeper *keeper, const struct kube_access *access)
{
    const char *own = kube_access_namespace(access);
    const char *chosen = keeper->config->lease_namespace;
    keeper->lease_path = kube_object_path("/apis/coordination.k8s.io/v1",
                                          chosen ? chosen
                                          : own  ? own
                                                 : "default",
                                          "leases", keeper->config->lease_name);
    return keeper->lease_path ? 0 : -1;
}

static int make_nodes(struct node_keeper *keeper)
{
    const struct hubs *hubs = &keeper->config->hubs;
    keeper->nodes = calloc(hubs->count, sizeof(*keeper->nodes));
    keeper->names = calloc(hubs->count, sizeof(*keeper->names));
    if (!keeper->nodes || !keeper->names)
        return -1;
    for (keeper->count = 0; keeper->count < hubs->count; keeper->count++) {
        char *name = hub_node_name(hubs->items[keeper->count].name);
        if (!name)
            return -1;
        keeper->names[keeper->count] = name;
        keeper->nodes[keeper->count].name = name;
        keeper->nodes[keeper->count].hub = hubs->items[keeper->count].name;
    }
    return 0;
}

static int make_parts(struct node_keeper *keeper, const struct kube_access *access, struct error *error)
{
    const char *address = keeper->config->address;
    keeper->address = address ? strdup(address) : node_address_find();
    if (!keeper->address || make_nodes(keeper) < 0 || make_lease_path(keeper, access) < 0)
        return error_set(error, "out of memory");
    if (node_alarm_init(&keeper->alarm, error) < 0 ||
        node_reports_init(&keeper->reports, &keeper->config->hubs, error) < 0 ||
        kube_client_new(access, "iot-edge-virtual-node/" VERSION, &keeper->client, error) < 0)
        return -1;
    return node_heartbeat_new(access, keeper->names, keeper->count, &keeper->heartbeat, error);
}

int node_keeper_new(const struct node_config *config, const struct kube_access *access, struct node_keeper **ret_keeper,
                    struct error *error)
{
    struct node_keeper *keeper = calloc(1, sizeof(*keeper));
    if (!keeper)
        return error_set(error, "out of memory");
    keeper->config = config;
    keeper->alarm = (struct node_alarm)NODE_ALARM_INIT;
    if (make_parts(keeper, access, error) < 0) {
        node_keeper_stop(keeper);
        return -1;
    }
    *ret_keeper = keeper;
    return 0;
}

/* *told is what the log said last about something. Returns whether it says that already, figures aside. */
static bool is_told(char **told, const char *message)
{
    if (*told && kube_message_is_same(*told, message))
        return true;
    free(*told);
    *told = strdup(message);
    return false;
}

static void tell_trouble(struct node_keeper *keeper, char **trouble, const char *what, const char *message)
{
    if (!atomic_load(&keeper->stopping) && !is_told(trouble, message))
        log_warning("%s: %s", what, message);
}

static void tell_no_trouble(char **trouble, const char *what)
{
    if (*trouble)
        log_info("%s: works again", what);
    free(*trouble);
    *trouble = NULL;
}

/* Once for each change of status or reason; a message may hold a figure that changes all the time. */
static void tell_condition(struct node *node, char **told, const struct node_condition *condition)
{
    cleanup_free char *state = NULL;
    const char *status = node_condition_status_text(condition->status);
    if (asprintf(&state, "%s %s", status, condition->reason) < 0) {
        state = NULL;
        return;
    }
    if (!is_told(told, state))
        log_info("node %s: %s is %s (%s): %s", node->name, condition->type, status, condition->reason,
                 condition->message);
}

/* The version that the node shows, as the API server's may change while we run. Without an answer the one before stays.
 */
static void read_version(struct node_keeper *keeper)
{
    cleanup_json cJSON *version = NULL;
    if (keeper->kubelet_version && clock_now_ms() < keeper->version_due_ms)
        return;
    int status = kube_call(keeper->client, "GET", "/version", NULL, NULL, TIMEOUT_MS, &version, NULL);
    if (status < 0 && keeper->kubelet_version)
        return;
    char *text = node_object_kubelet_version(json_string(version, "gitVersion"), VERSION);
    if (!text)
        return;
    free(keeper->kubelet_version);
    keeper->kubelet_version = text;
    keeper->version_due_ms = status == 200 ? clock_now_ms() + VERSION_PERIOD_MS : 0;
}

static void read_reports(struct node_keeper *keeper)
{
    cleanup_json cJSON *lease = NULL;
    cleanup_error struct error error = {NULL};
    int status = kube_call(keeper->client, "GET", keeper->lease_path, NULL, NULL, TIMEOUT_MS, &lease, &error);
    int64_t now_ms = clock_now_ms();
    if (status != 200 && status != 404) {
        node_reports_age(&keeper->reports, now_ms);
        tell_trouble(keeper, &keeper->trouble, "the connector's Lease", error_message(&error));
    } else if (node_reports_take(&keeper->reports, status == 200 ? lease : NULL, now_ms, &error) < 0) {
        tell_trouble(keeper, &keeper->trouble, "the connector's Lease", error_message(&error));
    } else {
        tell_no_trouble(&keeper->trouble, "the connector's Lease");
    }
}

static struct node_facts facts_of(const struct node_keeper *keeper, const struct node *node)
{
    return (struct node_facts){
        .name = node->name,
        .hub = node->hub,
        .address = keeper->address,
        .kubelet_version = keeper->kubelet_version,
        .pods = keeper->config->capacity_pods,
        .cpu = keeper->config->capacity_cpu,
        .memory = keeper->config->capacity_memory,
    };
}

/* A status went out; the answer is the Node as it is now. */
static void note_posted(struct node_keeper *keeper, size_t index, const cJSON *answer,
                        const struct node_condition *conditions)
{
    struct node *node = &keeper->nodes[index];
    const char *uid = json_string(json_get(answer, "metadata"), "uid");
    node->posted_ms = clock_now_ms();
    if (uid)
        node_heartbeat_set_uid(keeper->heartbeat, index, uid);
    tell_condition(node, &node->told[0], &conditions[0]);
    tell_condition(node, &node->told[1], &conditions[1]);
}

/* Taints are set now or never: whoever changes them later knows why. */
static int create_node(struct node_keeper *keeper, size_t index, struct error *error)
{
    struct node *node = &keeper->nodes[index];
    struct node_condition conditions[NODE_CONDITION_COUNT];
    struct node_facts facts = facts_of(keeper, node);
    cleanup_json cJSON *answer = NULL;
    node_status_judge(&keeper->reports.views[index], NULL, &node->memory, conditions);
    cleanup_free char *text = node_object_text(&facts, conditions, clock_wall_s());
    if (!text)
        return error_set(error, "out of memory");
    int status = kube_call(keeper->client, "POST", "/api/v1/nodes", NULL, text, TIMEOUT_MS, &answer, error);
    if (status < 200 || status >= 300)
        return -1;
    log_info("node %s: created%s", node->name, node->seen ? " anew, it had been deleted" : "");
    node->seen = true;
    note_posted(keeper, index, answer, conditions);
    return 0;
}

/* Returns the HTTP status or a negative number. */
static int patch_node(struct node_keeper *keeper, size_t index, const char *path, const cJSON *live,
                      const struct node_condition *conditions, struct error *error)
{
    struct node_facts facts = facts_of(keeper, &keeper->nodes[index]);
    cleanup_json cJSON *answer = NULL;
    cleanup_free char *status_path = NULL;
    cleanup_free char *patch = node_object_patch(&facts, conditions, live, clock_wall_s());
    if (!patch || asprintf(&status_path, "%s/status", path) < 0) {
        status_path = NULL;
        return error_set(error, "out of memory");
    }
    int status =
        kube_call(keeper->client, "PATCH", status_path, KUBE_STRATEGIC_MERGE_PATCH, patch, TIMEOUT_MS, &answer, error);
    if (status >= 200 && status < 300)
        note_posted(keeper, index, answer, conditions);
    return status;
}

static int update_node(struct node_keeper *keeper, size_t index, const char *path, const cJSON *live,
                       struct error *error)
{
    struct node *node = &keeper->nodes[index];
    struct node_condition conditions[NODE_CONDITION_COUNT];
    struct node_facts facts = facts_of(keeper, node);
    node_status_judge(&keeper->reports.views[index], live, &node->memory, conditions);
    if (!node->seen)
        log_info("node %s: found, its taints stay as they are", node->name);
    node->seen = true;
    bool fresh = node->posted_ms > 0 && clock_now_ms() - node->posted_ms < REPORT_MS;
    if (fresh && node_object_is_current(&facts, conditions, live))
        return 0;
    int status = patch_node(keeper, index, path, live, conditions, error);
    if (status == 404)
        return create_node(keeper, index, error);
    return status >= 200 && status < 300 ? 0 : -1;
}

static int keep_node(struct node_keeper *keeper, size_t index, struct error *error)
{
    cleanup_free char *escaped = kube_path_escape(keeper->nodes[index].name);
    cleanup_free char *path = NULL;
    cleanup_json cJSON *live = NULL;
    if (!escaped || asprintf(&path, "/api/v1/nodes/%s", escaped) < 0) {
        path = NULL;
        return error_set(error, "out of memory");
    }
    int status = kube_call(keeper->client, "GET", path, NULL, NULL, TIMEOUT_MS, &live, error);
    if (status == 404)
        return create_node(keeper, index, error);
    return status == 200 ? update_node(keeper, index, path, live, error) : -1;
}

/* Returns whether every node is there and ready. */
static bool keep_nodes(struct node_keeper *keeper)
{
    bool all_ready = true;
    for (size_t i = 0; i < keeper->count && !atomic_load(&keeper->stopping); i++) {
        struct node *node = &keeper->nodes[i];
        cleanup_error struct error error = {NULL};
        cleanup_free char *what = NULL;
        int result = keep_node(keeper, i, &error);
        all_ready = all_ready && result == 0 && node->memory.ready;
        if (asprintf(&what, "node %s", node->name) < 0)
            what = NULL;
        else if (result < 0)
            tell_trouble(keeper, &node->trouble, what, error_message(&error));
        else
            tell_no_trouble(&node->trouble, what);
    }
    return all_ready;
}

static void *run(void *context)
{
    struct node_keeper *keeper = context;
    int64_t due_ms = clock_now_ms();
    while (!atomic_load(&keeper->stopping)) {
        read_version(keeper);
        read_reports(keeper);
        int64_t period_ms = keeper->kubelet_version && keep_nodes(keeper) ? PERIOD_MS : HASTE_MS;
        int64_t now_ms = clock_now_ms();
        due_ms = due_ms + period_ms > now_ms ? due_ms + period_ms : now_ms + period_ms;
        if (!atomic_load(&keeper->stopping))
            node_alarm_wait(&keeper->alarm, due_ms);
    }
    return NULL;
}

int node_keeper_start(struct node_keeper *keeper, struct error *error)
{
    if (node_heartbeat_start(keeper->heartbeat, error) < 0)
        return -1;
    int cause = pthread_create(&keeper->thread, NULL, run, keeper);
    if (cause != 0)
        return error_set(error, "the nodes' thread can't be started: %s", strerror(cause));
    keeper->started = true;
    return 0;
}

static void free_nodes(struct node_keeper *keeper)
{
    for (size_t i = 0; i < keeper->count; i++) {
        free(keeper->nodes[i].trouble);
        free(keeper->nodes[i].told[0]);
        free(keeper->nodes[i].told[1]);
        free(keeper->names[i]);
    }
    free(keeper->nodes);
    free(keeper->names);
}

void node_keeper_stop(struct node_keeper *keeper)
{
    if (!keeper)
        return;
    atomic_store(&keeper->stopping, true);
    if (keeper->started) {
        kube_client_stop(keeper->client);
        node_alarm_wake(&keeper->alarm);
        pthread_join(keeper->thread, NULL);
    }
    node_heartbeat_stop(keeper->heartbeat);
    kube_client_free(keeper->client);
    node_reports_release(&keeper->reports);
    node_alarm_release(&keeper->alarm);
    free_nodes(keeper);
    free(keeper->lease_path);
    free(keeper->address);
    free(keeper->kubelet_version);
    free(keeper->trouble);
    free(keeper);
}
