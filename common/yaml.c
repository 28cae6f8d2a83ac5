#include "common/yaml.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_scan.h"
#include "common/yaml_anchors.h"
#include "common/yaml_members.h"
#include "common/yaml_scalar.h"

#include <math.h>
#include <string.h>
#include <yaml.h>

#define MERGE_TAG "tag:yaml.org,2002:merge"

/* Makes a tree of libyaml's events. */
struct composer {
    yaml_parser_t parser;
    const char *text;
    size_t length;
    struct yaml_anchors anchors;
    cJSON *dropped; /* values outside the tree that an anchor may stand for */
    struct error *error;
};

static void cleanup_event_contents(yaml_event_t *event)
{
    yaml_event_delete(event);
}

#define cleanup_event __attribute__((cleanup(cleanup_event_contents)))

static int compose_value(struct composer *composer, const yaml_event_t *event, unsigned depth, cJSON **ret_value);

/* "line 3, column 5: …", counted from 1. */
static int fail_at(struct composer *composer, yaml_mark_t mark, const char *what)
{
    return error_set(composer->error, "line %zu, column %zu: %s", mark.line + 1, mark.column + 1, what);
}

static int out_of_memory(struct composer *composer)
{
    return error_set(composer->error, "not enough memory for a YAML text of %zu bytes", composer->length);
}

/* The reader, unlike the parser, knows only how many bytes are before what it refuses. */
static int fail_at_offset(struct composer *composer, size_t offset, const char *what)
{
    yaml_mark_t mark = {0, 0, 0};

    for (size_t i = 0; i < offset && i < composer->length; i++) {
        bool continues = ((unsigned char)composer->text[i] & 0xc0) == 0x80;

        mark.column = composer->text[i] == '\n' ? 0 : mark.column + !continues;
        mark.line += composer->text[i] == '\n';
    }
    return fail_at(composer, mark, what);
}

static int fail_as_parser(struct composer *composer)
{
    const yaml_parser_t *parser = &composer->parser;
    const char *problem = parser->problem ? parser->problem : "not valid YAML";

    if (parser->error == YAML_MEMORY_ERROR)
        return out_of_memory(composer);
    if (parser->error == YAML_READER_ERROR)
        return fail_at_offset(composer, parser->problem_offset, problem);
    if (!parser->context)
        return fail_at(composer, parser->problem_mark, problem);
    return error_set(composer->error, "line %zu, column %zu: %s, %s", parser->problem_mark.line + 1,
                     parser->problem_mark.column + 1, problem, parser->context);
}

static int next_event(struct composer *composer, yaml_event_t *event)
{
    return yaml_parser_parse(&composer->parser, event) ? 0 : fail_as_parser(composer);
}

static const char *as_text(const yaml_char_t *text)
{
    return (const char *)text;
}

/* The same for an error of a helper that does not know the place. */
static int fail_for(struct composer *composer, yaml_mark_t mark, const struct error *reason)
{
    return fail_at(composer, mark, error_message(reason));
}

static int open_anchor(struct composer *composer, const yaml_char_t *name, yaml_mark_t mark, size_t *ret_index)
{
    cleanup_error struct error reason = {NULL};

    if (yaml_anchors_open(&composer->anchors, as_text(name), ret_index, &reason) < 0)
        return fail_for(composer, mark, &reason);
    return 0;
}

static int find_anchor(struct composer *composer, const yaml_event_t *event, const cJSON **ret_tree)
{
    cleanup_error struct error reason = {NULL};

    if (yaml_anchors_find(&composer->anchors, as_text(event->data.alias.anchor), ret_tree, &reason) < 0)
        return fail_for(composer, event->start_mark, &reason);
    return 0;
}

static int copy_value(struct composer *composer, const cJSON *value, unsigned depth, yaml_mark_t mark, cJSON **ret_copy)
{
    cleanup_error struct error reason = {NULL};

    if (yaml_anchors_copy(&composer->anchors, value, depth, ret_copy, &reason) < 0)
        return fail_for(composer, mark, &reason);
    return 0;
}

static int compose_alias(struct composer *composer, const yaml_event_t *event, unsigned depth, cJSON **ret_value)
{
    const cJSON *tree;

    if (find_anchor(composer, event, &tree) < 0)
        return -1;
    return copy_value(composer, tree, depth, event->start_mark, ret_value);
}

