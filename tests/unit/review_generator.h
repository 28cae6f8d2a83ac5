/* Edge Deployments with their ConfigMaps and Secrets, made from a number: pieces of the cases put together at random,
 * and now and then something of another shape. The same number gives the same review. */
#ifndef TESTS_UNIT_REVIEW_GENERATOR_H
#define TESTS_UNIT_REVIEW_GENERATOR_H

#include "common/base64.h"
#include "common/file.h"
#include "common/yaml_binary.h"
#include "tests/unit/translate_objects.h"

#include <dirent.h>
#include <stdint.h>
#include <stdlib.h>

#define GENERATOR_CASES "tests/unit/cases"

struct generator {
    uint64_t state;
    cJSON *pieces; /* cases, as their files have them */
    cJSON *texts;  /* routes, conditions, create options */
    const cJSON **piece_list, **text_list;
    size_t piece_count, text_count;
};

struct review_input {
    cJSON *deployment, *config_maps, *secrets;
};

static inline void review_input_release(struct review_input *input)
{
    cJSON_Delete(input->deployment);
    cJSON_Delete(input->config_maps);
    cJSON_Delete(input->secrets);
}

#define cleanup_review __attribute__((cleanup(review_input_release)))

/* xorshift64*. */
static inline uint64_t generator_next(struct generator *generator)
{
    generator->state ^= generator->state >> 12;
    generator->state ^= generator->state << 25;
    generator->state ^= generator->state >> 27;
    return generator->state * UINT64_C(2685821657736338717);
}

static inline size_t generator_pick(struct generator *generator, size_t count)
{
    return (size_t)(generator_next(generator) >> 33) % count;
}

static inline const cJSON **generator_list(const cJSON *array, size_t *ret_count)
{
    const cJSON **list = calloc((size_t)cJSON_GetArraySize(array) + 1, sizeof(*list));
    const cJSON *item;

    assert_non_null(list);
    *ret_count = 0;
    cJSON_ArrayForEach(item, array) list[(*ret_count)++] = item;
    return list;
}

static inline cJSON *generator_parse(const char *name)
{
    cleanup_error struct error error = {NULL};
    cleanup_free char *text = NULL;
    cJSON *documents = NULL;
    char path[512];
    size_t length;

    (void)snprintf(path, sizeof(path), GENERATOR_CASES "/%s", name);
    if (file_read(path, 16 * 1024 * 1024, &text, &length, &error) < 0 ||
        yaml_parse(text, length, &documents, &error) < 0)
        fail_msg("%s: %s", path, error_message(&error));
    return documents;
}

static inline void generator_take(cJSON *into, cJSON *from)
{
    while (from->child)
        cJSON_AddItemToArray(into, cJSON_DetachItemViaPointer(from, from->child));
}

static inline void generator_init(struct generator *generator)
{
    struct dirent **entries = NULL;
    int count = scandir(GENERATOR_CASES, &entries, NULL, alphasort);

    *generator = (struct generator){.pieces = cJSON_CreateArray(), .texts = cJSON_CreateArray()};
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        const char *ending = strrchr(entries[i]->d_name, '.');
        cleanup_json cJSON *documents = NULL;

        if (strcmp(ending, ".yaml") == 0) {
            documents = generator_parse(entries[i]->d_name);
            generator_take(generator->pieces, documents);
        } else if (strcmp(ending, ".json") == 0) {
            documents = generator_parse(entries[i]->d_name);
            generator_take(generator->texts, documents->child);
        }
        free(entries[i]);
    }
    free(entries);
    generator->piece_list = generator_list(generator->pieces, &generator->piece_count);
    generator->text_list = generator_list(generator->texts, &generator->text_count);
    assert_true(generator->piece_count > 300 && generator->text_count > 100);
}

static inline void generator_release(struct generator *generator)
{
    cJSON_Delete(generator->pieces);
    cJSON_Delete(generator->texts);
    free(generator->piece_list);
    free(generator->text_list);
}

