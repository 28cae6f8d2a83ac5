#include "translate/expansion.h"

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

/* $(NAME) with its value, or as it is. Returns what is behind it. */
static const char *add_reference(struct strbuf *out, const char *text, const char *end,
                                 const char *(*find)(void *context, const char *name, size_t length), void *context)
{
    const char *value = find(context, text + 2, (size_t)(end - text) - 2);

    if (value)
        strbuf_add_string(out, value);
    else
        strbuf_add(out, text, (size_t)(end - text) + 1);
    return end + 1;
}

int expansion_add(struct strbuf *out, const char *text,
                  const char *(*find)(void *context, const char *name, size_t length), void *context, size_t limit)
{
    while (*text && out->length <= limit) {
        size_t plain = strcspn(text, "$");
        const char *end;

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
        if (end) {
            text = add_reference(out, text, end, find, context);
            continue;
        }
        /* Nothing more is closed; only $$ is still read. */
        strbuf_add_string(out, "$(");
        text += 2;
        for (; *text; text += text[0] == '$' && text[1] == '$' ? 2 : 1)
            strbuf_add_char(out, *text);
    }
    return out->length <= limit ? 0 : -1;
}
