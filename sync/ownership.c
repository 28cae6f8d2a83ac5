#include "sync/ownership.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "common/strbuf.h"

#include <string.h>

/* No copied label may look like one of ours, not even one that this version does not write. */
#define OWN_PREFIX "iot-edge-connector-"

struct copied_label {
    char *key;            /* owned; [a-z0-9-] */
    const char *original; /* in the tree */
    const char *value;    /* in the tree */
};

static const char *label_text(const cJSON *labels, const char *key)
{
    const char *text = json_string(labels, key);

    return text && *text ? text : NULL;
}

bool ownership_read(const cJSON *configuration, struct ownership *ret_ownership)
{
    const cJSON *labels = json_get(configuration, "labels");
    const struct ownership read = {
        .owner = label_text(labels, LABEL_OWNER),
        .hub = label_text(labels, LABEL_HUB),
        .namespace = label_text(labels, LABEL_NAMESPACE),
        .name = label_text(labels, LABEL_NAME),
        .uid = label_text(labels, LABEL_UID),
        .content_hash = label_text(labels, LABEL_CONTENT_HASH),
        .reconcile_policy = label_text(labels, LABEL_RECONCILE_POLICY),
        .config_maps = label_text(labels, LABEL_CONFIG_MAPS),
        .secrets = label_text(labels, LABEL_SECRETS),
        .kind = label_text(labels, LABEL_KIND),
    };

    *ret_ownership = read;
    return read.owner && read.namespace && read.name && read.content_hash && !read.kind;
}

bool ownership_outlives(const struct ownership *ownership)
{
    const char *policy = ownership->reconcile_policy;

    return policy && (strcmp(policy, "detach-on-delete") == 0 || strcmp(policy, "skip") == 0);
}

static char *label_key(const char *original)
{
    char *key = strdup(original);

    for (char *c = key; c && *c; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
        else if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9')))
            *c = '-';
    }
    return key;
}

/* By key; two originals that became one key keep their own order, so that the winner is always the same. */
static int copied_label_compare(const void *a, const void *b)
{
    const struct copied_label *left = a, *right = b;
    int order = strcmp(left->key, right->key);

    return order ? order : strcmp(left->original, right->original);
}

static void copied_labels_free(struct copied_label *labels, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(labels[i].key);
    free(labels);
}

/* Returns the number of labels in *ret_labels, or -1 without memory. */
static int copied_labels_collect(const cJSON *template_labels, struct copied_label **ret_labels)
{
    int size = cJSON_GetArraySize(template_labels), count = 0;
    struct copied_label *labels = calloc((size_t)size + 1, sizeof *labels);

    if (!labels)
        return -1;
    for (const cJSON *label = template_labels->child; label; label = label->next) {
        if (!cJSON_IsString(label) || !label->string)
            continue;
        char *key = label_key(label->string);

        if (!key) {
            copied_labels_free(labels, (size_t)count);
            return -1;
        }
        if (!*key || strncmp(key, OWN_PREFIX, strlen(OWN_PREFIX)) == 0) {
            free(key);
            continue;
        }
        labels[count++] = (struct copied_label){key, label->string, label->valuestring};
    }
    qsort(labels, (size_t)count, sizeof *labels, copied_label_compare);
    *ret_labels = labels;
    return count;
}

static int copied_labels_write(struct json_writer *writer, const cJSON *template_labels)
{
    struct copied_label *labels = NULL;

    if (!cJSON_IsObject(template_labels))
        return 0;
    int count = copied_labels_collect(template_labels, &labels);

    if (count < 0)
        return -1;
    for (int i = 0; i < count; i++)
        if (i == 0 || strcmp(labels[i].key, labels[i - 1].key) != 0)
            json_member_string(writer, labels[i].key, labels[i].value);
    copied_labels_free(labels, (size_t)count);
    return 0;
}

static void own_label_write(struct json_writer *writer, const char *key, const char *value)
{
    if (value && *value)
        json_member_string(writer, key, value);
}

char *ownership_labels(const struct ownership *ownership, const cJSON *template_labels)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};

    json_begin_object(&writer);
    if (copied_labels_write(&writer, template_labels) < 0)
        return NULL;
    own_label_write(&writer, LABEL_OWNER, ownership->owner);
    own_label_write(&writer, LABEL_HUB, ownership->hub);
    own_label_write(&writer, LABEL_NAMESPACE, ownership->namespace);
    own_label_write(&writer, LABEL_NAME, ownership->name);
    own_label_write(&writer, LABEL_UID, ownership->uid);
    own_label_write(&writer, LABEL_CONTENT_HASH, ownership->content_hash);
    own_label_write(&writer, LABEL_RECONCILE_POLICY, ownership->reconcile_policy);
    own_label_write(&writer, LABEL_CONFIG_MAPS, ownership->config_maps);
    own_label_write(&writer, LABEL_SECRETS, ownership->secrets);
    own_label_write(&writer, LABEL_KIND, ownership->kind);
    json_end_object(&writer);
    return strbuf_steal(&text);
}
