#include "translate/shown_content.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CREATE_OPTIONS "createOptions"
#define CHUNKS         100

/* Where in the content the walk is. A key of a layer has several of these in one: properties.desired.modules.m.env. */
enum place {
    PLACE_PLAIN,
    PLACE_CREDENTIALS, /* within registryCredentials */
    PLACE_ENV,         /* within env */
    PLACE_OPTIONS,     /* the object of createOptions */
    PLACE_COVERED,     /* all below */
};

static bool is_part(const char *name, const char *part)
{
    size_t length = strlen(part);

    for (const char *at = name; (at = strstr(at, part)) != NULL; at += length)
        if ((at == name || at[-1] == '.') && (at[length] == '\0' || at[length] == '.'))
            return true;
    return false;
}

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* What is below a member. */
static enum place place_below(enum place place, const char *name, bool secrets)
{
    static const char *const commands[] = {"Env", "Cmd", "Entrypoint", "Healthcheck"};

    if (place == PLACE_COVERED)
        return place;
    if (place == PLACE_OPTIONS)
        return secrets && is_one_of(name, commands, array_length(commands)) ? PLACE_COVERED : PLACE_PLAIN;
    if (place == PLACE_CREDENTIALS)
        return is_part(name, "password") || (secrets && is_part(name, "username")) ? PLACE_COVERED : place;
    if (place == PLACE_ENV)
        return secrets && is_part(name, "value") ? PLACE_COVERED : place;
    if (is_part(name, "registryCredentials"))
        return PLACE_CREDENTIALS;
    return is_part(name, "env") ? PLACE_ENV : PLACE_PLAIN;
}

/* --- createOptions ---------------------------------------------------------------------------- */

static bool is_chunk(const char *name)
{
    return strncmp(name, CREATE_OPTIONS, strlen(CREATE_OPTIONS)) == 0;
}

/* The chunks of an object's createOptions, as one tree: NULL when it has none, a string when they are no JSON. For the
 * caller to delete. */
static cJSON *join_options(const cJSON *settings)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    cJSON *tree = NULL;

    for (unsigned i = 0; i < CHUNKS; i++) {
        char name[sizeof CREATE_OPTIONS + 12];

        snprintf(name, sizeof name, i ? CREATE_OPTIONS "%02u" : CREATE_OPTIONS, i);
        const char *chunk = json_string(settings, name);

        if (!chunk)
            break;
        strbuf_add_string(&text, chunk);
    }
    if (!text.length)
        return NULL;
    if (json_parse(strbuf_string(&text), text.length, &tree, NULL) < 0)
        return cJSON_CreateString(strbuf_string(&text));
    return tree;
}

/* --- the walk --------------------------------------------------------------------------------- */

static cJSON *show(const cJSON *value, const cJSON *other, enum place place, bool secrets);

/* Takes item over. */
static int add_item(cJSON *to, const char *name, cJSON *item)
{
    bool added = item && (name ? cJSON_AddItemToObject(to, name, item) : cJSON_AddItemToArray(to, item));

    if (!added)
        cJSON_Delete(item);
    return added ? 0 : -1;
}

static int show_options(cJSON *to, const cJSON *settings, const cJSON *other, bool secrets)
{
    cleanup_json cJSON *options = join_options(settings);
    cleanup_json cJSON *others = join_options(other);
    bool covered = secrets && !cJSON_IsObject(options);

    if (!options)
        return 0;
    return add_item(to, CREATE_OPTIONS, show(options, others, covered ? PLACE_COVERED : PLACE_OPTIONS, secrets));
}

static int show_member(cJSON *to, const cJSON *member, const cJSON *value, const cJSON *other, enum place place,
                       bool secrets)
{
    if (place == PLACE_PLAIN && is_chunk(member->string) && cJSON_IsString(member))
        return strcmp(member->string, CREATE_OPTIONS) == 0 ? show_options(to, value, other, secrets) : 0;
    return add_item(
        to, member->string,
        show(member, json_get(other, member->string), place_below(place, member->string, secrets), secrets));
}

static cJSON *show_all(const cJSON *value, const cJSON *other, enum place place, bool secrets)
{
    cleanup_json cJSON *shown = cJSON_IsObject(value) ? cJSON_CreateObject() : cJSON_CreateArray();
    const cJSON *beside = cJSON_IsArray(value) && cJSON_IsArray(other) ? other->child : NULL;
    const cJSON *item = NULL;

    if (!shown)
        return NULL;
    cJSON_ArrayForEach(item, value)
    {
        int result = item->string ? show_member(shown, item, value, other, place, secrets)
                                  : add_item(shown, NULL, show(item, beside, place, secrets));

        if (result < 0)
            return NULL;
        beside = beside ? beside->next : NULL;
    }
    return steal_ptr(shown);
}

static cJSON *show(const cJSON *value, const cJSON *other, enum place place, bool secrets)
{
    if (value->child)
        return show_all(value, other, place, secrets);
    if (place == PLACE_COVERED && (cJSON_IsString(value) || cJSON_IsNumber(value)))
        return cJSON_CreateString(!other || json_equal(value, other) ? SHOWN_HIDDEN : SHOWN_OTHER);
    return cJSON_Duplicate(value, true);
}

cJSON *shown_content(const cJSON *content, const cJSON *other, bool secrets)
{
    return show(content, other, PLACE_PLAIN, secrets);
}
