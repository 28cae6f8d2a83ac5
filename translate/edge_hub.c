#include "translate/edge_hub.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "translate/members.h"

#include <stdbool.h>

#define DEFAULT_ROUTE_NAME "route"
#define DEFAULT_ROUTE      "FROM /* INTO $upstream"
#define DEFAULT_TTL        7200

#define STORE "storeAndForwardConfiguration"

bool edge_hub_has_route_objects(const cJSON *desired)
{
    const cJSON *routes = json_get(desired, "routes");

    for (const cJSON *item = routes ? routes->child : NULL; item; item = item->next) {
        if (cJSON_IsObject(item))
            return true;
    }
    return false;
}

static const char *schema_version(const cJSON *desired)
{
    const char *version = json_string_or(desired, "schemaVersion", "1.0");

    return version[2] == '0' && edge_hub_has_route_objects(desired) ? "1.1" : version;
}

static void write_number(struct json_writer *writer, const cJSON *object, const char *name)
{
    int64_t number;

    if (json_int64(object, name, &number))
        json_member_int(writer, name, number);
}

static void write_routes(struct json_writer *writer, const cJSON *routes)
{
    size_t count;
    cleanup_free const cJSON **sorted = members_sort(routes, &count, &writer->out->failed);

    json_begin_object(writer);
    if (!routes)
        json_member_string(writer, DEFAULT_ROUTE_NAME, DEFAULT_ROUTE);
    for (size_t i = 0; i < count; i++) {
        json_name(writer, sorted[i]->string);
        if (cJSON_IsString(sorted[i])) {
            json_add_string(writer, sorted[i]->valuestring);
            continue;
        }
        json_begin_object(writer);
        json_member_string(writer, "route", json_string_or(sorted[i], "route", ""));
        write_number(writer, sorted[i], "priority");
        write_number(writer, sorted[i], "timeToLiveSecs");
        json_end_object(writer);
    }
    json_end_object(writer);
}

static void write_store(struct json_writer *writer, const cJSON *store)
{
    const cJSON *limits = json_get(store, "storeLimits");
    int64_t seconds;

    json_begin_object(writer);
    json_member_int(writer, "timeToLiveSecs", json_int64(store, "timeToLiveSecs", &seconds) ? seconds : DEFAULT_TTL);
    if (limits) {
        json_name(writer, "storeLimits");
        json_begin_object(writer);
        write_number(writer, limits, "maxSizeBytes");
        json_end_object(writer);
    }
    json_end_object(writer);
}

void edge_hub_write(struct json_writer *writer, const cJSON *desired)
{
    json_begin_object(writer);
    json_member_string(writer, "schemaVersion", schema_version(desired));
    json_name(writer, "routes");
    write_routes(writer, json_get(desired, "routes"));
    json_name(writer, STORE);
    write_store(writer, json_get(desired, STORE));
    json_end_object(writer);
}
