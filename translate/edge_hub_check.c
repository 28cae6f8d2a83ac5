#include "translate/edge_hub.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "translate/config_map.h"
#include "translate/route.h"
#include "translate/schema_version.h"
#include "translate/twin_limits.h"

#include <stdbool.h>
#include <string.h>

#define MAX_PRIORITY   9
#define MAX_MINOR      3
#define MAX_ROUTE_NAME 64

#define STORE "storeAndForwardConfiguration"

static const char *const members[] = {"schemaVersion", "routes", STORE, NULL};
/* Of schema versions 1.2 and 1.3: the MQTT broker is gone from edgeHub, and a signature could not be true for what is
 * translated. */
static const char *const dead_members[] = {"mqttBroker", "authorizations", "integrity", NULL};
static const char *const route_members[] = {"route", "priority", "timeToLiveSecs", NULL};
static const char *const store_members[] = {"timeToLiveSecs", "storeLimits", NULL};
static const char *const limit_members[] = {"maxSizeBytes", NULL};

static void check_route_text(const cJSON *item, const char *path, const char *name, struct findings *findings)
{
    cleanup_error struct error error = {NULL};
    char route[MAX_ROUTE_NAME];

    (void)snprintf(route, sizeof(route), "route %.40s", name);
    if (!cJSON_IsString(item))
        findings_add_error(findings, FIELD_INVALID, path, json_type_name(item),
                           "must be a string such as FROM /messages/* INTO $upstream");
    else if (strlen(item->valuestring) > TWIN_MAX_STRING)
        findings_add_error(findings, FIELD_TOO_LONG, path, NULL, "IoT Hub takes strings of at most %d bytes",
                           TWIN_MAX_STRING);
    else if (route_read(item->valuestring, route, NULL, NULL, findings, &error) < 0)
        findings_add_error(findings, FIELD_INVALID, path, item->valuestring, "%s", error_message(&error));
}

static void check_route(const cJSON *item, const char *path, struct findings *findings)
{
    char place[FIELD_PATH_SIZE];

    if (!cJSON_IsObject(item)) {
        check_route_text(item, path, item->string, findings);
        return;
    }
    config_map_check_members(item, path, route_members, findings);
    field_path(place, "%s.route", path);
    if (json_get(item, "route"))
        check_route_text(json_get(item, "route"), place, item->string, findings);
    else
        findings_add_error(findings, FIELD_REQUIRED, place, NULL, "such as FROM /messages/* INTO $upstream");
    config_map_check_number(item, "priority", 0, MAX_PRIORITY, path, findings);
    config_map_check_number(item, "timeToLiveSecs", 0, UINT32_MAX, path, findings);
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
    for (const cJSON *item = routes->child; item && !findings_is_full(findings); item = item->next) {
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
    config_map_check_number(store, "timeToLiveSecs", INT32_MIN, INT32_MAX, path, findings);
    if (!limits)
        return;
    field_path(place, "%s.storeLimits", path);
    if (!cJSON_IsObject(limits)) {
        findings_add_error(findings, FIELD_INVALID, place, json_type_name(limits), "must be an object");
        return;
    }
    config_map_check_members(limits, place, limit_members, findings);
    config_map_check_number(limits, "maxSizeBytes", 1, (INT64_C(1) << 52) - 1, place, findings);
}

static void check_schema_version(const cJSON *desired, const char *path, struct findings *findings)
{
    const cJSON *version = json_get(desired, "schemaVersion");
    struct schema_version read = {-1, -1, -1};
    char place[FIELD_PATH_SIZE];

    field_path(place, "%s.schemaVersion", path);
    if (!version)
        return;
    /* edgeHub looks at no more than the second number. */
    if (!schema_version_read(json_string_or(desired, "schemaVersion", ""), &read) || read.minor > MAX_MINOR)
        findings_add_error(findings, FIELD_NOT_SUPPORTED, place,
                           cJSON_IsString(version) ? version->valuestring : json_type_name(version),
                           "supported values: \"1.0\", \"1.1\", \"1.2\", \"1.3\"");
    else if (read.minor == 0 && edge_hub_has_route_objects(desired))
        findings_add_error(findings, FIELD_INVALID, place, version->valuestring,
                           "objects as routes need 1.1; leave it out, and the right one is chosen");
}

static bool is_listed(const char *name, const char *const *names)
{
    for (; *names; names++) {
        if (strcmp(name, *names) == 0)
            return true;
    }
    return false;
}

static void check_members(const cJSON *desired, const char *path, struct findings *findings)
{
    for (const cJSON *item = desired->child; item && !findings_is_full(findings); item = item->next) {
        if (is_listed(item->string, dead_members))
            findings_add_warning(findings, "%.20s of edgeHub is not forwarded: %s", item->string,
                                 strcmp(item->string, "integrity") == 0 ? "a signature cannot fit a translation"
                                                                        : "it has no MQTT broker any more");
        else if (!is_listed(item->string, members))
            findings_add_error(findings, FIELD_NOT_SUPPORTED, path, item->string,
                               "supported values: \"schemaVersion\", \"routes\", \"" STORE "\"");
    }
}

void edge_hub_check(const cJSON *desired, const char *path, struct findings *findings)
{
    char place[FIELD_PATH_SIZE];

    if (!desired)
        return;
    check_members(desired, path, findings);
    check_schema_version(desired, path, findings);
    check_routes(json_get(desired, "routes"), field_path(place, "%s.routes", path), findings);
    check_store(json_get(desired, STORE), field_path(place, "%s." STORE, path), findings);
}
