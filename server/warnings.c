#include "server/warnings.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/strbuf.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Room for the sentence about those that are left out. */
#define LAST_WORD 64

void warnings_release(struct warnings *warnings)
{
    for (size_t i = 0; i < warnings->count; i++)
        free(warnings->texts[i]);
    *warnings = (struct warnings)WARNINGS_INIT;
}

static bool continues(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* Bytes of the first so many characters of a UTF-8 text. */
static size_t characters_length(const char *text, size_t characters)
{
    size_t at = 0;
    while (text[at] && (characters > 0 || continues(text[at])))
        characters -= !continues(text[at++]);
    return at;
}

static char *one_line(const char *field, const char *message)
{
    cleanup_strbuf struct strbuf line = STRBUF_INIT;
    if (field)
        strbuf_add_format(&line, "%s: ", field);
    strbuf_add_string(&line, message);
    char *text = strbuf_steal(&line);
    if (!text)
        return NULL;
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = ' ';
    if (text[characters_length(text, WARNING_LIMIT)] != '\0') {
        static const char ellipsis[] = "...";
        size_t end = characters_length(text, WARNING_LIMIT - (sizeof ellipsis - 1));
        memcpy(text + end, ellipsis, sizeof ellipsis);
    }
    return text;
}

static void keep(struct warnings *warnings, char *text, size_t limit)
{
    size_t length = strlen(text);
    if (warnings->count == WARNINGS_MOST || warnings->bytes + length > limit) {
        warnings->left_out++;
        free(text);
        return;
    }
    warnings->texts[warnings->count++] = text;
    warnings->bytes += length;
}

void warnings_add(struct warnings *warnings, const char *field, const char *message)
{
    if (warnings->left_out > 0 || warnings->count == WARNINGS_MOST - 1) {
        warnings->left_out++;
        return;
    }
    char *text = one_line(field, message);
    if (text)
        keep(warnings, text, WARNINGS_LIMIT - LAST_WORD);
}

void warnings_finish(struct warnings *warnings)
{
    if (warnings->left_out == 0)
        return;
    cleanup_strbuf struct strbuf line = STRBUF_INIT;
    strbuf_add_format(&line, "%zu more: kubectl iotedge validate shows all", warnings->left_out);
    char *text = strbuf_steal(&line);
    if (text)
        keep(warnings, text, WARNINGS_LIMIT);
}
