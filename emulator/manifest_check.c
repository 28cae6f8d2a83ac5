#include "emulator/manifest_check.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "emulator/create_options.h"
#include "emulator/route.h"

enum { APPLIED = 200, INVALID = 400, BAD_VERSION = 412, NOTHING = 417 };

/* Reads "major.minor" or "major.minor.patch" whose major is 1. */
static bool version_parse(const char *text, long *minor, long *patch)
{
    char *end;

    *patch = 0;
    if (!text || strncmp(text, "1.", 2) != 0 || text[2] < '0' || text[2] > '9')
        return false;
    *minor = strtol(text + 2, &end, 10);
    if (*end == '.' && end[1] >= '0' && end[1] <= '9')
        *patch = strtol(end + 1, &end, 10);
    return *end == '\0';
}

static bool is_one_of(const char *text, const char *const *choices, size_t count)
{
    for (size_t i = 0; i < count && text; i++)
        if (strcmp(text, choices[i]) == 0)
            return true;
    return false;
}

static bool is_blank(const char *text)
{
    return !text || text[strspn(text, " \t\r\n")] == '\0';
}

/* The repository's image with a tag or a digest, not both: what edgeAgent's expression takes. The only host that may
 * begin with a dollar sign is the parent device's, with a port. */
static bool is_image(const char *image)
{
    static const char parent[] = "$upstream:";
    const char *name = strrchr(image, '/');

    if (*image == '$' && strncmp(image, parent, strlen(parent)) != 0)
        return false;
    name = name ? name + 1 : image;
    const char *colon = strchr(name, ':');
    if (*name == '\0' || colon == name)
        return false;
    return !colon || (colon[1] && !strchr(colon + 1, ':'));
}

static int environment_check(const cJSON *environment, struct error *error)
{
    const cJSON *variable;

    if (environment && !cJSON_IsObject(environment))
        return error_set(error, "env must be an object");
    cJSON_ArrayForEach(variable, environment)
    {
        if (!cJSON_IsObject(variable))
            return error_set(error, "env.%s must be an object with a value", variable->string);
    }
    return 0;
}

static int choice_check(const cJSON *module, const char *name, const char *const *choices, size_t count,
                        struct error *error)
{
    if (!json_get(module, name) || is_one_of(json_string(module, name), choices, count))
        return 0;
    return error_set(error, "%s is none of those that are known", name);
}

static int fields_check(const cJSON *module, struct error *error)
{
    static const char *const restarts[] = {"never", "on-failure", "on-unhealthy", "always"};
    static const char *const pulls[] = {"on-create", "never"};
    const char *image = json_string(json_get(module, "settings"), "image");
    int64_t order;

    if (is_blank(image))
        return error_set(error, "settings.image is missing");
    if (!is_image(image))
        return error_set(error, "image %s is not in the right format", image);
    if (choice_check(module, "restartPolicy", restarts, array_length(restarts), error) < 0 ||
        choice_check(module, "imagePullPolicy", pulls, array_length(pulls), error) < 0)
        return -1;
    if (json_get(module, "startupOrder") &&
        (!json_int64(module, "startupOrder", &order) || order < 0 || order > UINT32_MAX))
        return error_set(error, "startupOrder must be a whole number from 0 to 4294967295");
    return environment_check(json_get(module, "env"), error);
}

static int module_check(const char *name, const cJSON *module, bool user_module, struct error *error)
{
    /* "unknown" is a status that edgeAgent can read, and it starts nothing then. */
    static const char *const statuses[] = {"running", "stopped", "unknown"};
    const char *type = json_string(module, "type");
    cleanup_json cJSON *options = NULL;

    if (!type || strcmp(type, "docker") != 0)
        return error_set(error, "module %s: type must be docker", name);
    if (user_module && !is_one_of(json_string(module, "status"), statuses, array_length(statuses)))
        return error_set(error, "module %s: status must be running or stopped", name);
    if (fields_check(module, error) < 0 ||
        emulator_create_options_read(json_get(module, "settings"), &options, error) < 0)
        return error_wrap(error, "module %s", name);
    return 0;
}

static int modules_check(const cJSON *desired, struct error *error)
{
    const cJSON *modules = json_get(desired, "modules");
    const cJSON *module;

    if (module_check("edgeAgent", json_at(desired, "systemModules", "edgeAgent", NULL), false, error) < 0 ||
        module_check("edgeHub", json_at(desired, "systemModules", "edgeHub", NULL), true, error) < 0)
        return -1;
    if (modules && !cJSON_IsObject(modules))
        return error_set(error, "modules must be an object");
    cJSON_ArrayForEach(module, modules)
    {
        if (module_check(module->string, module, true, error) < 0)
            return -1;
    }
    return 0;
}

