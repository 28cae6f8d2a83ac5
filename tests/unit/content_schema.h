/* The public JSON schemas of the edge agent's and the edge hub's desired properties, versions 1.0 and 1.1, and what the
 * devices ask for beyond them, written down as a check of its own: it shares nothing with the translation. */
#ifndef TESTS_UNIT_CONTENT_SCHEMA_H
#define TESTS_UNIT_CONTENT_SCHEMA_H

#include <cjson/cJSON.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The last thing that was wrong, for the message of the test. */
static char content_problem[512];

static inline bool content_fail(const char *where, const char *what)
{
    (void)snprintf(content_problem, sizeof(content_problem), "%s: %s", where, what);
    return false;
}

static inline const cJSON *content_get(const cJSON *object, const char *name)
{
    for (const cJSON *item = object ? object->child : NULL; item; item = item->next) {
        if (item->string && strcmp(item->string, name) == 0)
            return item;
    }
    return NULL;
}

static inline bool content_matches(const char *text, const char *pattern)
{
    regex_t regex;
    bool matches;

    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    matches = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return matches;
}

static inline bool content_is_one_of(const cJSON *item, const char *const *values)
{
    for (; cJSON_IsString(item) && *values; values++) {
        if (strcmp(item->valuestring, *values) == 0)
            return true;
    }
    return false;
}

/* additionalProperties: false, and the ones that are required; a name that begins with * is required. */
static inline bool content_check_members(const cJSON *object, const char *const *names, const char *where)
{
    if (!cJSON_IsObject(object))
        return content_fail(where, "no object");
    for (const char *const *name = names; *name; name++) {
        if (**name == '*' && !content_get(object, *name + 1))
            return content_fail(where, *name);
    }
    for (const cJSON *item = object->child; item; item = item->next) {
        bool known = false;

        for (const char *const *name = names; *name && !known; name++)
            known = strcmp(**name == '*' ? *name + 1 : *name, item->string) == 0;
        if (!known)
            return content_fail(where, item->string);
    }
    return true;
}

static inline bool content_check_env(const cJSON *env, const char *where)
{
    static const char *const members[] = {"*value", NULL};

    for (const cJSON *item = env ? env->child : NULL; item; item = item->next) {
        const cJSON *value = content_get(item, "value");

        if (!content_matches(item->string, "^[^+#$.[:space:]]+$"))
            return content_fail(where, item->string);
        if (!content_check_members(item, members, where))
            return false;
        if (!cJSON_IsString(value) && !cJSON_IsNumber(value) && !cJSON_IsBool(value))
            return content_fail(where, "env value");
        if (cJSON_IsString(value) && strlen(value->valuestring) > 4096)
            return content_fail(where, "env value is too long");
    }
    return true;
}

/* The pieces in the order in which the device wants them, together one JSON object. */
static inline bool content_check_settings(const cJSON *settings, const char *where)
{
    char text[64 * 1024] = "";
    cJSON *options;
    size_t length = 0;
    unsigned piece = 0;
    bool good;

    if (!cJSON_IsString(content_get(settings, "image")) || !*content_get(settings, "image")->valuestring)
        return content_fail(where, "image");
    for (const cJSON *item = settings->child; item; item = item->next) {
        char name[32] = "createOptions";

        if (strcmp(item->string, "image") == 0)
            continue;
        if (piece)
            (void)snprintf(name, sizeof(name), "createOptions%02u", piece);
        piece++;
        if (strcmp(item->string, name) != 0 || !cJSON_IsString(item) || strlen(item->valuestring) > 512)
            return content_fail(where, item->string);
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s", item->valuestring);
    }
    options = cJSON_Parse(text);
    good = cJSON_IsObject(options) && piece <= 100;
    cJSON_Delete(options);
    return good || content_fail(where, "createOptions");
}

