/* From the grammar of edgeHub's route parser (Route.g4 of IoT Edge). */
#include "translate/route.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define BLANKS    " \t\r\n"
#define SINKS     "$upstream or BrokeredEndpoint(\"/modules/<module>/inputs/<input>\")"
#define MAX_SHOWN 60

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, BLANKS);
}

/* Behind the word when it stands here, alone; else NULL. */
static const char *after_word(const char *at, const char *word)
{
    size_t length = strlen(word);

    if (strncasecmp(at, word, length) != 0 || (at[length] && !strchr(BLANKS, at[length])))
        return NULL;
    return skip_blanks(at + length);
}

/* Behind the string that begins with the quote at this place, or NULL when it does not end. */
static const char *after_string(const char *at)
{
    char quote = *at++;

    while (*at && *at != quote)
        at += *at == '\\' && at[1] ? 2 : 1;
    return *at ? at + 1 : NULL;
}

static int fail_at(struct error *error, const char *at, const char *expected)
{
    if (!*at)
        return error_set(error, "ends too early: %s", expected);
    return error_set(error, "at \"%.*s\": %s", MAX_SHOWN, at, expected);
}

/* Reads over a condition up to the word INTO, which may stand in a string as well. */
static int skip_condition(const char **at, struct error *error)
{
    const char *start = *at;
    bool between = true;

    while (**at && !(between && after_word(*at, "into"))) {
        between = strchr(BLANKS, **at) || **at == ')';
        if (**at != '"' && **at != '\'') {
            (*at)++;
            continue;
        }
        start = *at;
        *at = after_string(*at);
        if (!*at)
            return fail_at(error, start, "this string has no end");
        between = true;
    }
    return 0;
}

static int check_source(const char **at, struct error *error)
{
    size_t length = strcspn(*at, BLANKS);

    if (**at != '/')
        return fail_at(error, *at, "a source is expected, such as /* or /messages/modules/<module>/outputs/<output>");
    if ((*at)[length - 1] == '/')
        return fail_at(error, *at, "a source does not end in /; write /* for all below it");
    if (memmem(*at, length, "//", 2))
        return fail_at(error, *at, "a part of the source is empty");
    *at = skip_blanks(*at + length);
    return 0;
}

/* The argument of BrokeredEndpoint, of which the device removes blanks around and a slash at each end. */
static bool is_module_input(const char *text, size_t length)
{
    static const char *const words[] = {"modules", NULL, "inputs", NULL};
    const char *end = text + length;

    while (text < end && strchr(BLANKS, *text))
        text++;
    while (end > text && strchr(BLANKS, end[-1]))
        end--;
    text += text < end && *text == '/';
    end -= end > text && end[-1] == '/';
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *slash = memchr(text, '/', (size_t)(end - text));
        size_t part = slash ? (size_t)(slash - text) : (size_t)(end - text);
        bool last = i + 1 == sizeof(words) / sizeof(words[0]);

        if (!part || !slash != last)
            return false;
        if (words[i] && (part != strlen(words[i]) || strncmp(text, words[i], part) != 0))
            return false;
        text += part + 1;
    }
    return true;
}

static int check_endpoint(const char **at, struct error *error)
{
    const char *start = skip_blanks(*at);
    const char *end;

    if (*start != '(')
        return fail_at(error, *at, "a sink is expected: " SINKS);
    start = skip_blanks(start + 1);
    end = *start == '"' || *start == '\'' ? after_string(start) : NULL;
    if (!end)
        return fail_at(error, start, "BrokeredEndpoint takes one string: " SINKS);
    if (!is_module_input(start + 1, (size_t)(end - start - 2)))
        return fail_at(error, start, "must be \"/modules/<module>/inputs/<input>\"");
    end = skip_blanks(end);
    if (*end != ')')
        return fail_at(error, end, "the closing parenthesis of BrokeredEndpoint is expected");
    *at = end + 1;
    return 0;
}

static int check_sink(const char **at, struct error *error)
{
    static const char upstream[] = "$upstream";
    static const char endpoint[] = "BrokeredEndpoint";

    if (strncasecmp(*at, upstream, strlen(upstream)) == 0) {
        *at += strlen(upstream);
        return 0;
    }
    if (strncasecmp(*at, endpoint, strlen(endpoint)) != 0)
        return fail_at(error, *at, "a sink is expected: " SINKS);
    *at += strlen(endpoint);
    return check_endpoint(at, error);
}

int route_check(const char *route, struct error *error)
{
    const char *at = skip_blanks(route);
    const char *next;

    if (strstr(route, "*/"))
        return error_set(error, "*/ ends a comment that /* began, so that a part is lost; * can only end a source");
    next = after_word(at, "select");
    if (next) {
        at = after_word(next, "*");
        if (!at)
            return fail_at(error, next, "only SELECT * can be written");
    }
    next = strncasecmp(at, "from/", strlen("from/")) == 0 ? at + strlen("from") : after_word(at, "from");
    if (!next)
        return fail_at(error, at, "FROM is expected, as in FROM /messages/* INTO $upstream");
    at = next;
    if (check_source(&at, error) < 0)
        return -1;
    next = after_word(at, "where");
    if (next) {
        at = next;
        if (skip_condition(&at, error) < 0)
            return -1;
        if (at == next)
            return fail_at(error, at, "a condition is expected behind WHERE");
    }
    next = after_word(at, "into");
    if (!next)
        return fail_at(error, at, "INTO is expected behind the source and its condition");
    at = next;
    if (check_sink(&at, error) < 0)
        return -1;
    at = skip_blanks(at);
    if (*at)
        return fail_at(error, at, "the device ignores what stands behind the sink; a WHERE stands before INTO");
    return 0;
}