static cJSON *scalar_to_json(const struct yaml_scalar *scalar)
{
    switch (scalar->type) {
    case YAML_SCALAR_NULL:
        return cJSON_CreateNull();
    case YAML_SCALAR_BOOL:
        return cJSON_CreateBool(scalar->truth);
    case YAML_SCALAR_INTEGER:
        return cJSON_CreateNumber((double)scalar->integer);
    case YAML_SCALAR_FLOAT:
        return cJSON_CreateNumber(scalar->number);
    case YAML_SCALAR_STRING:
        break;
    }
    return cJSON_CreateString(scalar->text);
}

/* A scalar as a value and, when ret_key is not NULL, as a key. */
static int compose_scalar(struct composer *composer, const yaml_event_t *event, cJSON **ret_value, char **ret_key)
{
    cleanup_error struct error reason = {NULL};
    struct yaml_scalar scalar;
    const char *text = as_text(event->data.scalar.value);
    size_t anchor;
    int result;

    if (strlen(text) != event->data.scalar.length)
        return fail_at(composer, event->start_mark, "a text with a NUL byte");
    if (open_anchor(composer, event->data.scalar.anchor, event->start_mark, &anchor) < 0)
        return -1;
    if (yaml_scalar_resolve(as_text(event->data.scalar.tag), event->data.scalar.plain_implicit, text, &scalar,
                            &reason) < 0)
        return fail_for(composer, event->start_mark, &reason);
    *ret_value = scalar_to_json(&scalar);
    result = ret_key ? yaml_scalar_to_key(&scalar, ret_key, &reason) : 0;
    if (scalar.type == YAML_SCALAR_STRING)
        free(scalar.text);
    if (result < 0)
        return fail_for(composer, event->start_mark, &reason);
    if (!*ret_value)
        return out_of_memory(composer);
    yaml_anchors_close(&composer->anchors, anchor, *ret_value);
    return 0;
}

static int compose_items(struct composer *composer, cJSON *array, unsigned depth)
{
    for (;;) {
        cleanup_event yaml_event_t event = {0};
        cJSON *item = NULL;

        if (next_event(composer, &event) < 0)
            return -1;
        if (event.type == YAML_SEQUENCE_END_EVENT)
            return 0;
        if (compose_value(composer, &event, depth, &item) < 0) {
            cJSON_Delete(item);
            return -1;
        }
        cJSON_AddItemToArray(array, item);
    }
}

static int compose_sequence(struct composer *composer, const yaml_event_t *event, unsigned depth, cJSON **ret_value)
{
    size_t anchor;

    if (open_anchor(composer, event->data.sequence_start.anchor, event->start_mark, &anchor) < 0)
        return -1;
    *ret_value = cJSON_CreateArray();
    if (!*ret_value)
        return out_of_memory(composer);
    if (compose_items(composer, *ret_value, depth) < 0)
        return -1;
    yaml_anchors_close(&composer->anchors, anchor, *ret_value);
    return 0;
}

static bool is_merge(const yaml_event_t *event)
{
    if (event->type != YAML_SCALAR_EVENT || strcmp(as_text(event->data.scalar.value), "<<") != 0)
        return false;
    if (event->data.scalar.plain_implicit)
        return true;
    return event->data.scalar.tag && strcmp(as_text(event->data.scalar.tag), MERGE_TAG) == 0;
}

static int merge_object(struct composer *composer, const cJSON *source, unsigned depth, yaml_mark_t mark,
                        struct yaml_members *members)
{
    const cJSON *child;

    if (!cJSON_IsObject(source))
        return fail_at(composer, mark, "<< merges a mapping or a list of mappings, nothing else");
    cJSON_ArrayForEach(child, source)
    {
        struct yaml_member member = {.merged = true};

        if (copy_value(composer, child, depth, mark, &member.value) < 0)
            return -1;
        member.name = strdup(child->string);
        if (!member.name) {
            cJSON_Delete(member.value);
            return out_of_memory(composer);
        }
        if (yaml_members_add(members, &member, composer->error) < 0)
            return -1;
    }
    return 0;
}

/* Of a list the earlier mapping wins, so the last one is merged first. */
static int merge_value(struct composer *composer, const cJSON *source, unsigned depth, yaml_mark_t mark,
                       struct yaml_members *members)
{
    const cJSON *item = cJSON_IsArray(source) ? source->child : NULL;
    const cJSON *first = item;

