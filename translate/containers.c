#include "translate/containers.h"

#include "common/json.h"
#include "translate/image.h"
#include "translate/item_index.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define MAX_NAME   63
#define CONTAINERS "spec.template.spec.containers"

static bool is_label(const char *name)
{
    size_t length = strlen(name);

    return length && length <= MAX_NAME && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length &&
           name[0] != '-' && name[length - 1] != '-';
}

/* A text as YAML reads it may be something else: `y` is a boolean. The API server would not even decode it. */
static bool check_is_string(const cJSON *container, const char *name, size_t index, struct findings *findings)
{
    const cJSON *item = json_get(container, name);
    char path[FIELD_PATH_SIZE];

    if (!item || cJSON_IsNull(item) || cJSON_IsString(item))
        return true;
    findings_add_error(findings, FIELD_INVALID, field_path(path, CONTAINERS "[%zu].%s", index, name),
                       json_type_name(item), "must be a string: put it in quotes");
    return false;
}

static void check_name(const cJSON *container, size_t index, struct findings *findings)
{
    const char *name = json_string(container, "name");
    const char *problem = NULL;
    char path[FIELD_PATH_SIZE];

    if (!name)
        problem = "";
    else if (!is_label(name))
        problem =
            "must have lower-case letters, digits and - only, at most 63, and begin and end with a letter or digit";
    else if (!name[1])
        problem = "must have at least 2 characters: Docker refuses a shorter name for a module";
    else if (strcasecmp(name, "edgeagent") == 0 || strcasecmp(name, "edgehub") == 0)
        problem = "is reserved for a module of the IoT Edge runtime";
    if (!problem)
        return;
    field_path(path, CONTAINERS "[%zu].name", index);
    findings_add_error(findings, name ? FIELD_INVALID : FIELD_REQUIRED, path, name, "%s", problem);
}

static void check_image(const cJSON *container, size_t index, struct findings *findings)
{
    const char *image = json_string(container, "image");
    const char *problem = image ? image_problem(image) : "the module's container image";
    char path[FIELD_PATH_SIZE];

    if (!problem)
        return;
    field_path(path, CONTAINERS "[%zu].image", index);
    findings_add_error(findings, image ? FIELD_INVALID : FIELD_REQUIRED, path, image, "%s", problem);
}

/* The API server refuses two containers of one name; a file on a disk may have them. */
static void check_duplicate(struct item_index *names, const cJSON *item, size_t index, struct findings *findings)
{
    const char *name = json_string_or(item, "name", "");
    const cJSON *first = item_index_find(names, name, strlen(name));
    char path[FIELD_PATH_SIZE];

    if (first && first != item)
        findings_add_error(findings, FIELD_DUPLICATE, field_path(path, CONTAINERS "[%zu].name", index), name, "%s", "");
}

void containers_check(const cJSON *pod_spec, struct findings *findings)
{
    const cJSON *list = json_get(pod_spec, "containers");
    cleanup_item_index struct item_index names = ITEM_INDEX_INIT;
    size_t index = 0;

    if (cJSON_GetArraySize(list) <= MAX_MODULES)
        item_index_add(&names, list, "name");
    findings->failed |= names.failed;
    for (const cJSON *item = list ? list->child : NULL; item; item = item->next, index++) {
        if (index >= MAX_MODULES || findings_is_full(findings))
            continue; /* they are still counted */
        if (check_is_string(item, "name", index, findings))
            check_name(item, index, findings);
        check_duplicate(&names, item, index, findings);
        if (check_is_string(item, "image", index, findings))
            check_image(item, index, findings);
    }
    if (index > MAX_MODULES)
        findings_add_error(findings, FIELD_FORBIDDEN, CONTAINERS, NULL,
                           "%zu containers; IoT Edge takes at most %d modules in a deployment", index, MAX_MODULES);
}
