#include "translate/reference_table.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *title;
    const char *text;
    const char *column;
} groups[REFERENCE_GROUPS] = {
    [REFERENCE_TEMPLATE_ANNOTATION] = {"Annotations of the pod template", "In `spec.template.metadata.annotations`.",
                                       "annotation"},
    [REFERENCE_OWN_ANNOTATION] = {"Annotations of the Deployment",
                                  "In `metadata.annotations`. Any other key under `iot-edge-connector/` is refused.",
                                  "annotation"},
    [REFERENCE_MODULE_KEY] = {"ConfigMap of a module", "Named like its container. All values are text.", "key"},
    [REFERENCE_EDGE_HUB_KEY] = {"ConfigMap edgehub", "JSON in its key `desiredProperties`.", "member"},
    [REFERENCE_EDGE_AGENT_KEY] = {"ConfigMap edgeagent", "JSON in its key `desiredProperties`. A layer cannot have it.",
                                  "member"},
    [REFERENCE_DEPLOYMENT_FIELD] = {"Fields of the Deployment", "In `spec`.", "field"},
    [REFERENCE_POD_FIELD] =
        {"Fields of the pod",
         "In `spec.template.spec`. What Kubernetes fills in by itself is no wish, and says nothing to "
         "a device. Create options are named as Docker names them; they are those of every module.",
         "field"},
    [REFERENCE_CONTAINER_FIELD] = {"Fields of a container",
                                   "In `spec.template.spec.containers[…]`. A field that is not listed is named in a "
                                   "warning.",
                                   "field"},
};

const char *reference_group_title(enum reference_group group)
{
    return groups[group].title;
}

static const char *last_part(const char *key, char separator)
{
    const char *found = strrchr(key, separator);

    return found ? found + 1 : key;
}

/* A whole key, an annotation without its prefix, or the end of a path of fields. */
static bool is_meant(const struct reference_entry *entry, const char *key)
{
    if (strcasecmp(entry->key, key) == 0)
        return true;
    if (entry->group == REFERENCE_OWN_ANNOTATION)
        return strcasecmp(last_part(entry->key, '/'), key) == 0;
    if (entry->group == REFERENCE_CONTAINER_FIELD)
        return strstr(key, "containers") && strcasecmp(entry->key, last_part(key, '.')) == 0;
    if (entry->group == REFERENCE_POD_FIELD)
        return !strstr(key, "containers[") && strstr(key, "template.spec.") &&
               strcasecmp(entry->key, last_part(key, '.')) == 0;
    if (entry->group == REFERENCE_DEPLOYMENT_FIELD)
        return strncmp(key, "spec.", 5) == 0 && strcasecmp(entry->key, key + 5) == 0;
    return strcasecmp(last_part(entry->key, '.'), key) == 0;
}

size_t reference_find(const char *key, const struct reference_entry **ret_found, size_t limit)
{
    size_t count = 0;

    for (size_t i = 0; i < reference_entry_count && count < limit; i++) {
        if (is_meant(&reference_entries[i], key))
            ret_found[count++] = &reference_entries[i];
    }
    return count;
}

/* Bars would end a cell of the table. */
static void add_cell(struct strbuf *out, const char *text)
{
    strbuf_add_string(out, " ");
    for (; *text; text++) {
        if (*text == '|')
            strbuf_add_char(out, '\\');
        strbuf_add_char(out, *text);
    }
    strbuf_add_string(out, " |");
}

static void add_group(struct strbuf *out, enum reference_group group)
{
    strbuf_add_format(out,
                      "\n## %s\n\n%s\n\n| %s | values | default | what becomes of it |\n| --- | --- | --- | --- |\n",
                      groups[group].title, groups[group].text, groups[group].column);
    for (size_t i = 0; i < reference_entry_count; i++) {
        const struct reference_entry *entry = &reference_entries[i];

        if (entry->group != group)
            continue;
        strbuf_add_format(out, "| `%s` |", entry->key);
        add_cell(out, entry->values);
        add_cell(out, entry->otherwise);
        add_cell(out, entry->translation);
        strbuf_add_char(out, '\n');
    }
}

void reference_add_page(struct strbuf *out)
{
    strbuf_add_string(out, "# Reference\n\n"
                           "Every annotation, ConfigMap key and field, and what IoT Edge gets of it. `kubectl iotedge "
                           "explain KEY` prints a line of it,\n"
                           "`kubectl iotedge explain --all` this page.\n");
    for (enum reference_group group = 0; group < REFERENCE_GROUPS; group++)
        add_group(out, group);
}
