/* `kubectl iotedge status`: what the connector says of each edge Deployment on each hub. */
#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/connector_answer.h"
#include "cli/table.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"

#include <string.h>

static const char *const headings[] = {"NAMESPACE", "NAME",      "HUB",    "STATE",     "TARGETED",
                                       "APPLIED",   "SUCCEEDED", "FAILED", "LAST SYNC", "CONFIGURATION"};

static void add_count(struct table *table, const cJSON *devices, const char *name)
{
    char text[24] = "-";
    int64_t number;

    if (json_int64(devices, name, &number))
        snprintf(text, sizeof text, "%lld", (long long)number);
    table_add(table, text);
}

/* How long ago by the connector's own clock: "12s", "3m", "2h". */
static void add_age(struct table *table, const cJSON *answer, const char *hub)
{
    const cJSON *found = answer_find_hub(answer, hub);
    int64_t then_ms, now_ms;
    char text[32] = "-";

    if (clock_parse_rfc3339(json_string_or(found, "lastSync", ""), &then_ms) &&
        clock_parse_rfc3339(json_string_or(answer, "time", ""), &now_ms)) {
        long long seconds = (now_ms - then_ms) / 1000;

        if (seconds < 120)
            snprintf(text, sizeof text, "%llds", seconds);
        else if (seconds < 7200)
            snprintf(text, sizeof text, "%lldm", seconds / 60);
        else
            snprintf(text, sizeof text, "%lldh", seconds / 3600);
    }
    table_add(table, text);
}

static void add_row(struct table *table, const cJSON *answer, const cJSON *deployment, const cJSON *place)
{
    const cJSON *devices = json_get(place, "devices");
    const char *hub = json_string_or(place, "hub", "-");

    table_add(table, json_string_or(deployment, "namespace", ""));
    table_add(table, json_string_or(deployment, "name", ""));
    table_add(table, hub);
    table_add(table, place ? json_string_or(place, "state", "") : answer_state_without_hub(deployment));
    add_count(table, devices, "targeted");
    add_count(table, devices, "applied");
    add_count(table, devices, "succeeded");
    add_count(table, devices, "failed");
    add_age(table, answer, hub);
    table_add(table, json_string_or(place, "configuration", "-"));
}

static void print_table(const cJSON *answer, FILE *out)
{
    cleanup_table struct table table = {.columns = array_length(headings)};
    const cJSON *deployment = NULL, *place = NULL;

    for (size_t i = 0; i < array_length(headings); i++)
        table_add(&table, headings[i]);
    cJSON_ArrayForEach(deployment, json_get(answer, "deployments"))
    {
        if (cJSON_GetArraySize(json_get(deployment, "hubs")) == 0)
            add_row(&table, answer, deployment, NULL);
        cJSON_ArrayForEach(place, json_get(deployment, "hubs")) add_row(&table, answer, deployment, place);
    }
    table_print(&table, out);
}

static void print_changes(const cJSON *calls, FILE *out)
{
    const cJSON *call = NULL;

    cJSON_ArrayForEach(call, calls)
    {
        fprintf(out, "  %s%s %s: %s\n", cJSON_IsTrue(json_get(call, "waits")) ? "later " : "",
                json_string_or(call, "action", ""), json_string_or(call, "id", ""), json_string_or(call, "why", ""));
    }
}

/* What is to change, or stands in the way. */
static void print_details(const cJSON *answer, FILE *out)
{
    const cJSON *deployment = NULL, *place = NULL;

    cJSON_ArrayForEach(deployment, json_get(answer, "deployments"))
    {
        cJSON_ArrayForEach(place, json_get(deployment, "hubs"))
        {
            const char *message = json_string(place, "message");
            const char *reason = json_string(place, "reason");

            if (!message)
                continue;
            fprintf(out, "%s/%s on %s: %s%s%s\n", json_string_or(deployment, "namespace", ""),
                    json_string_or(deployment, "name", ""), json_string_or(place, "hub", ""), reason ? reason : "",
                    reason ? ": " : "", message);
            print_changes(json_get(place, "changes"), out);
        }
    }
}

static void print_hubs(const cJSON *answer, FILE *out)
{
    const cJSON *hub = NULL, *absent = NULL;

    cJSON_ArrayForEach(hub, json_get(answer, "hubs"))
    {
        const char *name = json_string_or(hub, "name", "");

        if (strcmp(json_string_or(hub, "state", ""), "ok") != 0)
            fprintf(out, "hub %s: %s\n", name, json_string_or(hub, "state", ""));
        if (cJSON_GetArraySize(json_get(hub, "gone")) > 0)
            fprintf(out, "hub %s, of Deployments that are gone:\n", name);
        print_changes(json_get(hub, "gone"), out);
        cJSON_ArrayForEach(absent, json_get(hub, "absent"))
        {
            fprintf(out,
                    "%s/%s on %s: the Deployment is not there; its end was not seen, so its configurations stay "
                    "until it is certain\n",
                    json_string_or(absent, "namespace", ""), json_string_or(absent, "name", ""), name);
        }
    }
}

enum cli_exit status_command(const struct options *options, FILE *out, FILE *err)
{
    cleanup_cluster_connection struct cluster_connection cluster = CLUSTER_CONNECTION_INIT;
    cleanup_json cJSON *answer = NULL;
    cleanup_error struct error error = {NULL};

    if (answer_status(&cluster, options, &answer, &error) < 0) {
        fprintf(err, "kubectl-iotedge: %s\n", error_message(&error));
        return CLI_FAILURE;
    }
    if (options->output == OUTPUT_JSON) {
        answer_print(answer, out);
        return answer_in_step(answer) ? CLI_OK : CLI_FINDINGS;
    }
    if (cJSON_GetArraySize(json_get(answer, "deployments")) > 0)
        print_table(answer, out);
    else
        fprintf(err, "No edge Deployments found%s%s.\n", cluster.namespace ? " in namespace " : "",
                cluster.namespace ? cluster.namespace : "");
    print_details(answer, out);
    print_hubs(answer, out);
    return answer_in_step(answer) ? CLI_OK : CLI_FINDINGS;
}
