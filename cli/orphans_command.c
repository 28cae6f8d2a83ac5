/* `kubectl iotedge orphans`: what on a hub looks like ours, or the original connector's, and has no Deployment. */
#include "cli/commands.h"
#include "cli/connector_answer.h"
#include "cli/edge_deployments.h"
#include "cli/hub_connection.h"
#include "cli/table.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "sync/adoption.h"

#include <string.h>

struct search {
    const struct options *options;
    const char *owner;
    struct edge_deployments deployments;
    struct observed observed;
    cJSON *found;  /* objects */
    size_t others; /* configurations of other connectors */
    bool failed;
};

static void search_release(struct search *search)
{
    edge_deployments_release(&search->deployments);
    observed_release(&search->observed);
    cJSON_Delete(search->found);
}

#define cleanup_search __attribute__((cleanup(search_release)))

/* Takes why over, which is NULL without memory. */
static void add(struct search *search, const struct observed_configuration *configuration, const char *kind,
                const char *namespace, const char *name, char *why)
{
    cleanup_free char *owned = why;
    cleanup_json cJSON *orphan = cJSON_CreateObject();

    search->failed |=
        !owned || !cJSON_AddStringToObject(orphan, "id", configuration->id) ||
        !cJSON_AddStringToObject(orphan, "made", kind) ||
        (namespace && !cJSON_AddStringToObject(orphan, "namespace", namespace)) ||
        !cJSON_AddStringToObject(orphan, "name", name) ||
        !cJSON_AddNumberToObject(orphan, "priority", (double)configuration->priority) ||
        !cJSON_AddStringToObject(orphan, "targetCondition",
                                 configuration->target_condition ? configuration->target_condition : "") ||
        (configuration->targeted >= 0 &&
         !cJSON_AddNumberToObject(orphan, "targeted", (double)configuration->targeted)) ||
        !cJSON_AddStringToObject(orphan, "why", owned);
    if (!search->failed && cJSON_AddItemToArray(search->found, orphan))
        orphan = NULL;
}

static char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *text(const char *format, ...)
{
    cleanup_strbuf struct strbuf out = STRBUF_INIT;
    va_list arguments;

    va_start(arguments, format);
    strbuf_add_vformat(&out, format, arguments);
    va_end(arguments);
    return strbuf_steal(&out);
}

static void look_at_ours(struct search *search, const struct observed_configuration *configuration)
{
    const struct ownership *owned = &configuration->ownership;
    const char *hub = search->options->hub;

    if (!owned->namespace || !owned->name)
        return; /* of no Deployment at all, such as a baseline */
    if (search->options->namespace && strcmp(owned->namespace, search->options->namespace) != 0)
        return;
    if (!edge_deployments_have(&search->deployments, owned->namespace, owned->name))
        add(search, configuration, "here", owned->namespace, owned->name,
            ownership_outlives(owned)
                ? text("its Deployment is not there; reconcile-policy %s keeps it", owned->reconcile_policy)
                : text("its Deployment is not there; the connector deletes it when that is certain"));
    else if (hub && owned->hub && strcmp(owned->hub, hub) != 0)
        add(search, configuration, "here", owned->namespace, owned->name,
            text("its labels name the hub %s, which the connector does not call so any more", owned->hub));
}

/* "<name>-<hash>-<five letters>" without what is behind the name; NULL when it is not of that form. */
static char *name_of_leaked(const struct observed_configuration *configuration)
{
    size_t length = strlen(configuration->id);
    size_t ending = strlen(configuration->template_hash) + strlen("--") + 5;
    cleanup_free char *name = length > ending ? strndup(configuration->id, length - ending) : NULL;

    return name && adoption_is_leaked(configuration, name) ? steal_ptr(name) : NULL;
}