int emulator_manifest_check_agent(const cJSON *desired, struct error *error)
{
    const char *runtime = json_string(json_get(desired, "runtime"), "type");
    const char *version = json_string(desired, "schemaVersion");
    long minor, patch;

    if (!desired || !desired->child) {
        error_set(error, "there are no desired properties");
        return NOTHING;
    }
    if (!version) {
        error_set(error, "schemaVersion is missing");
        return INVALID;
    }
    if (!version_parse(version, &minor, &patch) || minor > 1 || (minor == 1 && patch > 0)) {
        error_set(error, "schemaVersion %s is not supported", version);
        return BAD_VERSION;
    }
    if (!runtime || strcmp(runtime, "docker") != 0) {
        error_set(error, "runtime.type must be docker");
        return INVALID;
    }
    return modules_check(desired, error) < 0 ? INVALID : APPLIED;
}

static int route_object_check(const cJSON *item, struct error *error)
{
    const cJSON *priority = json_get(item, "priority"), *lifetime = json_get(item, "timeToLiveSecs");
    int64_t number;

    if (priority && (!json_int64(item, "priority", &number) || number < 0 || number > 9))
        return error_set(error, "priority must be from 0 to 9");
    if (lifetime && (!json_int64(item, "timeToLiveSecs", &number) || number < 0 || number > UINT32_MAX))
        return error_set(error, "timeToLiveSecs must be from 0 to 4294967295");
    return 0;
}

static int route_check(const cJSON *item, bool objects, struct error *error)
{
    cleanup_route struct emulator_route route = {.source = NULL};
    const char *text = cJSON_IsString(item) ? item->valuestring : objects ? json_string(item, "route") : NULL;

    if (!text)
        return error_set(error, "it must be a string%s", objects ? " or an object with the string route" : "");
    /* In version 1.0 a blank route is left out. */
    if (is_blank(text))
        return objects ? error_set(error, "it is empty") : 0;
    if (cJSON_IsObject(item) && route_object_check(item, error) < 0)
        return -1;
    return emulator_route_parse(text, &route, error);
}

static int routes_check(const cJSON *routes, bool objects, struct error *error)
{
    const cJSON *item;

    if (!cJSON_IsObject(routes))
        return objects || routes ? error_set(error, "routes must be an object") : 0;
    cJSON_ArrayForEach(item, routes)
    {
        cleanup_error struct error reason = {NULL};
        if (objects && is_blank(item->string))
            return error_set(error, "a route has no name");
        if (route_check(item, objects, &reason) < 0)
            return error_set(error, "Error while parsing desired properties - route %s: %s", item->string,
                             error_message(&reason));
    }
    return 0;
}

static int store_check(const cJSON *store, struct error *error)
{
    int64_t seconds;

    if (!cJSON_IsObject(store))
        return error_set(error, "storeAndForwardConfiguration is missing");
    if (json_get(store, "timeToLiveSecs") &&
        (!json_int64(store, "timeToLiveSecs", &seconds) || seconds > INT32_MAX || seconds < INT32_MIN))
        return error_set(error, "storeAndForwardConfiguration.timeToLiveSecs must be a whole number of 32 bits");
    return 0;
}

int emulator_manifest_check_hub(const cJSON *desired, struct error *error)
{
    const char *version = json_string(desired, "schemaVersion");
    long minor, patch;

    if (!version_parse(version, &minor, &patch) || minor > 3) {
        error_set(error, "schemaVersion must be 1.0 to 1.3");
        return INVALID;
    }
    bool fine = routes_check(json_get(desired, "routes"), minor > 0, error) == 0 &&
                store_check(json_get(desired, "storeAndForwardConfiguration"), error) == 0;
    return fine ? APPLIED : INVALID;
}

bool emulator_manifest_routes_compile(const cJSON *desired)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, json_get(desired, "routes"))
    {
        cleanup_route struct emulator_route route = {.source = NULL};
        const char *text = cJSON_IsString(item) ? item->valuestring : json_string_or(item, "route", "");
        if (emulator_route_parse(text, &route, NULL) == 0 && emulator_route_compile(&route, NULL) < 0)
            return false;
    }
    return true;
}
