/* The grammar, by recursive descent:
 *
 *     condition  = "*" | any .
 *     any        = all { OR all } .
 *     all        = one { AND one } .
 *     one        = [ NOT ] ( "(" any ")" | IS_DEFINED "(" path ")" | path operator value ) .
 *     operator   = "=" | "!=" | "<>" | "<" | "<=" | ">" | ">=" .
 *     value      = "'" { character | "''" } "'" | number | true | false .
 *     path       = deviceId | tags "." name { "." name } | properties "." reported "." name { "." name } .
 *
 * Words are compared without their case. Sources: the deployment monitoring page of the IoT Edge documentation, and
 * what users report that the hub refuses (the issues of its command line extension and of its C# client). */
#include "translate/target_condition.h"

#include "translate/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define MAX_NESTING 32
#define FIELDS      "deviceId, tags.<name> or properties.reported.<name>"

struct parser {
    const char *text;
    const char *at;
    unsigned depth;
    struct error *error;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-' ||
           (unsigned char)c >= 0x80;
}

static void skip_blanks(struct parser *p)
{
    p->at += strspn(p->at, " \t\r\n");
}

/* People count characters, from 1. */
static size_t column(const struct parser *p, const char *at)
{
    size_t count = 1;

    for (const char *c = p->text; c < at; c++)
        count += ((unsigned char)*c & 0xc0) != 0x80;
    return count;
}

static size_t word_length(const char *at)
{
    size_t length = 0;

    while (is_name_char(at[length]))
        length++;
    return length;
}

static bool word_is(const char *at, const char *word)
{
    size_t length = strlen(word);

    return strncasecmp(at, word, length) == 0 && !is_name_char(at[length]);
}

static bool take_word(struct parser *p, const char *word)
{
    skip_blanks(p);
    if (!word_is(p->at, word))
        return false;
    p->at += strlen(word);
    return true;
}

/* Shown in a message: the word at this place, or the one character. */
static int shown_length(const char *at)
{
    size_t length = word_length(at);

    if (!length)
        length = text_character_length(at);
    return (int)(length < 60 ? length : 60);
}

static bool fail_at(struct parser *p, const char *at, const char *advice)
{
    if (!*at)
        error_set(p->error, "ends too early: %s", advice);
    else if (*at == '"')
        error_set(p->error,
                  "a double quote at character %zu: strings stand in single quotes, as in tags.building='b43'",
                  column(p, at));
    else
        error_set(p->error, "\"%.*s\" at character %zu: %s", shown_length(at), at, column(p, at), advice);
    return false;
}

static bool parse_names(struct parser *p)
{
    do {
        size_t length;

        if (*p->at != '.')
            return fail_at(p, p->at, "a name is missing, as in tags.building or properties.reported.model");
        p->at++;
        length = word_length(p->at);
        if (!length)
            return fail_at(p, p->at, "a name of letters, digits, _ and - is missing after the dot");
        p->at += length;
    } while (*p->at == '.');
    return true;
}

static bool parse_path(struct parser *p)
{
    const char *start;

    skip_blanks(p);
    start = p->at;
    p->at += word_length(start);
    if (word_is(start, "deviceId"))
        return *p->at == '.' ? fail_at(p, p->at, "deviceId has no members") : true;
    if (word_is(start, "tags"))
        return parse_names(p);
    if (word_is(start, "properties")) {
        if (*p->at == '.' && word_is(p->at + 1, "reported")) {
            p->at += strlen(".reported");
            return parse_names(p);
        }
        return fail_at(p, start, "of the properties only properties.reported.<name> can be used");
    }
    if (word_is(start, "select") || word_is(start, "from") || word_is(start, "where"))
        return fail_at(p, start, "write the condition alone, without SELECT, FROM and WHERE");
    if (word_is(start, "and") || word_is(start, "or") || word_is(start, "not"))
        return fail_at(p, start, "a comparison is expected here");
    if (*start == '\'' || is_digit(*start) || word_is(start, "true") || word_is(start, "false"))
        return fail_at(p, start, "the field stands on the left, the value on the right");
    if (*start == '*')
        return fail_at(p, start, "* stands alone and means all devices");
    return fail_at(p, start, "compare " FIELDS);
}

static bool parse_operator(struct parser *p)
{
    static const char *const operators[] = {"!=", "<>", "<=", ">=", "=", "<", ">"};

    skip_blanks(p);
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        size_t length = strlen(operators[i]);

        if (strncmp(p->at, operators[i], length) == 0) {
            p->at += length;
            return true;
        }
    }
    if (word_is(p->at, "in"))
        return fail_at(p, p->at, "IoT Hub refuses IN here; write the values with OR: tags.a='x' OR tags.a='y'");
    return fail_at(p, p->at, "a comparison is expected: =, !=, <>, <, <=, > or >=");
}

