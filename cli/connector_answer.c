#include "cli/connector_answer.h"

#include "cli/pretty.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"

#include <string.h>

const cJSON *answer_find_hub(const cJSON *answer, const char *name)
{
    const cJSON *hub = NULL;

    cJSON_ArrayForEach(hub, json_get(answer, "hubs"))
    {
        if (strcmp(json_string_or(hub, "name", ""), name) == 0)
            return hub;
    }
    return NULL;
}

const char *answer_plain_name(const char *name)
{
    static const char *const kinds[] = {"deployment/", "deployments/", "deploy/"};

    for (size_t i = 0; i < array_length(kinds); i++)
        if (strncmp(name, kinds[i], strlen(kinds[i])) == 0)
            return name + strlen(kinds[i]);
    return name;
}

static bool is_named(const cJSON *deployment, const struct options *options)
{
    for (size_t i = 0; i < options->name_count; i++)
        if (strcmp(answer_plain_name(options->names[i]), json_string_or(deployment, "name", "")) == 0)
            return true;
    return false;
}

/* Also what is gone has a name. */
static bool has_named(const cJSON *list, const char *name)
{
    const cJSON *item = NULL;

    cJSON_ArrayForEach(item, list)
    {
        if (strcmp(json_string_or(item, "name", ""), name) == 0)
            return true;
    }
    return false;
}

static bool is_known(const cJSON *answer, const char *name)
{
    const cJSON *hub = NULL;

    cJSON_ArrayForEach(hub, json_get(answer, "hubs"))
    {
        if (has_named(json_get(hub, "gone"), name) || has_named(json_get(hub, "absent"), name))
            return true;
    }
    return has_named(json_get(answer, "deployments"), name);
}

static int check_names(const cJSON *answer, const struct cluster_connection *cluster, const struct options *options,
                       struct error *error)
{
    for (size_t i = 0; i < options->name_count; i++) {
        const char *name = answer_plain_name(options->names[i]);

        if (!is_known(answer, name))
            return error_set(error, "the connector knows no edge Deployment %s%s%s", name,
                             cluster->namespace ? " in namespace " : "", cluster->namespace ? cluster->namespace : "");
    }
    return 0;
}

static void keep_named_of(cJSON *list, const struct options *options)
{
    cJSON *item = list ? list->child : NULL;

    while (item) {
        cJSON *next = item->next;

        if (!is_named(item, options))
            cJSON_Delete(cJSON_DetachItemViaPointer(list, item));
        item = next;
    }
}

static void keep_named(cJSON *answer, const struct options *options)
{
    const cJSON *hub = NULL;

    cJSON_ArrayForEach(hub, json_get(answer, "hubs"))
    {
        keep_named_of(json_get(hub, "gone"), options);
        keep_named_of(json_get(hub, "absent"), options);
    }
    keep_named_of(json_get(answer, "deployments"), options);
}

int answer_status(struct cluster_connection *cluster, const struct options *options, cJSON **ret_answer,
                  struct error *error)
{
    cleanup_free char *path = NULL;

    if (cluster_connect(options, cluster, error) < 0)
        return -1;
    path = cluster_connector_path("status", cluster->namespace, NULL);
    if (!path)
        return error_set(error, "no memory left");
    if (cluster_ask_connector(cluster, options, path, ret_answer, error) < 0)
        return -1;
    if (check_names(*ret_answer, cluster, options, error) < 0)
        return -1;
    if (options->name_count)
        keep_named(*ret_answer, options);
    return 0;
}

static bool is_scaled_to_zero(const cJSON *deployment)
{
    int64_t replicas;

    return json_int64(deployment, "replicas", &replicas) && replicas == 0;
}

const char *answer_state_without_hub(const cJSON *deployment)
{
    return is_scaled_to_zero(deployment) ? "ScaledToZero" : "Unplaced";
}

bool answer_in_step(const cJSON *answer)
{
    const cJSON *deployment = NULL, *place = NULL, *hub = NULL;

    cJSON_ArrayForEach(deployment, json_get(answer, "deployments"))
    {
        if (cJSON_GetArraySize(json_get(deployment, "hubs")) == 0 && !is_scaled_to_zero(deployment))
            return false;
        cJSON_ArrayForEach(place, json_get(deployment, "hubs"))
        {
            if (strcmp(json_string_or(place, "state", ""), "InSync") != 0)
                return false;
        }
    }
    cJSON_ArrayForEach(hub, json_get(answer, "hubs"))
    {
        if (cJSON_GetArraySize(json_get(hub, "gone")) > 0 || cJSON_GetArraySize(json_get(hub, "absent")) > 0)
            return false;
    }
    return true;
}

void answer_print(const cJSON *answer, FILE *out)
{
    cleanup_strbuf struct strbuf json = STRBUF_INIT;
    cleanup_strbuf struct strbuf pretty = STRBUF_INIT;
    struct json_writer writer = {.out = &json};

    json_add_value(&writer, answer);
    pretty_add(&pretty, strbuf_string(&json));
    fprintf(out, "%s\n", strbuf_string(&pretty));
}
