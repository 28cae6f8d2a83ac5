#include "translate/target_facts.h"

#include "translate/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_SHOWN    30
#define MAX_NUMBER   64
#define EXCERPT_SIZE 72

/* The first word of a path has no case, the names behind it have. */
static bool same_path(const struct target_fact *a, const struct target_fact *b)
{
    const char *dot = memchr(a->path, '.', a->path_length);
    size_t root = dot ? (size_t)(dot - a->path) : a->path_length;

    return a->path_length == b->path_length && strncasecmp(a->path, b->path, root) == 0 &&
           memcmp(a->path + root, b->path + root, a->path_length - root) == 0;
}

static bool is_number(const struct target_fact *fact)
{
    return fact->value_length < MAX_NUMBER && (*fact->value == '-' || (*fact->value >= '0' && *fact->value <= '9'));
}

static bool same_value(const struct target_fact *a, const struct target_fact *b)
{
    if (is_number(a) && is_number(b))
        return !(strtod(a->value, NULL) < strtod(b->value, NULL)) && !(strtod(a->value, NULL) > strtod(b->value, NULL));
    if (a->value_length != b->value_length)
        return false;
    if (*a->value == '\'')
        return memcmp(a->value, b->value, a->value_length) == 0;
    return strncasecmp(a->value, b->value, a->value_length) == 0;
}

static bool excludes(const struct target_fact *a, const struct target_fact *b)
{
    if (!same_path(a, b))
        return false;
    if (a->kind == TARGET_UNDEFINED || b->kind == TARGET_UNDEFINED)
        return a->kind == TARGET_DEFINED || b->kind == TARGET_DEFINED || a->kind == TARGET_EQUAL ||
               b->kind == TARGET_EQUAL;
    if (a->kind == TARGET_EQUAL && b->kind == TARGET_EQUAL)
        return !same_value(a, b);
    if ((a->kind == TARGET_EQUAL && b->kind == TARGET_DIFFERENT) ||
        (a->kind == TARGET_DIFFERENT && b->kind == TARGET_EQUAL))
        return same_value(a, b);
    return false;
}

const struct target_fact *target_facts_add(struct target_facts *facts, const struct target_fact *fact)
{
    const struct target_fact *found = NULL;

    if (fact->kind == TARGET_NOTHING || facts->count == TARGET_FACTS)
        return NULL;
    for (size_t i = 0; i < facts->count && !found; i++) {
        if (excludes(&facts->facts[i], fact))
            found = &facts->facts[i];
    }
    facts->facts[facts->count++] = *fact;
    return found;
}

void target_fact_negate(struct target_fact *fact)
{
    static const enum target_fact_kind opposites[] = {
        [TARGET_NOTHING] = TARGET_NOTHING,   [TARGET_EQUAL] = TARGET_DIFFERENT,   [TARGET_DIFFERENT] = TARGET_EQUAL,
        [TARGET_DEFINED] = TARGET_UNDEFINED, [TARGET_UNDEFINED] = TARGET_DEFINED,
    };

    fact->kind = opposites[fact->kind];
}

static void excerpt(char buffer[EXCERPT_SIZE], const char *text, size_t length)
{
    char copy[2 * EXCERPT_SIZE];

    if (length >= sizeof(copy))
        length = sizeof(copy) - 1;
    memcpy(copy, text, length);
    copy[length] = '\0';
    text_copy_excerpt(buffer, EXCERPT_SIZE, copy, MAX_SHOWN);
}

void target_fact_show(char buffer[TARGET_FACT_SIZE], const struct target_fact *fact)
{
    char path[EXCERPT_SIZE], value[EXCERPT_SIZE];

    excerpt(path, fact->path, fact->path_length);
    if (fact->kind == TARGET_DEFINED || fact->kind == TARGET_UNDEFINED) {
        (void)snprintf(buffer, TARGET_FACT_SIZE, "%sIS_DEFINED(%s)", fact->kind == TARGET_DEFINED ? "" : "NOT ", path);
        return;
    }
    excerpt(value, fact->value, fact->value_length);
    (void)snprintf(buffer, TARGET_FACT_SIZE, "%s%s%s", path, fact->kind == TARGET_EQUAL ? "=" : "!=", value);
}
