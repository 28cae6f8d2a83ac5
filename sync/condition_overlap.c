#include "sync/condition_overlap.h"

#include "common/banned.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct span {
    const char *text;
    size_t length;
};

static struct span trimmed(const char *text, size_t length)
{
    while (length && isspace((unsigned char)*text))
        text++, length--;
    while (length && isspace((unsigned char)text[length - 1]))
        length--;
    return (struct span){text, length};
}

static bool is_word_byte(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_' || byte == '.' || byte == '$';
}

/* Whether that keyword stands here, by itself. */
static bool is_word(const struct span *condition, size_t at, const char *word)
{
    size_t length = strlen(word);
    size_t end = at + length;

    return end <= condition->length && strncasecmp(condition->text + at, word, length) == 0 &&
           (at == 0 || !is_word_byte(condition->text[at - 1])) &&
           (end == condition->length || !is_word_byte(condition->text[end]));
}

/* The length of a text in quotes that begins here; 1 for anything else. A doubled quote reads as two texts. */
static size_t step(const struct span *condition, size_t at)
{
    const char *begin = condition->text + at;

    if (*begin != '\'')
        return 1;
    const char *end = memchr(begin + 1, '\'', condition->length - at - 1);

    return end ? (size_t)(end - begin) + 1 : condition->length - at;
}

static bool is_whole(const struct span *condition)
{
    for (size_t at = 0; at < condition->length; at += step(condition, at))
        if (condition->text[at] == '(' || is_word(condition, at, "or") || is_word(condition, at, "not"))
            return true;
    return false;
}

/* Cuts the next demand off the front of the rest. */
static bool demand_next(struct span *rest, bool whole, struct span *ret_demand)
{
    size_t at = 0;

    if (!rest->length)
        return false;
    while (at < rest->length && (whole || !is_word(rest, at, "and")))
        at += step(rest, at);
    *ret_demand = trimmed(rest->text, at);
    size_t used = at < rest->length ? at + strlen("and") : at;

    *rest = trimmed(rest->text + used, rest->length - used);
    return true;
}

/* The next byte that counts: white space outside of quotes does not. */
static char next_byte(const struct span *demand, size_t *at, bool *quoted)
{
    while (*at < demand->length) {
        char byte = demand->text[(*at)++];

        if (byte == '\'')
            *quoted = !*quoted;
        if (*quoted || !isspace((unsigned char)byte))
            return byte;
    }
    return '\0';
}

static bool demand_equal(const struct span *a, const struct span *b)
{
    size_t at_a = 0, at_b = 0;
    bool quoted_a = false, quoted_b = false;

    for (;;) {
        char left = next_byte(a, &at_a, &quoted_a), right = next_byte(b, &at_b, &quoted_b);

        if (left != right)
            return false;
        if (!left)
            return true;
    }
}

static bool demands(struct span condition, const struct span *wanted)
{
    bool whole = is_whole(&condition);
    struct span demand;

    while (demand_next(&condition, whole, &demand))
        if (demand_equal(&demand, wanted))
            return true;
    return false;
}

bool condition_covers(const char *wide, const char *narrow)
{
    struct span rest = trimmed(wide ? wide : "", wide ? strlen(wide) : 0);
    struct span other = trimmed(narrow ? narrow : "", narrow ? strlen(narrow) : 0);
    struct span demand;

    if (!rest.length || !other.length)
        return false;
    if (rest.length == 1 && *rest.text == '*')
        return true;
    bool whole = is_whole(&rest);

    while (demand_next(&rest, whole, &demand))
        if (!demands(other, &demand))
            return false;
    return true;
}

bool condition_overlaps(const char *a, const char *b)
{
    return condition_covers(a, b) || condition_covers(b, a);
}