static bool parse_string(struct parser *p)
{
    const char *start = p->at++;

    for (;;) {
        if (!*p->at) {
            error_set(p->error, "the string that begins at character %zu has no closing single quote",
                      column(p, start));
            return false;
        }
        if (*p->at == '"')
            return fail_at(p, p->at, "");
        if ((unsigned char)*p->at < 0x20 || *p->at == 0x7f) {
            error_set(p->error, "a control character at character %zu", column(p, p->at));
            return false;
        }
        if (*p->at == '\'' && p->at[1] != '\'') {
            p->at++;
            return true;
        }
        p->at += *p->at == '\'' ? 2 : 1;
    }
}

/* The end of the number at this place, or NULL. */
static const char *number_end(const char *at)
{
    at += *at == '-';
    if (!is_digit(*at))
        return NULL;
    at += strspn(at, "0123456789");
    if (*at == '.') {
        if (!is_digit(at[1]))
            return NULL;
        at += 1 + strspn(at + 1, "0123456789");
    }
    if ((*at == 'e' || *at == 'E') && is_digit(at[1 + (at[1] == '-' || at[1] == '+')])) {
        at += 1 + (at[1] == '-' || at[1] == '+');
        at += strspn(at, "0123456789");
    }
    return is_name_char(*at) || *at == '.' ? NULL : at;
}

static bool parse_value(struct parser *p)
{
    const char *end;

    skip_blanks(p);
    if (*p->at == '\'')
        return parse_string(p);
    end = number_end(p->at);
    if (end) {
        p->at = end;
        return true;
    }
    if (take_word(p, "true") || take_word(p, "false"))
        return true;
    if (word_is(p->at, "null"))
        return fail_at(p, p->at, "null cannot be compared; write NOT IS_DEFINED(tags.<name>)");
    if (word_length(p->at)) {
        error_set(p->error, "%.*s at character %zu is no value: a string stands in single quotes, as in '%.*s'",
                  shown_length(p->at), p->at, column(p, p->at), shown_length(p->at), p->at);
        return false;
    }
    return fail_at(p, p->at, "a value is expected: a string in single quotes, a number, true or false");
}

static bool take_character(struct parser *p, char c, const char *advice)
{
    skip_blanks(p);
    if (*p->at != c)
        return fail_at(p, p->at, advice);
    p->at++;
    return true;
}

static bool parse_any(struct parser *p);

static bool parse_parentheses(struct parser *p)
{
    if (++p->depth > MAX_NESTING) {
        error_set(p->error, "more than %d parentheses within each other", MAX_NESTING);
        return false;
    }
    p->at++;
    if (!parse_any(p))
        return false;
    p->depth--;
    return take_character(p, ')', "AND, OR or the closing parenthesis is expected");
}

static bool parse_one(struct parser *p)
{
    take_word(p, "not");
    skip_blanks(p);
    if (*p->at == '(')
        return parse_parentheses(p);
    if (take_word(p, "is_defined"))
        return take_character(p, '(', "IS_DEFINED takes a field in parentheses, as in IS_DEFINED(tags.building)") &&
               parse_path(p) && take_character(p, ')', "the closing parenthesis of IS_DEFINED is expected");
    return parse_path(p) && parse_operator(p) && parse_value(p);
}

static bool parse_all(struct parser *p)
{
    do {
        if (!parse_one(p))
            return false;
    } while (take_word(p, "and"));
    return true;
}

static bool parse_any(struct parser *p)
{
    do {
        if (!parse_all(p))
            return false;
    } while (take_word(p, "or"));
    return true;
}

int target_condition_check(const char *condition, struct error *error)
{
    struct parser p = {.text = condition, .at = condition, .error = error};

    skip_blanks(&p);
    if (*p.at == '*') {
        p.at++;
        skip_blanks(&p);
        if (*p.at)
            return error_set(error, "* stands alone and means all devices");
        return 0;
    }
    if (!*p.at)
        return error_set(error, "it is empty and would target no device");
    if (!parse_any(&p))
        return -1;
    skip_blanks(&p);
    if (*p.at) {
        fail_at(&p, p.at,
                *p.at == ')' ? "this parenthesis was never opened"
                             : "AND or OR is expected between two comparisons, and nothing after the last");
        return -1;
    }
    return 0;
}