static inline void generator_put(cJSON *object, const cJSON *members)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, members)
    {
        if (!cJSON_IsObject(object))
            return;
        cJSON_DeleteItemFromObjectCaseSensitive(object, item->string);
        if (!cJSON_IsNull(item))
            cJSON_AddItemToObject(object, item->string, cJSON_Duplicate(item, true));
    }
}

static inline cJSON *generator_object(cJSON *parent, const char *name)
{
    cJSON *found = json_get(parent, name);

    return found ? found : cJSON_AddObjectToObject(parent, name);
}

static inline void generator_add_piece(struct review_input *input, const cJSON *piece)
{
    cJSON *spec = json_get(input->deployment, "spec");
    cJSON *template = json_get(spec, "template");
    cJSON *containers = json_at(template, "spec", "containers", NULL);
    const cJSON *item;

    if (cJSON_IsArray(containers) && containers->child) {
        generator_put(containers->child, json_get(piece, "container"));
        cJSON_ArrayForEach(item, json_get(piece, "more")) cJSON_AddItemToArray(containers, cJSON_Duplicate(item, true));
    }
    generator_put(json_get(template, "spec"), json_get(piece, "pod"));
    generator_put(spec, json_get(piece, "spec"));
    generator_put(generator_object(json_get(template, "metadata"), "annotations"), json_get(piece, "annotations"));
    generator_put(generator_object(json_get(input->deployment, "metadata"), "annotations"), json_get(piece, "own"));
    generator_put(input->config_maps, json_get(piece, "configMaps"));
    if (json_get(piece, "secrets") && !input->secrets)
        input->secrets = cJSON_CreateObject();
    generator_put(input->secrets, json_get(piece, "secrets"));
}

static inline size_t generator_count(const cJSON *value)
{
    size_t count = 1;

    for (const cJSON *item = value->child; item; item = item->next)
        count += generator_count(item);
    return count;
}

static inline cJSON *generator_find(cJSON *value, size_t *left)
{
    cJSON *found = NULL;

    for (cJSON *item = value->child; item && !found; item = item->next)
        found = (*left)-- == 0 ? item : generator_find(item, left);
    return found;
}

/* A piece of text more, less, or in place of another one, anywhere in it. */
static inline void generator_spoil(struct generator *generator, cJSON *victim)
{
    static const char *const bits[] = {" ",          ".",           "-",
                                       "_",          "/",           ":",
                                       "@",          "$",           "'",
                                       "\"",         "\\",          "=",
                                       "*",          "0",           "9",
                                       "A",          "z",           "__",
                                       "..",         "[",           "]",
                                       "(",          ")",           "[::1]:5/",
                                       "localhost/", "sha256:",     "sha512:",
                                       "\u00e9",     "\u20ac",      "\U0001F600",
                                       "\t",         "\r",          "\n",
                                       "\x01",       "\x7f",        "\xc2\x85",
                                       "\xc3",       "\xe2\x82",    "\xf0\x9f\x98",
                                       "\xff",       "\xed\xa0\x80"};
    size_t length = strlen(victim->valuestring);
    size_t at = generator_pick(generator, length + 1);
    size_t less = generator_pick(generator, 3);
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    char *spoilt;

    strbuf_add(&text, victim->valuestring, at);
    if (generator_pick(generator, 4)) {
        const char *bit = bits[generator_pick(generator, array_length(bits))];
        size_t times = generator_pick(generator, 12) ? 1 : generator_pick(generator, 400);

        for (; times; times--)
            strbuf_add_string(&text, bit);
    }
    strbuf_add_string(&text, victim->valuestring + (at + less < length ? at + less : length));
    spoilt = strbuf_steal(&text);
    assert_non_null(spoilt);
    cJSON_free(victim->valuestring);
    victim->valuestring = spoilt;
}

/* The place in the tree stays; the value changes, and *shape gets the old one. */
static inline void generator_replace(cJSON *victim, cJSON *shape)
{
    cJSON old = *victim;

    victim->child = shape->child;
    victim->type = shape->type;
    victim->valuestring = shape->valuestring;
    victim->valueint = shape->valueint;
    victim->valuedouble = shape->valuedouble;
    shape->child = old.child;
    shape->type = old.type;
    shape->valuestring = old.valuestring;
}

