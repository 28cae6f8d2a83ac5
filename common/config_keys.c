#include "common/config_keys.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/strbuf.h"

#include <string.h>

/* "a, b or c" */
static void add_sentence(struct strbuf *out, const char *const known[])
{
    for (const char *const *name = known; *name; name++)
        strbuf_add_format(out, "%s%s", name == known ? "" : name[1] ? ", " : " or ", *name);
}

static int refuse(const char *name, const char *const known[], struct error *error)
{
    cleanup_strbuf struct strbuf sentence = STRBUF_INIT;

    add_sentence(&sentence, known);
    return error_set(error, "%s: unknown key; use %s", name, strbuf_string(&sentence));
}

int config_keys_check(const cJSON *object, const char *const known[], struct error *error)
{
    const cJSON *member;

    cJSON_ArrayForEach(member, object)
    {
        const char *const *name = known;

        while (*name && strcmp(*name, member->string) != 0)
            name++;
        if (!*name)
            return refuse(member->string, known, error);
    }
    return 0;
}

int config_keys_take_text(const cJSON *object, const char *name, const char *otherwise, char **ret_text,
                          struct error *error)
{
    const cJSON *member = json_get(object, name);
    const char *text = otherwise;

    if (member) {
        if (!cJSON_IsString(member) || !member->valuestring[0])
            return error_set(error, "%s: must be a text that is not empty, not %s", name,
                             cJSON_IsString(member) ? "\"\"" : json_type_name(member));
        text = member->valuestring;
    }
    if (!text)
        return 0;
    *ret_text = strdup(text);
    return *ret_text ? 0 : error_set(error, "not enough memory for the list of hubs");
}