static inline bool content_check_module(const cJSON *module, const char *where)
{
    static const char *const members[] = {"*type",           "*status",      "*restartPolicy", "version", "env",
                                          "imagePullPolicy", "startupOrder", "*settings",      NULL};
    static const char *const statuses[] = {"running", "stopped", NULL};
    static const char *const policies[] = {"never", "on-failure", "on-unhealthy", "always", NULL};
    static const char *const pulls[] = {"on-create", "never", NULL};
    static const char *const types[] = {"docker", NULL};
    const cJSON *order = content_get(module, "startupOrder");

    if (!content_check_members(module, members, where))
        return false;
    if (!content_is_one_of(content_get(module, "type"), types) ||
        !content_is_one_of(content_get(module, "status"), statuses) ||
        !content_is_one_of(content_get(module, "restartPolicy"), policies))
        return content_fail(where, "type, status or restartPolicy");
    if (content_get(module, "imagePullPolicy") && !content_is_one_of(content_get(module, "imagePullPolicy"), pulls))
        return content_fail(where, "imagePullPolicy");
    if (order && (!cJSON_IsNumber(order) || order->valuedouble < 0 || order->valuedouble > 4294967295.0))
        return content_fail(where, "startupOrder");
    return content_check_env(content_get(module, "env"), where) &&
           content_check_settings(content_get(module, "settings"), where);
}

static inline bool content_check_credentials(const cJSON *credentials)
{
    static const char *const members[] = {"*username", "*password", "*address", NULL};

    for (const cJSON *item = credentials ? credentials->child : NULL; item; item = item->next) {
        if (!content_matches(item->string, "^[^.$# ]+$"))
            return content_fail("registryCredentials", item->string);
        if (!content_check_members(item, members, "registryCredentials"))
            return false;
        for (const cJSON *text = item->child; text; text = text->next) {
            if (!cJSON_IsString(text) || !*text->valuestring)
                return content_fail("registryCredentials", text->string);
        }
        if (!content_matches(content_get(item, "address")->valuestring, "^[^[:space:]]+$"))
            return content_fail("registryCredentials", "address");
    }
    return true;
}

static inline bool content_check_system_modules(const cJSON *modules)
{
    static const char *const members[] = {"*edgeAgent", "*edgeHub", NULL};
    static const char *const agent[] = {"*type", "*settings", "imagePullPolicy", "env", NULL};
    static const char *const hub[] = {"*type",           "*settings",    "*status", "*restartPolicy",
                                      "imagePullPolicy", "startupOrder", "env",     NULL};

    if (!content_check_members(modules, members, "systemModules") ||
        !content_check_members(content_get(modules, "edgeAgent"), agent, "edgeAgent") ||
        !content_check_members(content_get(modules, "edgeHub"), hub, "edgeHub"))
        return false;
    for (const cJSON *item = modules->child; item; item = item->next) {
        if (!content_check_env(content_get(item, "env"), item->string) ||
            !content_check_settings(content_get(item, "settings"), item->string))
            return false;
    }
    return true;
}

/* startupOrder and imagePullPolicy came with 1.1. */
static inline bool content_has_newer(const cJSON *modules)
{
    for (const cJSON *item = modules ? modules->child : NULL; item; item = item->next) {
        if (content_get(item, "startupOrder") || content_get(item, "imagePullPolicy"))
            return true;
    }
    return false;
}

static inline bool content_check_modules(const cJSON *modules)
{
    for (const cJSON *item = modules ? modules->child : NULL; item; item = item->next) {
        if (!content_matches(item->string, "^[a-zA-Z0-9][a-zA-Z0-9_-]+$"))
            return content_fail("modules", item->string);
        if (!content_check_module(item, item->string))
            return false;
    }
    return true;
}

static inline bool content_check_agent(const cJSON *desired)
{
    static const char *const members[] = {"*schemaVersion", "*runtime", "*systemModules", "*modules", NULL};
    static const char *const runtime[] = {"*type", "*settings", NULL};
    static const char *const settings[] = {"minDockerVersion", "loggingOptions", "registryCredentials", NULL};
    const cJSON *version = content_get(desired, "schemaVersion");
    const cJSON *modules = content_get(desired, "modules");

    if (!content_check_members(desired, members, "$edgeAgent") ||
        !content_check_members(content_get(desired, "runtime"), runtime, "runtime") ||
        !content_check_members(content_get(content_get(desired, "runtime"), "settings"), settings, "settings"))
        return false;
    if (!cJSON_IsString(version) || !content_matches(version->valuestring, "^1\\.[01](\\.[0-9]+)*$") ||
        (content_matches(version->valuestring, "^1\\.0") &&
         (content_has_newer(modules) || content_has_newer(content_get(desired, "systemModules")))))
        return content_fail("$edgeAgent", "schemaVersion");
    return content_check_credentials(
               content_get(content_get(content_get(desired, "runtime"), "settings"), "registryCredentials")) &&
           content_check_system_modules(content_get(desired, "systemModules")) && content_check_modules(modules);
}