    if (!cJSON_IsArray(source))
        return merge_object(composer, source, depth, mark, members);
    if (!first)
        return 0;
    for (item = first->prev;; item = item->prev) { /* the first item's prev is the last */
        if (merge_object(composer, item, depth, mark, members) < 0)
            return -1;
        if (item == first)
            return 0;
    }
}

/* The value behind <<. One that is written out in place stays with the document, since it may carry an anchor. */
static int compose_merge(struct composer *composer, unsigned depth, struct yaml_members *members)
{
    cleanup_event yaml_event_t event = {0};
    const cJSON *source;
    cJSON *value = NULL;
    int result;

    if (next_event(composer, &event) < 0)
        return -1;
    if (event.type == YAML_ALIAS_EVENT) {
        if (find_anchor(composer, &event, &source) < 0)
            return -1;
        if (!cJSON_IsObject(source))
            return fail_at(composer, event.start_mark, "<< merges a mapping, and this alias stands for none");
        return merge_object(composer, source, depth, event.start_mark, members);
    }
    result = compose_value(composer, &event, depth, &value);
    if (result == 0)
        result = merge_value(composer, value, depth, event.start_mark, members);
    cJSON_AddItemToArray(composer->dropped, value);
    return result;
}

static int compose_alias_key(struct composer *composer, const yaml_event_t *event, char **ret_key)
{
    cleanup_json cJSON *copy = NULL;
    const cJSON *tree;

    if (find_anchor(composer, event, &tree) < 0)
        return -1;
    if (!cJSON_IsString(tree))
        return fail_at(composer, event->start_mark, "an alias that is a key must stand for a text");
    if (copy_value(composer, tree, 0, event->start_mark, &copy) < 0) /* it counts as any other */
        return -1;
    *ret_key = strdup(copy->valuestring);
    return *ret_key ? 0 : out_of_memory(composer);
}

static int compose_key(struct composer *composer, const yaml_event_t *event, char **ret_key)
{
    cJSON *value = NULL;
    int result;

    if (event->type == YAML_ALIAS_EVENT)
        return compose_alias_key(composer, event, ret_key);
    if (event->type != YAML_SCALAR_EVENT)
        return fail_at(composer, event->start_mark, "a key must be a text, not a list or a mapping");
    result = compose_scalar(composer, event, &value, ret_key);
    if (event->data.scalar.anchor)
        cJSON_AddItemToArray(composer->dropped, value);
    else
        cJSON_Delete(value);
    return result;
}

static int compose_member(struct composer *composer, const yaml_event_t *key, unsigned depth,
                          struct yaml_members *members)
{
    cleanup_event yaml_event_t event = {0};
    struct yaml_member member = {.line = key->start_mark.line + 1, .column = key->start_mark.column + 1};
    int result;

    if (is_merge(key))
        return compose_merge(composer, depth, members);
    result = compose_key(composer, key, &member.name);
    if (result == 0)
        result = next_event(composer, &event);
    if (result == 0)
        result = compose_value(composer, &event, depth, &member.value);
    if (result == 0)
        return yaml_members_add(members, &member, composer->error);
    free(member.name);
    cJSON_Delete(member.value);
    return -1;
}

static int compose_members(struct composer *composer, unsigned depth, struct yaml_members *members)
{
    for (;;) {
        cleanup_event yaml_event_t event = {0};

        if (next_event(composer, &event) < 0)
            return -1;
        if (event.type == YAML_MAPPING_END_EVENT)
            return 0;
        if (compose_member(composer, &event, depth, members) < 0)
            return -1;
    }
}

static int compose_mapping(struct composer *composer, const yaml_event_t *event, unsigned depth, cJSON **ret_value)
{
    cleanup_yaml_members struct yaml_members members = YAML_MEMBERS_INIT;
    size_t anchor;

    if (open_anchor(composer, event->data.mapping_start.anchor, event->start_mark, &anchor) < 0 ||
        compose_members(composer, depth, &members) < 0 ||
        yaml_members_to_object(&members, composer->dropped, ret_value, composer->error) < 0)
        return -1;
    yaml_anchors_close(&composer->anchors, anchor, *ret_value);
    return 0;
}

/* The value that an event begins. depth counts what is open around it. On failure *ret_value may be set; it is the
 * caller's in any case. */
