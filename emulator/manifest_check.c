#include "emulator/manifest_check.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "emulator/create_options.h"

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

static int module_check(const char *name, const cJSON *module, bool user_module, struct error *error)
{
    static const char *const statuses[] = {"running", "stopped"};
    static const char *const policies[] = {"never", "on-failure", "on-unhealthy", "always"};
    const cJSON *policy = json_get(module, "restartPolicy");
    const char *type = json_string(module, "type");
    cleanup_json cJSON *options = NULL;

    if (!type || strcmp(type, "docker") != 0)
        return error_set(error, "module %s: type must be docker", name);
    if (is_blank(json_string(json_get(module, "settings"), "image")))
        return error_set(error, "module %s: settings.image is missing", name);
    if (user_module && !is_one_of(json_string(module, "status"), statuses, array_length(statuses)))
        return error_set(error, "module %s: status must be running or stopped", name);
    if (emulator_create_options_read(json_get(module, "settings"), &options, error) < 0)
        return error_wrap(error, "module %s", name);
    if (policy && !is_one_of(json_string(module, "restartPolicy"), policies, array_length(policies)))
        return error_set(error, "module %s: restartPolicy must be never, on-failure, on-unhealthy or always", name);
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

int emulator_manifest_check_hub(const cJSON *desired, struct error *error)
{
    const char *version = json_string(desired, "schemaVersion");
    long minor, patch;

    if (!version_parse(version, &minor, &patch) || minor > 3)
        error_set(error, "schemaVersion must be 1.0 to 1.3");
    else if (!cJSON_IsObject(json_get(desired, "routes")))
        error_set(error, "routes must be an object");
    else if (!cJSON_IsObject(json_get(desired, "storeAndForwardConfiguration")))
        error_set(error, "storeAndForwardConfiguration is missing");
    else
        return APPLIED;
    return INVALID;
}
