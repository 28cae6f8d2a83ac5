#include "translate/options_merge.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "translate/item_index.h"
#include "translate/members.h"

#include <stdbool.h>
#include <string.h>

struct merge {
    const char *at; /* in the user's text */
    struct strbuf *out;
    const char *container;
    struct findings *findings;
    bool conflict;
};

/* Lists whose order means nothing to Docker, with what makes two items of one be about the same thing. */
enum identity { WHOLE, BEFORE_EQUALS, BEHIND_COLON, TARGET };
static const struct {
    const char *name;
    enum identity identity;
} sets[] = {
    {"Env", BEFORE_EQUALS}, {"Binds", BEHIND_COLON}, {"Mounts", TARGET},     {"CapAdd", WHOLE},
    {"CapDrop", WHOLE},     {"GroupAdd", WHOLE},     {"SecurityOpt", WHOLE}, {"ExtraHosts", WHOLE},
    {"Dns", WHOLE},         {"DnsSearch", WHOLE},    {"DnsOptions", WHOLE},
};

/* Bytes of the value that starts here; the text is valid and has no white space. */
static size_t value_length(const char *at)
{
    size_t length = 0;
    unsigned depth = 0;
    bool quoted = false;

    for (; at[length]; length++) {
        char c = at[length];

        if (quoted) {
            if (c == '\\' && at[length + 1])
                length++;
            else if (c == '"')
                quoted = false;
            continue;
        }
        if (!depth && (c == ',' || c == '}' || c == ']'))
            break;
        if (c == '"')
            quoted = true;
        else if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']')
            depth--;
    }
    return length;
}

static void copy(struct merge *merge, size_t length)
{
    strbuf_add(merge->out, merge->at, length);
    merge->at += length;
}

static void add_value(struct merge *merge, const cJSON *value)
{
    struct json_writer writer = {.out = merge->out};

    json_add_canonical(&writer, value);
}

/* Large numbers that differ only beyond what a double holds are different. */
static bool is_equal(const char *text, size_t length, const cJSON *theirs, const cJSON *ours)
{
    cleanup_strbuf struct strbuf written = STRBUF_INIT;
    struct json_writer writer = {.out = &written};

    if (!json_equal(theirs, ours))
        return false;
    if (!cJSON_IsNumber(ours) || (ours->valuedouble < 9007199254740992.0 && ours->valuedouble > -9007199254740992.0))
        return true;
    json_add_canonical(&writer, ours);
    return written.length == length && memcmp(strbuf_string(&written), text, length) == 0;
}

/* What a variable is set to may be a secret: of those only the name is shown. */
static void add_conflict(struct merge *merge, const char *path, const cJSON *ours, enum identity identity)
{
    cleanup_strbuf struct strbuf shown = STRBUF_INIT;
    struct json_writer writer = {.out = &shown};

    merge->conflict = true;
    if (identity == BEFORE_EQUALS)
        strbuf_add(&shown, ours->valuestring, strcspn(ours->valuestring, "="));
    else
        json_add_canonical(&writer, ours);
    findings_add_error(merge->findings, FIELD_INVALID, path, NULL, "%s has another value: %s; leave one of the two out",
                       merge->container, strbuf_string(&shown));
}

static bool find_set(const char *name, enum identity *ret_identity)
{
    for (size_t i = 0; i < array_length(sets); i++) {
        if (strcmp(name, sets[i].name) == 0) {
            *ret_identity = sets[i].identity;
            return true;
        }
    }
    return false;
}

/* The part of an item that two may not share. */
static const char *identify(const cJSON *item, enum identity identity, size_t *ret_length)
{
    const char *text = identity == TARGET     ? json_string(item, "Target")
                       : cJSON_IsString(item) ? item->valuestring
                                              : NULL;
    const char *colon;

    *ret_length = 0;
    if (!text)
        return NULL;
    *ret_length = strlen(text);
    if (identity == BEFORE_EQUALS)
        *ret_length = strcspn(text, "=");
    colon = identity == BEHIND_COLON ? strchr(text, ':') : NULL;
    if (colon) {
        text = colon + 1;
        *ret_length = strcspn(text, ":");
    }
    return text;
}

