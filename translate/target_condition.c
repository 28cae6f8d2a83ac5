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

#include "common/cleanup.h"
#include "common/strbuf.h"
#include "translate/target_facts.h"
#include "translate/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define MAX_NESTING      32
#define MAX_ALTERNATIVES 300
#define FIELDS           "deviceId, tags.<name> or properties.reported.<name>"

struct parser {
    const char *text;
    const char *at;
    unsigned depth;
    unsigned negations;        /* parentheses behind NOT around this place */
    struct findings *warnings; /* NULL when nobody wants them */
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
    while (*p->at == ' ' || *p->at == '\t' || *p->at == '\r' || *p->at == '\n')
        p->at++;
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

static bool parse_value(struct parser *p);

/* path IN ['x', 5], written as the hub takes it: (path='x' OR path=5). False when it is no such list. */
static bool write_alternatives(const struct parser *in, const char *path, size_t length, struct strbuf *out)
{
    struct parser p = {.text = in->text, .at = in->at + strlen("in")};
    size_t count = 0;

    skip_blanks(&p);
    if (*p.at != '[' && *p.at != '(')
        return false;
    do {
        const char *start;

        p.at++;
        skip_blanks(&p);
        start = p.at;
        if (out->length > MAX_ALTERNATIVES || !parse_value(&p))
            return false;
        strbuf_add_format(out, "%s%.*s=%.*s", count++ ? " OR " : "(", (int)length, path, (int)(p.at - start), start);
        skip_blanks(&p);
    } while (*p.at == ',');
    strbuf_add_char(out, ')');
    return *p.at == ']' || *p.at == ')';
}

static bool fail_in(struct parser *p, const char *path, size_t length)
{
    cleanup_strbuf struct strbuf alternatives = STRBUF_INIT;
    cleanup_strbuf struct strbuf advice = STRBUF_INIT;

    if (!write_alternatives(p, path, length, &alternatives))
        return fail_at(p, p->at, "IoT Hub refuses IN here; write the values with OR: tags.a='x' OR tags.a='y'");
    strbuf_add_format(&advice, "IoT Hub refuses IN here; write %s", strbuf_string(&alternatives));
    return fail_at(p, p->at, strbuf_string(&advice));
}

/* path is what stands before it. */
static bool parse_operator(struct parser *p, const char *path, size_t path_length, struct target_fact *fact)
{
    static const char *const operators[] = {"!=", "<>", "<=", ">=", "=", "<", ">"};

    skip_blanks(p);
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        size_t length = strlen(operators[i]);

        if (strncmp(p->at, operators[i], length) == 0) {
            p->at += length;
            fact->kind = i < 2 ? TARGET_DIFFERENT : i == 4 ? TARGET_EQUAL : TARGET_NOTHING;
            return true;
        }
    }
    if (word_is(p->at, "in"))
        return fail_in(p, path, path_length);
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

static void warn_contradiction(const struct parser *p, const struct target_fact *a, const struct target_fact *b)
{
    char first[TARGET_FACT_SIZE], second[TARGET_FACT_SIZE];

    if (!p->warnings || p->negations)
        return;
    target_fact_show(first, a);
    target_fact_show(second, b);
    findings_add_warning(p->warnings, "targetCondition: no device has both %s and %s", first, second);
}

static void add_fact(const struct parser *p, struct target_facts *facts, const struct target_fact *fact)
{
    const struct target_fact *other = target_facts_add(facts, fact);

    if (other)
        warn_contradiction(p, other, fact);
}

static bool parse_any(struct parser *p, struct target_facts *facts);

static bool parse_parentheses(struct parser *p, bool negated, struct target_facts *facts)
{
    struct target_facts inside = {0};

    if (++p->depth > MAX_NESTING) {
        error_set(p->error, "more than %d parentheses within each other", MAX_NESTING);
        return false;
    }
    p->at++;
    p->negations += negated;
    if (!parse_any(p, &inside))
        return false;
    p->negations -= negated;
    p->depth--;
    for (size_t i = 0; !negated && i < inside.count; i++)
        add_fact(p, facts, &inside.facts[i]);
    return take_character(p, ')', "AND, OR or the closing parenthesis is expected");
}

static bool parse_comparison(struct parser *p, struct target_fact *fact)
{
    bool is_defined = take_word(p, "is_defined");

    if (is_defined &&
        !take_character(p, '(', "IS_DEFINED takes a field in parentheses, as in IS_DEFINED(tags.building)"))
        return false;
    skip_blanks(p);
    fact->path = p->at;
    if (!parse_path(p))
        return false;
    fact->path_length = (size_t)(p->at - fact->path);
    if (is_defined) {
        fact->kind = TARGET_DEFINED;
        return take_character(p, ')', "the closing parenthesis of IS_DEFINED is expected");
    }
    if (!parse_operator(p, fact->path, fact->path_length, fact))
        return false;
    skip_blanks(p);
    fact->value = p->at;
    if (!parse_value(p))
        return false;
    fact->value_length = (size_t)(p->at - fact->value);
    return true;
}

static bool parse_one(struct parser *p, struct target_facts *facts)
{
    struct target_fact fact = {0};
    bool negated = take_word(p, "not");

    skip_blanks(p);
    if (*p->at == '(')
        return parse_parentheses(p, negated, facts);
    if (!parse_comparison(p, &fact))
        return false;
    if (negated)
        target_fact_negate(&fact);
    add_fact(p, facts, &fact);
    return true;
}

static bool parse_all(struct parser *p, struct target_facts *facts)
{
    do {
        if (!parse_one(p, facts))
            return false;
    } while (take_word(p, "and"));
    return true;
}

/* facts gets what holds for every device that meets all of it: nothing when there are alternatives. */
static bool parse_any(struct parser *p, struct target_facts *facts)
{
    if (!parse_all(p, facts))
        return false;
    while (take_word(p, "or")) {
        facts->count = 0;
        if (!parse_all(p, facts))
            return false;
        facts->count = 0;
    }
    return true;
}

static int read_condition(struct parser *p)
{
    struct target_facts facts = {0};

    skip_blanks(p);
    if (*p->at == '*') {
        p->at++;
        skip_blanks(p);
        if (*p->at)
            return error_set(p->error, "* stands alone and means all devices");
        if (p->warnings)
            findings_add_warning(p->warnings, "targetCondition: * targets every device of the hub");
        return 0;
    }
    if (!*p->at)
        return error_set(p->error, "it is empty and would target no device");
    if (!parse_any(p, &facts))
        return -1;
    skip_blanks(p);
    if (!*p->at)
        return 0;
    fail_at(p, p->at,
            *p->at == ')' ? "this parenthesis was never opened"
                          : "AND or OR is expected between two comparisons, and nothing after the last");
    return -1;
}

int target_condition_check(const char *condition, struct error *error)
{
    struct parser p = {.text = condition, .at = condition, .error = error};

    return read_condition(&p);
}

void target_condition_warn(const char *condition, struct findings *findings)
{
    struct parser p = {.text = condition, .at = condition, .warnings = findings};

    (void)read_condition(&p);
}