static void look_at_leaked(struct search *search, const struct observed_configuration *configuration)
{
    cleanup_free char *name = name_of_leaked(configuration);
    const char *key = name ? edge_deployments_named(&search->deployments, name) : NULL;

    if (name)
        add(search, configuration, "by the original connector", NULL, name,
            key ? text("no connector looks after it; Deployment %s has its name: adopt it", key)
                : text("no connector looks after it, and no edge Deployment has its name"));
}

static void look(struct search *search, const struct observed_configuration *configuration)
{
    const char *owner = configuration->ownership.owner;

    if (owner && strcmp(owner, search->owner) == 0)
        look_at_ours(search, configuration);
    else if (owner)
        search->others++;
    else if (configuration->template_hash && *configuration->template_hash)
        look_at_leaked(search, configuration);
}

/* --- printing --------------------------------------------------------------------------------- */

static void print_table(const struct search *search, FILE *out)
{
    static const char *const headings[] = {"ID", "MADE", "DEPLOYMENT", "PRIORITY", "TARGETED", "WHY"};
    cleanup_table struct table table = {.columns = array_length(headings)};
    const cJSON *orphan = NULL;

    for (size_t i = 0; i < array_length(headings); i++)
        table_add(&table, headings[i]);
    cJSON_ArrayForEach(orphan, search->found)
    {
        const char *namespace = json_string(orphan, "namespace");
        cleanup_free char *deployment =
            text("%s%s%s", namespace ? namespace : "", namespace ? "/" : "", json_string_or(orphan, "name", ""));
        cleanup_free char *priority = text("%.0f", json_get(orphan, "priority")->valuedouble);
        const cJSON *targeted = json_get(orphan, "targeted");
        cleanup_free char *devices = targeted ? text("%.0f", targeted->valuedouble) : text("-");

        table_add(&table, json_string_or(orphan, "id", ""));
        table_add(&table, json_string_or(orphan, "made", ""));
        table_add(&table, deployment ? deployment : "");
        table_add(&table, priority ? priority : "");
        table_add(&table, devices ? devices : "");
        table_add(&table, json_string_or(orphan, "why", ""));
    }
    table_print(&table, out);
}

static enum cli_exit print(const struct search *search, FILE *out, FILE *err)
{
    int count = cJSON_GetArraySize(search->found);

    if (search->options->output == OUTPUT_JSON)
        answer_print(search->found, out);
    else if (count)
        print_table(search, out);
    else
        fprintf(err, "No orphans found.\n");
    if (search->others && search->options->output != OUTPUT_JSON)
        fprintf(err, "%zu configurations are other connectors', and were not judged.\n", search->others);
    return count ? CLI_FINDINGS : CLI_OK;
}

static int read_all(struct search *search, struct cluster_connection *cluster, struct hub_connection *hub,
                    struct error *error)
{
    cleanup_json cJSON *list = NULL;

    if (hub_connect(search->options, cluster, hub, error) < 0 ||
        edge_deployments_list(cluster, NULL, &search->deployments, error) < 0)
        return -1;
    if (iothub_configurations_list(hub->client, &list, error) != IOTHUB_OK)
        return -1;
    search->owner = hub->owner;
    return observed_read(list, hub->owner, search->options->hub ? search->options->hub : "", &search->observed, error);
}

enum cli_exit orphans_command(const struct options *options, FILE *out, FILE *err)
{
    cleanup_cluster_connection struct cluster_connection cluster = CLUSTER_CONNECTION_INIT;
    cleanup_hub_connection struct hub_connection hub = HUB_CONNECTION_INIT;
    cleanup_search struct search search = {.options = options, .found = cJSON_CreateArray()};
    cleanup_error struct error error = {NULL};

    if (read_all(&search, &cluster, &hub, &error) < 0) {
        fprintf(err, "kubectl-iotedge: %s\n", error_message(&error));
        return CLI_FAILURE;
    }
    for (size_t i = 0; i < search.observed.count; i++)
        look(&search, &search.observed.items[i]);
    if (search.failed || !search.found) {
        fprintf(err, "kubectl-iotedge: no memory left\n");
        return CLI_FAILURE;
    }
    return print(&search, out, err);
}
