#include "translate/json_patch.h"

#include "common/cleanup.h"
#include "common/json.h"

#include <stdlib.h>
#include <string.h>

/* ~1 is / and ~0 is ~ (RFC 6901). */
static char *unescape(const char *text, size_t length)
{
    char *name = malloc(length + 1);
    size_t used = 0;

    if (!name)
        return NULL;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '~' && i + 1 < length && (text[i + 1] == '0' || text[i + 1] == '1')) {
            name[used++] = text[i + 1] == '1' ? '/' : '~';
            i++;
        } else {
            name[used++] = text[i];
        }
    }
    name[used] = '\0';
    return name;
}

/* Takes the value over when it returns true. */
static bool put(cJSON *parent, const char *name, cJSON *value)
{
    if (cJSON_IsArray(parent))
        return strcmp(name, "-") == 0 && cJSON_AddItemToArray(parent, value);
    if (!cJSON_IsObject(parent))
        return false;
    if (json_get(parent, name))
        return cJSON_ReplaceItemInObjectCaseSensitive(parent, name, value);
    return cJSON_AddItemToObject(parent, name, value);
}

static bool apply_one(cJSON *document, const char *path, const cJSON *value)
{
    cJSON *parent = document;

    while (path && *path == '/') {
        const char *rest = strchr(path + 1, '/');
        size_t length = rest ? (size_t)(rest - path - 1) : strlen(path + 1);
        cleanup_free char *name = unescape(path + 1, length);

        if (!name)
            return false;
        if (!rest) {
            cleanup_json cJSON *copy = cJSON_Duplicate(value, true);

            if (!copy || !put(parent, name, copy))
                return false;
            steal_ptr(copy);
            return true;
        }
        parent = json_get(parent, name);
        path = rest;
    }
    return false;
}

int json_patch_apply(cJSON *document, const cJSON *operations, struct error *error)
{
    const cJSON *operation;

    cJSON_ArrayForEach(operation, operations)
    {
        const char *path = json_string(operation, "path");

        if (!apply_one(document, path, json_get(operation, "value")))
            return error_set(error, "cannot add %s", path ? path : "a value without a path");
    }
    return 0;
}