/* Whether their list has this item of ours. Another one about the same thing is a conflict. */
static bool has_item(struct merge *merge, struct item_index *theirs, const cJSON *item, enum identity identity,
                     const char *path)
{
    size_t length, count = 0;
    const char *name = identify(item, identity, &length);
    const struct indexed_item *other = name ? item_index_all(theirs, name, length, &count) : NULL;
    bool present = false;

    for (size_t i = 0; i < count; i++) {
        if (json_equal(other[i].item, item))
            present = true;
        else
            add_conflict(merge, path, item, identity);
    }
    return present;
}

static void merge_set(struct merge *merge, const cJSON *theirs, const cJSON *ours, enum identity identity,
                      const char *path)
{
    size_t length = value_length(merge->at);
    cleanup_item_index struct item_index index = ITEM_INDEX_INIT;
    bool any = theirs->child != NULL;
    const cJSON *item;

    strbuf_add(merge->out, merge->at, length - 1);
    merge->at += length;
    cJSON_ArrayForEach(item, theirs)
    {
        size_t name_length;
        const char *name = identify(item, identity, &name_length);

        if (name)
            item_index_add_text(&index, name, name_length, item);
    }
    merge->findings->failed |= index.failed;
    cJSON_ArrayForEach(item, ours)
    {
        if (has_item(merge, &index, item, identity, path))
            continue;
        if (any)
            strbuf_add_char(merge->out, ',');
        add_value(merge, item);
        any = true;
    }
    strbuf_add_char(merge->out, ']');
}

static void merge_object(struct merge *merge, const cJSON *theirs, const cJSON *ours, const char *path);

static void merge_value(struct merge *merge, const cJSON *theirs, const cJSON *ours, const char *path)
{
    size_t length = value_length(merge->at);
    enum identity identity;
    char place[FIELD_PATH_SIZE];

    if (!ours) {
        copy(merge, length);
        return;
    }
    field_path(place, "%s.%s", path, theirs->string);
    if (cJSON_IsObject(theirs) && cJSON_IsObject(ours)) {
        merge_object(merge, theirs, ours, place);
    } else if (cJSON_IsArray(theirs) && cJSON_IsArray(ours) && find_set(ours->string, &identity)) {
        merge_set(merge, theirs, ours, identity, place);
    } else {
        if (!is_equal(merge->at, length, theirs, ours))
            add_conflict(merge, place, ours, WHOLE);
        copy(merge, length);
    }
}

static void add_missing(struct merge *merge, const cJSON *theirs, const cJSON *ours)
{
    bool any = theirs->child != NULL;
    size_t count;
    cleanup_free const cJSON **sorted = members_sort(ours, &count, &merge->out->failed);

    for (size_t i = 0; i < count; i++) {
        struct json_writer writer = {.out = merge->out, .needs_comma = any};

        if (json_get(theirs, sorted[i]->string))
            continue;
        json_name(&writer, sorted[i]->string);
        json_add_canonical(&writer, sorted[i]);
        any = true;
    }
}

/* The text stands at the {, and behind the } afterwards. */
static void merge_object(struct merge *merge, const cJSON *theirs, const cJSON *ours, const char *path)
{
    copy(merge, 1);
    for (const cJSON *item = theirs->child; item; item = item->next) {
        size_t name = 1;

        while (merge->at[name] != '"')
            name += merge->at[name] == '\\' ? 2 : 1;
        copy(merge, name + 2);
        merge_value(merge, item, json_get(ours, item->string), path);
        if (item->next)
            copy(merge, 1);
    }
    add_missing(merge, theirs, ours);
    copy(merge, 1);
}

char *options_merge(const char *text, const cJSON *wishes, const char *path, const char *container,
                    struct findings *findings)
{
    cleanup_json cJSON *tree = NULL;
    cleanup_error struct error error = {NULL};
    cleanup_strbuf struct strbuf out = STRBUF_INIT;
    struct merge merge = {.at = text, .out = &out, .container = container, .findings = findings};

    if (json_parse(text, strlen(text), &tree, &error) < 0) {
        findings_add_error(findings, FIELD_INVALID, path, NULL, "%s", error_message(&error));
        return NULL;
    }
    merge_object(&merge, tree, wishes, path);
    if (out.failed)
        findings->failed = 1;
    return merge.conflict ? NULL : strbuf_steal(&out);
}
