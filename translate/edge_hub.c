#include "translate/edge_hub.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "translate/config_map.h"
#include "translate/members.h"
#include "translate/route.h"
#include "translate/twin_limits.h"

#include <string.h>

#define DEFAULT_ROUTE_NAME "route"
#define DEFAULT_ROUTE      "FROM /* INTO $upstream"
#define DEFAULT_TTL        7200
#define MAX_PRIORITY       9

#define STORE "storeAndForwardConfiguration"

static const char *const members[] = {"schemaVersion", "routes", STORE, NULL};
static const char *const route_members[] = {"route", "priority", "timeToLiveSecs", NULL};
static const char *const store_members[] = {"timeToLiveSecs", "storeLimits", NULL};
static const char *const limit_members[] = {"maxSizeBytes", NULL};

/* A missing number is fine. */
static void check_number(const cJSON *object, const char *name, int64_t least, int64_t most, const char *path,
                         struct findings *findings)
{
    const cJSON *item = json_get(object, name);
    char place[FIELD_PATH_SIZE];
    char shown[32];
    int64_t number;

    if (!item || (json_int64(object, name, &number) && number >= least && number <= most))
        return;
    (void)snprintf(shown, sizeof(shown), "%.15g", item->valuedouble);
    findings_add_error(findings, FIELD_INVALID, field_path(place, "%s.%s", path, name),
                       cJSON_IsNumber(item)   ? shown
                       : cJSON_IsString(item) ? item->valuestring
                                              : json_type_name(item),
                       "must be a whole number from %lld to %lld", (long long)least, (long long)most);
}

static void check_route_text(const cJSON *item, const char *path, struct findings *findings)
{
    cleanup_error struct error error = {NULL};

    if (!cJSON_IsString(item))
        findings_add_error(findings, FIELD_INVALID, path, json_type_name(item),
                           "must be a string such as FROM /messages/* INTO $upstream");
    else if (route_check(item->valuestring, &error) < 0)
        findings_add_error(findings, FIELD_INVALID, path, item->valuestring, "%s", error_message(&error));
}

static void check_route(const cJSON *item, const char *path, struct findings *findings)
{
    char place[FIELD_PATH_SIZE];

    if (!cJSON_IsObject(item)) {
        check_route_text(item, path, findings);
        return;
    }
    config_map_check_members(item, path, route_members, findings);
    field_path(place, "%s.route", path);
    if (json_get(item, "route"))
        check_route_text(json_get(item, "route"), place, findings);
    else
        findings_add_error(findings, FIELD_REQUIRED, place, NULL, "such as FROM /messages/* INTO $upstream");
    check_number(item, "priority", 0, MAX_PRIORITY, path, findings);
    check_number(item, "timeToLiveSecs", 0, UINT32_MAX, path, findings);
}

static void check_routes(const cJSON *routes, const char *path, struct findings *findings)
{
    if (!routes)
        return;
    if (!cJSON_IsObject(routes)) {
        findings_add_error(findings, FIELD_INVALID, path, json_type_name(routes),
                           "must be an object of names and routes");
        return;
    }
    for (const cJSON *item = routes->child; item; item = item->next) {
        char place[FIELD_PATH_SIZE];

        field_path(place, "%s[%s]", path, item->string);
        if (!twin_key_is_legal(item->string))
            findings_add_error(findings, FIELD_INVALID, path, item->string,
                               "the name of a route has no blanks and none of . $ #");
        check_route(item, place, findings);
    }
}

static void check_store(const cJSON *store, const char *path, struct findings *findings)
{
    const cJSON *limits = json_get(store, "storeLimits");
    char place[FIELD_PATH_SIZE];

    if (!store)
        return;
    if (!cJSON_IsObject(store)) {
        findings_add_error(findings, FIELD_INVALID, path, json_type_name(store), "must be an object");
        return;
    }
    config_map_check_members(store, path, store_members, findings);
    check_number(store, "timeToLiveSecs", INT32_MIN, INT32_MAX, path, findings);
    if (!limits)
        return;
    field_path(place, "%s.storeLimits", path);
    if (!cJSON_IsObject(limits)) {
        findings_add_error(findings, FIELD_INVALID, place, json_type_name(limits), "must be an object");
        return;
    }
    config_map_check_members(limits, place, limit_members, findings);
    check_number(limits, "maxSizeBytes", 1, (INT64_C(1) << 52) - 1, place, findings);
}

void edge_hub_check(const cJSON *desired, const char *path, struct findings *findings)
{
    const cJSON *version = json_get(desired, "schemaVersion");
    char place[FIELD_PATH_SIZE];

    if (!desired)
        return;
    config_map_check_members(desired, path, members, findings);
    if (version && strcmp(json_string_or(desired, "schemaVersion", ""), "1.0") != 0 &&
        strcmp(json_string_or(desired, "schemaVersion", ""), "1.1") != 0)
        findings_add_error(findings, FIELD_NOT_SUPPORTED, field_path(place, "%s.schemaVersion", path),
                           cJSON_IsString(version) ? version->valuestring : json_type_name(version),
                           "supported values: \"1.0\", \"1.1\"");
    check_routes(json_get(desired, "routes"), field_path(place, "%s.routes", path), findings);
    check_store(json_get(desired, STORE), field_path(place, "%s." STORE, path), findings);
}

/* Objects as routes came with 1.1. */
static const char *schema_version(const cJSON *desired)
{
    const cJSON *routes = json_get(desired, "routes");

    for (const cJSON *item = routes ? routes->child : NULL; item; item = item->next) {
        if (cJSON_IsObject(item))
            return "1.1";
    }
    return json_string_or(desired, "schemaVersion", "1.0");
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
