#include "translate/expansion.h"

#include "common/cleanup.h"
#include "common/json.h"

#include <string.h>

bool expansion_is_needed(const char *text)
{
    const char *dollar = strchr(text, '$');

    for (; dollar; dollar = strchr(dollar + 1, '$')) {
        if (dollar[1] == '(' || dollar[1] == '$')
            return true;
    }
    return false;
}

/* A name between parentheses. Returns its value, or NULL. */
static const char *find(const char *name, size_t length, const cJSON *values)
{
    for (const cJSON *item = values ? values->child : NULL; item; item = item->next) {
        if (item->string && strlen(item->string) == length && memcmp(item->string, name, length) == 0)
            return cJSON_IsString(item) ? item->valuestring : NULL;
    }
    return NULL;
}

bool expansion_add(struct strbuf *out, const char *text, const cJSON *values, const char **ret_unknown)
{
    bool unknown = false;

    while (*text) {
        size_t plain = strcspn(text, "$");
        const char *end, *value;

        strbuf_add(out, text, plain);
        text += plain;
        if (!*text)
            break;
        if (text[1] != '(') {
            strbuf_add_char(out, '$');
            text += text[1] == '$' ? 2 : 1;
            continue;
        }
        end = strchr(text, ')');
        value = end ? find(text + 2, (size_t)(end - text) - 2, values) : NULL;
        if (value) {
            strbuf_add_string(out, value);
            text = end + 1;
            continue;
        }
        if (end) {
            unknown = true;
            if (ret_unknown)
                *ret_unknown = text + 2;
        }
        strbuf_add_string(out, "$(");
        text += 2;
        if (end) {
            strbuf_add(out, text, (size_t)(end - text) + 1);
            text = end + 1;
        }
    }
    return unknown;
}