/* Something of another shape in place of a value anywhere, or a text spoilt. */
static inline void generator_break(struct generator *generator, cJSON *tree)
{
    static const char *const shapes[] = {"null", "true",       "0",        "-1",     "1.5",    "1e300",
                                         "\"\"", "\"x\"",      "[]",       "[[]]",   "[null]", "[5]",
                                         "{}",   "{\"a\":{}}", "\"$(A)\"", "\"/a\"", "\"5m\""};
    size_t left = generator_pick(generator, generator_count(tree));
    cJSON *victim = generator_find(tree, &left);
    cJSON *shape;

    if (victim && cJSON_IsString(victim) && generator_pick(generator, 4)) {
        generator_spoil(generator, victim);
        return;
    }
    shape = cJSON_Parse(shapes[generator_pick(generator, array_length(shapes))]);
    if (victim)
        generator_replace(victim, shape);
    cJSON_Delete(shape);
}

/* JSON in a text: broken as JSON is. */
static inline bool generator_break_json(struct generator *generator, cJSON *text)
{
    cleanup_json cJSON *tree = cJSON_Parse(text->valuestring);
    char *printed;

    if (!tree || !tree->child)
        return false;
    generator_break(generator, tree);
    printed = cJSON_PrintUnformatted(tree);
    assert_non_null(printed);
    cJSON_free(text->valuestring);
    text->valuestring = printed;
    return true;
}

/* What stands in a ConfigMap's data: JSON, or a text that is all of it. */
static inline void generator_break_data(struct generator *generator, cJSON *objects)
{
    cJSON *object = objects->child;
    cJSON *value;

    for (size_t skip = object ? generator_pick(generator, (size_t)cJSON_GetArraySize(objects)) : 0; skip; skip--)
        object = object->next;
    value = object ? object->child : NULL;
    if (!value || !cJSON_IsString(value))
        return;
    if (!generator_break_json(generator, value))
        generator_spoil(generator, value);
}

/* The same of a Secret's, which is in base64. */
static inline void generator_break_secret(struct generator *generator, cJSON *secrets)
{
    cJSON *value = secrets && secrets->child ? secrets->child->child : NULL;
    cleanup_strbuf struct strbuf encoded = STRBUF_INIT;
    cleanup_free char *decoded = NULL;
    cJSON *text;

    if (!value || !cJSON_IsString(value) || yaml_binary_decode(value->valuestring, &decoded, NULL) < 0)
        return;
    text = cJSON_CreateString(decoded);
    if (!generator_break_json(generator, text))
        generator_spoil(generator, text);
    base64_encode(text->valuestring, strlen(text->valuestring), &encoded);
    cJSON_Delete(text);
    cJSON_free(value->valuestring);
    value->valuestring = strbuf_steal(&encoded);
    assert_non_null(value->valuestring);
}

/* A case of one function, put where that function is called; often with a piece of it changed. */
static inline void generator_add_text(struct generator *generator, struct review_input *input, const cJSON *source)
{
    cJSON *annotations = json_at(input->deployment, "spec", "template", "metadata", "annotations", NULL);
    cleanup_json cJSON *text = cJSON_Duplicate(source, true);
    cJSON *options = json_get(text, "options"), *condition = json_get(text, "condition");
    cJSON *route = json_get(text, "route"), *desired = json_get(text, "desired");
    bool change = generator_pick(generator, 2);

    if (cJSON_IsString(options)) {
        cJSON *data = generator_object(input->config_maps, "sensor");

        if (change && !generator_break_json(generator, options))
            generator_spoil(generator, options);
        cJSON_DeleteItemFromObjectCaseSensitive(data, "createOptions");
        cJSON_AddStringToObject(data, "createOptions", options->valuestring);
    } else if (cJSON_IsString(condition) && cJSON_IsObject(annotations)) {
        if (change)
            generator_spoil(generator, condition);
        cJSON_DeleteItemFromObjectCaseSensitive(annotations, "targetCondition");
        cJSON_AddStringToObject(annotations, "targetCondition", condition->valuestring);
    } else if (cJSON_IsString(route) || desired) {
        cleanup_json cJSON *whole = cJSON_CreateObject();
        cleanup_free char *printed = NULL;
        cJSON *data = generator_object(input->config_maps, "edgehub");

        if (change && desired)
            generator_break(generator, desired);
        else if (change)
            generator_spoil(generator, route);
        if (!desired)
            cJSON_AddStringToObject(cJSON_AddObjectToObject(whole, "routes"), "generated", route->valuestring);
        printed = cJSON_PrintUnformatted(desired ? desired : whole);
        cJSON_DeleteItemFromObjectCaseSensitive(data, "desiredProperties");
        cJSON_AddStringToObject(data, "desiredProperties", printed);
    }
}

