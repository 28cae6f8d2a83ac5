/* From Docker's own checks (opts, volume/mounts and oci/caps of moby), and edgelet's of variables. */
#include "translate/create_options_rules.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "translate/capability.h"
#include "translate/create_options_fields.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define RESERVED "IOTEDGE_"

/* A name in a list: of a variable, or of a place where something is mounted. */
struct entry {
    const char *name;
    size_t length;
    size_t index;
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;
    size_t least = x->length < y->length ? x->length : y->length;
    int order = memcmp(x->name, y->name, least);

    if (order)
        return order;
    if (x->length != y->length)
        return x->length < y->length ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static bool are_in_order(const struct entry *entries, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (compare_entries(&entries[i - 1], &entries[i]) > 0)
            return false;
    }
    return true;
}

/* Adds an error for every entry that has the name of an earlier one. */
static void check_duplicates(struct entry *entries, size_t count, const char *path, struct findings *findings)
{
    if (!are_in_order(entries, count))
        qsort(entries, count, sizeof(*entries), compare_entries);
    for (size_t i = 1; i < count && !findings_is_full(findings); i++) {
        char place[FIELD_PATH_SIZE], name[FIELD_PATH_SIZE];

        if (entries[i].length != entries[i - 1].length ||
            memcmp(entries[i].name, entries[i - 1].name, entries[i].length) != 0)
            continue;
        (void)snprintf(name, sizeof(name), "%.*s", (int)(entries[i].length < 200 ? entries[i].length : 200),
                       entries[i].name);
        findings_add_error(findings, FIELD_DUPLICATE, field_path(place, "%s[%zu]", path, entries[i].index), name, "%s",
                           "");
    }
}

static bool is_plain_variable(const char *text)
{
    return *text && *text != '=' && strncmp(text, RESERVED, strlen(RESERVED)) != 0;
}

static void check_variable(const char *text, const char *place, struct findings *findings)
{
    if (!*text)
        findings_add_warning(findings, "%s is empty: Docker refuses a variable without a name", place);
    else if (*text == '=')
        findings_add_error(findings, FIELD_INVALID, place, text, "must be NAME=value");
    else if (strncmp(text, RESERVED, strlen(RESERVED)) == 0)
        findings_add_error(findings, FIELD_INVALID, place, text,
                           "names that begin with IOTEDGE_ belong to the edge agent, which sets them itself");
}

static void check_environment(const cJSON *options, const char *field, struct findings *findings)
{
    const cJSON *list = option_get(options, "Env");
    cleanup_free struct entry *entries = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof(*entries));
    char path[FIELD_PATH_SIZE], place[FIELD_PATH_SIZE];
    size_t index = 0, count = 0;

    findings->failed |= !entries;
    field_path(path, "%s.Env", field);
    for (const cJSON *item = list && entries ? list->child : NULL; item; item = item->next, index++) {
        if (!cJSON_IsString(item))
            continue;
        if (!is_plain_variable(item->valuestring))
            check_variable(item->valuestring, field_path(place, "%s[%zu]", path, index), findings);
        if (*item->valuestring && *item->valuestring != '=')
            entries[count++] = (struct entry){item->valuestring, strcspn(item->valuestring, "="), index};
    }
    if (entries)
        check_duplicates(entries, count, path, findings);
}

static void check_strings(const cJSON *host, const char *name, bool (*is_right)(const char *text), const char *advice,
                          const char *field, struct findings *findings)
{
    const cJSON *list = option_get(host, name);
    size_t index = 0;

    for (const cJSON *item = list ? list->child : NULL; item; item = item->next, index++) {
        char path[FIELD_PATH_SIZE];

        if (findings->error_count >= FINDINGS_MAX_ERRORS)
            return;
        if (cJSON_IsString(item) && !is_right(item->valuestring))
            findings_add_error(findings, FIELD_INVALID, field_path(path, "%s.HostConfig.%s[%zu]", field, name, index),
                               item->valuestring, "%s", advice);
    }
}

/* name:address; the address may have colons of its own. */
static bool is_extra_host(const char *text)
{
    size_t name = strcspn(text, ":=");
    const char *address = text + name + 1;

    if (!name || !text[name])
        return false;
    return strcmp(address, "host-gateway") == 0 || (*address && (strchr(address, '.') || strchr(address, ':')) &&
                                                    strspn(address, "0123456789abcdefABCDEF.:[]") == strlen(address));
}

static const char *mount_problem(const char *type, const char *source, const char *target)
{
    static const char *const types[] = {"bind", "volume", "tmpfs", "npipe", "cluster", "image"};
    bool known = false;

    for (size_t i = 0; i < array_length(types); i++)
        known = known || strcmp(type, types[i]) == 0;
    if (!known)
        return "Type must be bind, volume or tmpfs";
    if (!*target)
        return "Target must say where it is mounted";
    if (strcmp(type, "bind") == 0 && !*source)
        return "Source must be a folder or file of the device";
    if (strcmp(type, "bind") == 0 && *source != '/' && !strchr(source, ':'))
        return "Source of a bind must be absolute: begin with /";
    if (strcmp(type, "tmpfs") == 0 && *source)
        return "Source must be empty for tmpfs";
    return NULL;
}

static const char *text_of(const cJSON *object, const char *name)
{
    const cJSON *item = option_get(object, name);

    return cJSON_IsString(item) ? item->valuestring : "";
}

static void check_mounts(const cJSON *host, const char *field, struct findings *findings)
{
    const cJSON *list = option_get(host, "Mounts");
    cleanup_free struct entry *entries = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof(*entries));
    char path[FIELD_PATH_SIZE], place[FIELD_PATH_SIZE];
    size_t index = 0, count = 0;

    findings->failed |= !entries;
    field_path(path, "%s.HostConfig.Mounts", field);
    for (const cJSON *item = list && entries ? list->child : NULL; item; item = item->next, index++) {
        const char *target = text_of(item, "Target");
        const char *problem = mount_problem(text_of(item, "Type"), text_of(item, "Source"), target);

        if (problem)
            findings_add_error(findings, FIELD_INVALID, field_path(place, "%s[%zu]", path, index), target, "%s",
                               problem);
        else
            entries[count++] = (struct entry){target, strlen(target), index};
    }
    if (entries)
        check_duplicates(entries, count, path, findings);
}

void create_options_check_lists(const cJSON *options, const char *field, struct findings *findings)
{
    static const char capability[] = "must be a capability such as NET_ADMIN, or ALL";
    const cJSON *host = option_get(options, "HostConfig");

    check_environment(options, field, findings);
    check_strings(host, "CapAdd", capability_is_known, capability, field, findings);
    check_strings(host, "CapDrop", capability_is_known, capability, field, findings);
    check_strings(host, "ExtraHosts", is_extra_host, "must be name:address, as in camera:192.168.0.7", field, findings);
    check_mounts(host, field, findings);
}
