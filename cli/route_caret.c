#include "cli/route_caret.h"

#include "cli/told.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "translate/route.h"

#include <string.h>

#define DESIRED "desiredProperties"
#define ROUTES  "data[" DESIRED "].routes"

/* The data that the error is about, and the path in it. */
static const cJSON *find_data(const struct documents *documents, const struct document *document, const char *field,
                              const char **ret_path)
{
    cleanup_free char *name = NULL;
    const char *path = told_split(field, &name);

    *ret_path = path ? path : field;
    if (path)
        return documents_config_map(documents, document_namespace(document), name);
    return json_get(document->object, "data");
}

static const char *find_route(const cJSON *routes, const char *path)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, routes)
    {
        char place[FIELD_PATH_SIZE], inside[FIELD_PATH_SIZE];

        field_path(place, ROUTES "[%s]", item->string);
        if (strcmp(place, path) == 0)
            return cJSON_IsString(item) ? item->valuestring : NULL;
        if (strcmp(field_path(inside, "%s.route", place), path) == 0)
            return json_string(item, "route");
    }
    return NULL;
}

void route_caret_add(struct strbuf *out, const struct documents *documents, const struct document *document,
                     const struct field_error *error)
{
    const char *path = NULL;
    const cJSON *data = find_data(documents, document, error->field, &path);
    const char *text = json_string(data, DESIRED);
    cleanup_json cJSON *desired = NULL;
    cleanup_error struct error reason = {NULL};
    struct route_position position;
    const char *route;

    if (!text || strncmp(path, ROUTES, strlen(ROUTES)) != 0 || json_parse(text, strlen(text), &desired, NULL) < 0 ||
        !cJSON_IsObject(json_get(desired, "routes")))
        return;
    route = find_route(json_get(desired, "routes"), path);
    if (route && route_read(route, "", NULL, &position, NULL, &reason) < 0)
        route_add_caret(out, route, &position);
}
