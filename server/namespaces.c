#include "server/namespaces.h"

#include "common/banned.h"
#include "common/json.h"

#include <stdlib.h>
#include <string.h>

#define NAME_LONGEST 63

/* RFC 1123. */
static bool is_dns_label(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || length > NAME_LONGEST || text[0] == '-' || text[length - 1] == '-')
        return false;
    return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

bool namespaces_have(const struct namespaces *namespaces, const char *name)
{
    for (size_t i = 0; namespaces && name && i < namespaces->count; i++)
        if (strcmp(namespaces->names[i], name) == 0)
            return true;
    return false;
}

int namespaces_add(struct namespaces *namespaces, const char *name, struct error *error)
{
    if (!is_dns_label(name))
        return error_set(error, "\"%s\" is no name of a namespace; each one is listed by its full name", name);
    if (namespaces_have(namespaces, name))
        return error_set(error, "\"%s\" is there twice", name);
    char **names = reallocarray(namespaces->names, namespaces->count + 1, sizeof *names);
    if (!names)
        return error_set(error, "memory ran out");
    namespaces->names = names;
    names[namespaces->count] = strdup(name);
    if (!names[namespaces->count])
        return error_set(error, "memory ran out");
    namespaces->count++;
    return 0;
}

int namespaces_parse(const cJSON *list, const char *key, struct namespaces *namespaces, struct error *error)
{
    size_t index = 0;
    const cJSON *item;
    if (!cJSON_IsArray(list))
        return error_set(error, "%s: must be a list of namespaces, not %s", key, json_type_name(list));
    cJSON_ArrayForEach(item, list)
    {
        if (!cJSON_IsString(item))
            return error_set(error, "%s[%zu]: must be the name of a namespace, not %s", key, index,
                             json_type_name(item));
        if (namespaces_add(namespaces, item->valuestring, error) < 0)
            return error_wrap(error, "%s[%zu]", key, index);
        index++;
    }
    return 0;
}

void namespaces_release(struct namespaces *namespaces)
{
    for (size_t i = 0; i < namespaces->count; i++)
        free(namespaces->names[i]);
    free(namespaces->names);
    *namespaces = (struct namespaces)NAMESPACES_INIT;
}
