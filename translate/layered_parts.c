#include "translate/layered_parts.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "translate/members.h"

#include <string.h>

#define ONLY_BASE                                                                                                      \
    "only a base deployment can say it; give the layer ConfigMaps of its own with "                                    \
    "metadata.annotations[" ANNOTATION_CONFIGMAP_PREFIX "]"

void layered_check_parts(const struct parts *parts, const char *edge_agent_path, const char *edge_hub_path,
                         struct findings *findings)
{
    char path[FIELD_PATH_SIZE];
    const cJSON *item;

    cJSON_ArrayForEach(item, parts->edge_agent) findings_add_error(
        findings, FIELD_FORBIDDEN, field_path(path, "%s.%s", edge_agent_path, item->string), NULL, "%s", ONLY_BASE);
    cJSON_ArrayForEach(item, parts->edge_hub)
    {
        if (strcmp(item->string, "routes") != 0)
            findings_add_error(findings, FIELD_FORBIDDEN, field_path(path, "%s.%s", edge_hub_path, item->string), NULL,
                               "%s", ONLY_BASE);
    }
}

bool layered_has_routes(const struct parts *parts)
{
    const cJSON *routes = json_get(parts->edge_hub, "routes");

    return routes && routes->child;
}

static void write_number(struct json_writer *writer, const cJSON *route, const char *name)
{
    int64_t number;

    if (json_int64(route, name, &number))
        json_member_int(writer, name, number);
}

static void write_route(struct json_writer *writer, const cJSON *route)
{
    if (cJSON_IsString(route)) {
        json_add_string(writer, route->valuestring);
        return;
    }
    json_begin_object(writer);
    json_member_string(writer, "route", json_string_or(route, "route", ""));
    write_number(writer, route, "priority");
    write_number(writer, route, "timeToLiveSecs");
    json_end_object(writer);
}

void layered_write_routes(struct json_writer *writer, const struct parts *parts)
{
    size_t count;
    cleanup_free const cJSON **sorted = members_sort(json_get(parts->edge_hub, "routes"), &count, &writer->out->failed);

    for (size_t i = 0; i < count; i++) {
        cleanup_strbuf struct strbuf name = STRBUF_INIT;

        strbuf_add_format(&name, "properties.desired.routes.%s", sorted[i]->string);
        json_name(writer, strbuf_string(&name));
        write_route(writer, sorted[i]);
        writer->out->failed |= name.failed;
    }
}
