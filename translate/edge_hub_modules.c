#include "translate/edge_hub.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "translate/route.h"
#include "translate/route_ends.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Sources are compared without their case, sinks with it. */
static bool is_module(const char *name, size_t length, const char *const *modules, size_t count, bool any_case)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(modules[i]) == length &&
            (any_case ? strncasecmp(name, modules[i], length) : strncmp(name, modules[i], length)) == 0)
            return true;
    }
    return false;
}

/* Counts the modules that the route names, and those that are there; warns of the others. */
static void count_modules(const cJSON *item, const char *const *modules, size_t count, size_t *named, size_t *found,
                          struct findings *findings)
{
    const char *text = cJSON_IsString(item) ? item->valuestring : json_string(item, "route");
    cleanup_route struct route route = ROUTE_INIT;
    size_t length = 0;
    const char *from;

    if (!text || route_read(text, "", &route, NULL, NULL, NULL) < 0 || !route.source)
        return;
    from = route_ends_source_module(route.source, &length);
    for (int i = 0; i < 2; i++) {
        const char *name = i ? route.module : from;
        size_t bytes = i ? name ? strlen(name) : 0 : length;

        if (!name)
            continue;
        (*named)++;
        if (is_module(name, bytes, modules, count, !i))
            (*found)++;
        else
            findings_add_warning(findings, "route %.30s: this Deployment has no module %.*s", item->string,
                                 (int)(bytes < 50 ? bytes : 50), name);
    }
}

void edge_hub_warn_modules(const cJSON *desired, const char *const *modules, size_t count, struct findings *findings)
{
    const cJSON *routes = json_get(desired, "routes");
    size_t named = 0, found = 0;

    for (const cJSON *item = routes ? routes->child : NULL; item; item = item->next)
        count_modules(item, modules, count, &named, &found, findings);
    if (named && !found)
        findings_add_warning(findings,
                             "ConfigMap edgehub: its routes name no module of this Deployment; is it another's?");
}
