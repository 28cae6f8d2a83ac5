/* `kubectl iotedge diff` without files: what the connector would change on the hubs now. */
#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/connector_answer.h"
#include "cli/line_diff.h"
#include "cli/pretty.h"
#include "cli/report.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"

#include <string.h>

struct live_diff {
    struct cluster_connection *cluster;
    const struct options *options;
    FILE *out, *err;
    cJSON *answers; /* for machines: all of them */
    bool differs, failed;
};

/* What is compared, line by line: without a content where one side's is not known. */
static char *text_of(const cJSON *side, bool contents)
{
    static const char *const members[] = {"id", "targetCondition", "priority", "labels", "content"};
    cleanup_strbuf struct strbuf json = STRBUF_INIT;
    cleanup_strbuf struct strbuf pretty = STRBUF_INIT;
    struct json_writer writer = {.out = &json};

    if (!cJSON_IsObject(side))
        return strdup("");
    json_begin_object(&writer);
    for (size_t i = 0; i < array_length(members); i++) {
        const cJSON *member = json_get(side, members[i]);

        if (!member || (!contents && strcmp(members[i], "content") == 0))
            continue;
        json_name(&writer, members[i]);
        json_add_value(&writer, member);
    }
    json_end_object(&writer);
    pretty_add(&pretty, strbuf_string(&json));
    strbuf_add_char(&pretty, '\n');
    return json.failed ? NULL : strbuf_steal(&pretty);
}

/* What is not on the other side for want of knowledge is no difference: of a Deployment that is held there is no call,
 * and so neither id nor labels. */
static void forget_unknown(cJSON *current, const cJSON *desired)
{
    static const char *const members[] = {"id", "labels"};

    for (size_t i = 0; i < array_length(members); i++)
        if (cJSON_IsObject(desired) && !json_get(desired, members[i]))
            cJSON_DeleteItemFromObjectCaseSensitive(current, members[i]);
}

static void print_place(struct live_diff *diff, const char *key, const cJSON *place)
{
    const char *hub = json_string_or(place, "hub", "");
    const cJSON *desired = json_get(place, "desired");
    cleanup_json cJSON *current = cJSON_Duplicate(json_get(place, "current"), true);
    bool contents = !json_string(place, "unknown");
    cleanup_strbuf struct strbuf hunks = STRBUF_INIT;

    forget_unknown(current, desired);
    cleanup_free char *old = text_of(current, contents);
    cleanup_free char *new = text_of(desired, contents);

    if (!old || !new || line_diff_add(&hunks, old, new, report_wants_colors(diff->out)) < 0) {
        diff->failed = true;
        return;
    }
    if (!hunks.length && !json_string(place, "message"))
        return;
    diff->differs = true;
    if (diff->options->output == OUTPUT_JSON)
        return;
    fprintf(diff->out, "%s on %s: %s%s%s\n", key, hub, json_string_or(place, "state", ""),
            json_string(place, "message") ? ": " : "", json_string_or(place, "message", ""));
    if (!contents)
        fprintf(diff->out, "the content on the hub is not shown: %s\n", json_string_or(place, "unknown", ""));
    if (hunks.length)
        fprintf(diff->out, "--- on %s\n+++ as %s says\n%s", hub, key, strbuf_string(&hunks));
}

/* A hub that has nothing of the Deployment, and is to have nothing, has nothing to show either. */
static bool is_of_interest(const cJSON *place)
{
    const char *state = json_string_or(place, "state", "");

    if (strcmp(state, "Absent") == 0 || strcmp(state, "Gone") == 0)
        return cJSON_IsObject(json_get(place, "current"));
    return strcmp(state, "InSync") != 0;
}

static void compare(struct live_diff *diff, const char *namespace, const char *name)
{
    cleanup_free char *path = cluster_connector_path("diff", namespace, name);
    cleanup_free char *key = NULL;
    cleanup_json cJSON *answer = NULL;
    cleanup_error struct error error = {NULL};
    const cJSON *place = NULL;

    if (!path || asprintf(&key, "%s/%s", namespace, name) < 0) {
        key = NULL;
        diff->failed = true;
        return;
    }
    if (cluster_ask_connector(diff->cluster, diff->options, path, &answer, &error) < 0) {
        fprintf(diff->err, "kubectl-iotedge: %s: %s\n", key, error_message(&error));
        diff->failed = true;
        return;
    }
    cJSON_ArrayForEach(place, json_get(answer, "hubs"))
    {
        if (!is_of_interest(place))
            continue;
        if (strcmp(json_string_or(place, "state", ""), "Unknown") == 0) {
            fprintf(diff->err, "kubectl-iotedge: %s on %s: %s\n", key, json_string_or(place, "hub", ""),
                    json_string_or(place, "message", ""));
            diff->failed = true;
            continue;
        }
        print_place(diff, key, place);
    }
    if (!cJSON_AddItemToArray(diff->answers, answer))
        diff->failed = true;
    else
        answer = NULL;
}

static bool is_in_sync(const cJSON *deployment)
{
    const cJSON *place = NULL;

    cJSON_ArrayForEach(place, json_get(deployment, "hubs"))
    {
        if (strcmp(json_string_or(place, "state", ""), "InSync") != 0)
            return false;
    }
    return true;
}

static void compare_gone(struct live_diff *diff, const cJSON *list)
{
    const cJSON *item = NULL;
    const char *last = "";

    cJSON_ArrayForEach(item, list)
    {
        const char *name = json_string_or(item, "name", "");

        if (strcmp(name, last) != 0)
            compare(diff, json_string_or(item, "namespace", ""), name);
        last = name;
    }
}

/* Only what the status does not show to be in step is worth a question. */
static void compare_all(struct live_diff *diff, const cJSON *status)
{
    const cJSON *deployment = NULL, *hub = NULL;

    cJSON_ArrayForEach(deployment, json_get(status, "deployments"))
    {
        if (!is_in_sync(deployment))
            compare(diff, json_string_or(deployment, "namespace", ""), json_string_or(deployment, "name", ""));
    }
    cJSON_ArrayForEach(hub, json_get(status, "hubs"))
    {
        compare_gone(diff, json_get(hub, "gone"));
        compare_gone(diff, json_get(hub, "absent"));
    }
}

enum cli_exit live_diff_command(const struct options *options, FILE *out, FILE *err)
{
    cleanup_cluster_connection struct cluster_connection cluster = CLUSTER_CONNECTION_INIT;
    cleanup_json cJSON *status = NULL;
    cleanup_json cJSON *answers = cJSON_CreateArray();
    cleanup_error struct error error = {NULL};
    struct live_diff diff = {&cluster, options, out, err, answers, false, !answers};

    if (answer_status(&cluster, options, &status, &error) < 0) {
        fprintf(err, "kubectl-iotedge: %s\n", error_message(&error));
        return CLI_FAILURE;
    }
    if (answers)
        compare_all(&diff, status);
    if (options->output == OUTPUT_JSON && answers)
        answer_print(answers, out);
    if (diff.failed)
        return CLI_FAILURE;
    return diff.differs ? CLI_FINDINGS : CLI_OK;
}