static int compose_value(struct composer *composer, const yaml_event_t *event, unsigned depth, cJSON **ret_value)
{
    if (event->type == YAML_ALIAS_EVENT)
        return compose_alias(composer, event, depth, ret_value);
    if (event->type == YAML_SCALAR_EVENT)
        return compose_scalar(composer, event, ret_value, NULL);
    if (depth == JSON_MAX_DEPTH)
        return fail_at(composer, event->start_mark, "nested deeper than 64 levels");
    if (event->type == YAML_SEQUENCE_START_EVENT)
        return compose_sequence(composer, event, depth + 1, ret_value);
    return compose_mapping(composer, event, depth + 1, ret_value);
}

static int compose_root(struct composer *composer, cJSON *documents)
{
    cleanup_event yaml_event_t event = {0};
    cleanup_json cJSON *root = NULL;

    if (next_event(composer, &event) < 0 || compose_value(composer, &event, 0, &root) < 0)
        return -1;
    if (!cJSON_IsNull(root))
        cJSON_AddItemToArray(documents, steal_ptr(root));
    return 0;
}

/* One document between its start and its end, which libyaml brings as events of their own. */
static int compose_document(struct composer *composer, cJSON *documents)
{
    cleanup_event yaml_event_t end = {0};
    int result;

    composer->dropped = cJSON_CreateArray();
    if (!composer->dropped)
        return out_of_memory(composer);
    result = compose_root(composer, documents);
    yaml_anchors_release(&composer->anchors);
    cJSON_Delete(steal_ptr(composer->dropped));
    return result < 0 ? -1 : next_event(composer, &end);
}

static int compose_stream(struct composer *composer, cJSON *documents)
{
    for (;;) {
        cleanup_event yaml_event_t event = {0};

        if (next_event(composer, &event) < 0)
            return -1;
        if (event.type == YAML_STREAM_END_EVENT)
            return 0;
        if (event.type == YAML_DOCUMENT_START_EVENT && compose_document(composer, documents) < 0)
            return -1;
    }
}

static int parse_as_yaml(const char *text, size_t length, cJSON *documents, struct error *error)
{
    struct composer composer = {.text = text, .length = length, .error = error};
    int result;

    if (!yaml_parser_initialize(&composer.parser))
        return out_of_memory(&composer);
    yaml_parser_set_input_string(&composer.parser, (const unsigned char *)text, length);
    result = compose_stream(&composer, documents);
    yaml_parser_delete(&composer.parser);
    return result;
}

/* Whole numbers beyond 2^53-1 may have lost digits. */
static bool may_have_lost_digits(const cJSON *value)
{
    if (cJSON_IsNumber(value) && fabs(value->valuedouble) > 9007199254740991.0)
        return true;
    for (value = value->child; value; value = value->next) {
        if (may_have_lost_digits(value))
            return true;
    }
    return false;
}

/* Some JSON is no YAML to libyaml: surrogate pairs, keys of more than 1024 bytes, tabs. What is not plainly JSON, or
 * has something that YAML would refuse, is left to YAML, which names line and column. */
static bool parse_as_json(const char *text, size_t length, cJSON *documents)
{
    cleanup_error struct error error = {NULL};
    cleanup_json cJSON *tree = NULL;
    size_t at = 0;

    while (at < length && strchr(" \t\r\n", text[at]) && text[at])
        at++;
    if (at == length || (text[at] != '{' && text[at] != '['))
        return false;
    /* The scanner is strict where cJSON is not: to YAML [0777] is [511], and names that repeat are refused. */
    if (json_scan(text, length, NULL, &error) < 0 || json_parse(text, length, &tree, &error) < 0 ||
        may_have_lost_digits(tree))
        return false;
    cJSON_AddItemToArray(documents, steal_ptr(tree));
    return true;
}

int yaml_parse(const char *text, size_t length, cJSON **ret_documents, struct error *error)
{
    cleanup_json cJSON *documents = cJSON_CreateArray();

    if (length > YAML_MAX_LENGTH)
        return error_set(error, "a YAML text of %zu bytes is too large; at most 16 MiB are read", length);
    if (!documents)
        return error_set(error, "not enough memory for a YAML text of %zu bytes", length);
    if (!parse_as_json(text, length, documents) && parse_as_yaml(text, length, documents, error) < 0)
        return -1;
    *ret_documents = steal_ptr(documents);
    return 0;
}