/* Now and then a layer, and another module. */
static inline void generator_vary(struct generator *generator, struct review_input *input)
{
    static const char *const names[] = {"sensor", "reader", "writer", "x1", "cc"};
    static const char *const ports[] = {
        "[{\"containerPort\":80,\"hostPort\":80}]",
        "[{\"containerPort\":81,\"hostPort\":80,\"hostIP\":\"10.0.0.1\"}]",
        "[{\"containerPort\":81,\"hostPort\":80,\"hostIP\":\"10.0.0.2\"},{\"containerPort\":82,\"hostPort\":81}]",
        "[{\"containerPort\":80,\"hostPort\":80,\"protocol\":\"UDP\"}]",
    };
    cJSON *containers = json_at(input->deployment, "spec", "template", "spec", "containers", NULL);
    cJSON *own = generator_object(json_get(input->deployment, "metadata"), "annotations");

    if (generator_pick(generator, 5) == 0 && cJSON_IsObject(own) && !json_get(own, "iot-edge-connector/layered"))
        cJSON_AddStringToObject(own, "iot-edge-connector/layered", "true");
    if (generator_pick(generator, 4) == 0 && containers && cJSON_IsObject(containers->child)) {
        cJSON_DeleteItemFromObjectCaseSensitive(containers->child, "ports");
        cJSON_AddItemToObject(containers->child, "ports",
                              cJSON_Parse(ports[generator_pick(generator, array_length(ports))]));
    }
    if (generator_pick(generator, 4) == 0 && containers && json_get(containers->child, "name"))
        cJSON_ReplaceItemInObjectCaseSensitive(
            containers->child, "name", cJSON_CreateString(names[generator_pick(generator, array_length(names))]));
}

static inline void generator_make(struct generator *generator, uint64_t number, struct review_input *ret_input)
{
    static const char bare[] =
        "apiVersion: apps/v1\nkind: Deployment\n" EDGE_METADATA
        "spec:\n  replicas: 1\n  selector: {matchLabels: {app: web}}\n" EDGE_STRATEGY
        "  template:\n    metadata:\n      labels: {app: web}\n      annotations: {isEdgeDeployment: "
        "'true', targetCondition: \"tags.site='north'\"}\n    spec:\n" EDGE_CONTAINERS;
    size_t pieces;

    generator->state = (number + 1) * UINT64_C(0x9E3779B97F4A7C15);
    *ret_input = (struct review_input){.deployment = object_from(generator_pick(generator, 2) ? bare : EDGE_COMPLETE),
                                       .config_maps = cJSON_CreateObject()};
    pieces = generator_pick(generator, 6);
    for (size_t i = 0; i < pieces; i++)
        generator_add_piece(ret_input, generator->piece_list[generator_pick(generator, generator->piece_count)]);
    generator_vary(generator, ret_input);
    if (generator_pick(generator, 3) == 0)
        generator_add_text(generator, ret_input,
                           generator->text_list[generator_pick(generator, generator->text_count)]);
    if (generator_pick(generator, 3) == 0)
        generator_break(generator, ret_input->deployment);
    if (generator_pick(generator, 6) == 0)
        generator_break(generator, ret_input->config_maps);
    if (generator_pick(generator, 4) == 0)
        generator_break_data(generator, ret_input->config_maps);
    if (generator_pick(generator, 2) == 0)
        generator_break_secret(generator, ret_input->secrets);
}

#endif