static inline bool content_check_route(const cJSON *route, bool objects)
{
    static const char *const members[] = {"*route", "priority", "timeToLiveSecs", NULL};
    const cJSON *priority = content_get(route, "priority");
    const cJSON *seconds = content_get(route, "timeToLiveSecs");

    if (cJSON_IsString(route))
        return *route->valuestring || content_fail("routes", route->string);
    if (!objects || !content_check_members(route, members, "routes"))
        return content_fail("routes", route->string);
    if (priority && (priority->valuedouble < 0 || priority->valuedouble > 9))
        return content_fail("routes", "priority");
    return !seconds || (seconds->valuedouble >= 0 && seconds->valuedouble <= 4294967295.0) ||
           content_fail("routes", "timeToLiveSecs");
}

static inline bool content_check_hub(const cJSON *desired)
{
    static const char *const members[] = {"*schemaVersion", "*routes", "*storeAndForwardConfiguration", NULL};
    static const char *const store[] = {"*timeToLiveSecs", "storeLimits", NULL};
    const cJSON *version = content_get(desired, "schemaVersion");
    const cJSON *routes = content_get(desired, "routes");

    if (!content_check_members(desired, members, "$edgeHub") ||
        !content_check_members(content_get(desired, "storeAndForwardConfiguration"), store, "store"))
        return false;
    if (!cJSON_IsString(version) || !content_matches(version->valuestring, "^1\\.[0-3](\\.[0-9]+)*$"))
        return content_fail("$edgeHub", "schemaVersion");
    for (const cJSON *item = routes->child; item; item = item->next) {
        if (!content_matches(item->string, "^[^.$# ]+$"))
            return content_fail("routes", item->string);
        if (!content_check_route(item, !content_matches(version->valuestring, "^1\\.0")))
            return false;
    }
    return true;
}

/* A layer's dotted keys, each with what the whole would have in its place. */
static inline bool content_check_layer(const cJSON *sections)
{
    static const char module[] = "properties.desired.modules.", route[] = "properties.desired.routes.";
    const cJSON *agent = content_get(sections, "$edgeAgent");
    const cJSON *hub = content_get(sections, "$edgeHub");

    for (const cJSON *item = agent->child; item; item = item->next) {
        if (strncmp(item->string, module, sizeof(module) - 1) != 0 || strchr(item->string + sizeof(module) - 1, '.'))
            return content_fail("$edgeAgent", item->string);
        if (!content_check_module(item, item->string))
            return false;
    }
    for (const cJSON *item = hub ? hub->child : NULL; item; item = item->next) {
        if (strncmp(item->string, route, sizeof(route) - 1) != 0 || strchr(item->string + sizeof(route) - 1, '.'))
            return content_fail("$edgeHub", item->string);
        if (!content_check_route(item, true))
            return false;
    }
    return true;
}

/* Whether the content of a configuration is one that IoT Hub and the devices take; else content_problem says why. */
static inline bool content_is_valid(const char *content)
{
    cJSON *tree = cJSON_Parse(content);
    const cJSON *sections = content_get(tree, "modulesContent");
    const cJSON *agent = content_get(sections, "$edgeAgent");
    const cJSON *desired = content_get(agent, "properties.desired");
    bool good;

    if (!agent)
        good = content_fail("content", "no $edgeAgent");
    else if (!desired)
        good = content_check_layer(sections);
    else
        good = content_check_agent(desired) &&
               content_check_hub(content_get(content_get(sections, "$edgeHub"), "properties.desired"));
    cJSON_Delete(tree);
    return good;
}

#endif
