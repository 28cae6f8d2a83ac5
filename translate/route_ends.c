/* From edgeHub's EndpointFactory and its message sources. */
#include "translate/route_ends.h"

#include "common/cleanup.h"
#include "translate/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANKS       " \t\r\n\v\f"
#define INPUT_PARTS  4
#define SOURCE_PARTS 5
#define SHOWN        60

/* The parts between slashes. Returns how many there are; no more than most + 1. */
static size_t split(const char *text, const char *end, const char **parts, size_t *lengths, size_t most)
{
    size_t count = 0;

    for (;;) {
        const char *slash = memchr(text, '/', (size_t)(end - text));
        const char *stop = slash ? slash : end;

        if (count < most) {
            parts[count] = text;
            lengths[count] = (size_t)(stop - text);
        }
        count++;
        if (!slash || count > most)
            return count;
        text = slash + 1;
    }
}

static bool is_word(const char *part, size_t length, const char *word)
{
    return length == strlen(word) && strncasecmp(part, word, length) == 0;
}

bool route_ends_read_input(const struct route_token *string, struct route *route, bool *ret_usual_words)
{
    const char *parts[INPUT_PARTS];
    const char *text = string->text + 1;
    const char *end = string->text + string->length - 1;
    size_t lengths[INPUT_PARTS];

    while (text < end && strchr(BLANKS, *text))
        text++;
    while (end > text && strchr(BLANKS, end[-1]))
        end--;
    text += text < end && *text == '/';
    end -= end > text && end[-1] == '/';
    if (split(text, end, parts, lengths, INPUT_PARTS) != INPUT_PARTS || !lengths[0] || !lengths[1] || !lengths[2] ||
        !lengths[3])
        return false;
    route->module = strndup(parts[1], lengths[1]);
    route->input = strndup(parts[3], lengths[3]);
    *ret_usual_words = is_word(parts[0], lengths[0], "modules") && is_word(parts[2], lengths[2], "inputs");
    return true;
}

/* The parts of a source as the device compares them: without a * at the end, nor the slash before it. */
static size_t split_source(const char *source, const char **parts, size_t *lengths)
{
    const char *end = source + strlen(source);

    end -= end > source && end[-1] == '*';
    end -= end > source && end[-1] == '/';
    return end > source ? split(source + 1, end, parts, lengths, SOURCE_PARTS) : 0;
}

const char *route_ends_source_module(const char *source, size_t *ret_length)
{
    const char *parts[SOURCE_PARTS];
    size_t lengths[SOURCE_PARTS];

    if (split_source(source, parts, lengths) < 3 || !is_word(parts[1], lengths[1], "modules"))
        return NULL;
    *ret_length = lengths[2];
    return parts[2];
}

/* Messages come from /messages, /messages/modules/<m>[/outputs/<o>] and /twinChangeNotifications. */
static bool can_match(const char *const *parts, const size_t *lengths, size_t count)
{
    if (!count)
        return true;
    if (is_word(parts[0], lengths[0], "twinChangeNotifications"))
        return count == 1;
    return count <= SOURCE_PARTS && is_word(parts[0], lengths[0], "messages") &&
           (count < 2 || is_word(parts[1], lengths[1], "modules")) &&
           (count < 4 || is_word(parts[3], lengths[3], "outputs"));
}

static bool has_wildcard(const char *const *parts, const size_t *lengths, size_t count)
{
    for (size_t i = 0; i < count && i < SOURCE_PARTS; i++) {
        if (is_word(parts[i], lengths[i], "*"))
            return true;
    }
    return false;
}

static void warn_source(const struct route_parser *parser, const char *source)
{
    const char *parts[SOURCE_PARTS];
    size_t lengths[SOURCE_PARTS];
    size_t count = split_source(source, parts, lengths);
    size_t length = strlen(source);
    char shown[4 * SHOWN + 4];

    text_copy_excerpt(shown, sizeof(shown), source, SHOWN);
    if (has_wildcard(parts, lengths, count))
        route_parser_warn(parser, "no message comes from %s: a * stands for something only at the end", shown);
    else if (!can_match(parts, lengths, count))
        route_parser_warn(parser, "no message comes from %s", shown);
    else if (length > 2 && source[length - 1] == '*' && source[length - 2] != '/')
        route_parser_warn(parser, "%s means without the *: names are compared whole", shown);
}

/* Whether messages of that module have this source. */
static bool includes_module(const char *source, const char *module)
{
    const char *parts[SOURCE_PARTS];
    size_t lengths[SOURCE_PARTS];
    size_t count = split_source(source, parts, lengths);

    if (!can_match(parts, lengths, count) || (count == 1 && !is_word(parts[0], lengths[0], "messages")))
        return false;
    return count < 3 || is_word(parts[2], lengths[2], module);
}

void route_ends_warn(const struct route_parser *parser, const struct route *route, bool has_condition)
{
    if (!route->source || !parser->warnings || parser->warnings->warning_count >= FINDINGS_MAX_WARNINGS)
        return;
    warn_source(parser, route->source);
    if (!route->module || !route->input)
        return;
    if (strchr(route->module, '*') || strchr(route->input, '*'))
        route_parser_warn(parser, "a * in a sink stands for itself: it is no pattern");
    if (!has_condition && includes_module(route->source, route->module))
        route_parser_warn(parser, "module %.40s gets back what it sends: messages run in a circle", route->module);
}
