#include "cli/line_diff.h"

#include "common/cleanup.h"

#include <stdlib.h>
#include <string.h>

#define AROUND 3
#define RED    "\033[31m"
#define GREEN  "\033[32m"
#define CYAN   "\033[36m"
#define PLAIN  "\033[0m"

struct line {
    const char *text;
    size_t length;
};

struct lines {
    struct line *items;
    size_t count;
};

/* One line of the outcome: of both, of the old, of the new text. */
struct step {
    char sign; /* ' ', '-', '+' */
    struct line line;
    size_t old, new; /* lines before it */
};

static void lines_release(struct lines *lines)
{
    free(lines->items);
}

#define cleanup_lines __attribute__((cleanup(lines_release)))

static int split(const char *text, struct lines *lines)
{
    size_t count = 0;

    for (const char *at = text; *at; at++)
        count += *at == '\n';
    lines->items = calloc(count + 1, sizeof(*lines->items));
    if (!lines->items)
        return -1;
    while (*text) {
        size_t length = strcspn(text, "\n");

        lines->items[lines->count++] = (struct line){text, length};
        text += length + (text[length] == '\n');
    }
    return 0;
}

static bool is_equal(const struct line *a, const struct line *b)
{
    return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

/* The length of the longest common subsequence from each pair of lines on, row by row. */
static unsigned *measure(const struct lines *old, const struct lines *new)
{
    size_t width = new->count + 1;
    unsigned *table = calloc((old->count + 1) * width, sizeof(*table));

    for (size_t i = old->count; table && i-- > 0;) {
        for (size_t k = new->count; k-- > 0;) {
            unsigned down = table[(i + 1) * width + k], right = table[i * width + k + 1];

            table[i * width + k] = is_equal(&old->items[i], &new->items[k]) ? table[(i + 1) * width + k + 1] + 1
                                   : down > right                           ? down
                                                                            : right;
        }
    }
    return table;
}

static size_t walk(const struct lines *old, const struct lines *new, const unsigned *table, struct step *steps)
{
    size_t width = new->count + 1, count = 0, i = 0, k = 0;

    while (i < old->count || k < new->count) {
        bool both = i < old->count && k < new->count;

        if (both && is_equal(&old->items[i], &new->items[k])) {
            steps[count++] = (struct step){' ', old->items[i], i, k};
            i++, k++;
        } else if (i < old->count && (!both || table[(i + 1) * width + k] >= table[i * width + k + 1])) {
            steps[count++] = (struct step){'-', old->items[i], i, k};
            i++;
        } else {
            steps[count++] = (struct step){'+', new->items[k], i, k};
            k++;
        }
    }
    return count;
}

static void add_hunk(struct strbuf *out, const struct step *steps, size_t begin, size_t end, bool colors)
{
    size_t old = 0, new = 0;

    for (size_t i = begin; i < end; i++) {
        old += steps[i].sign != '+';
        new += steps[i].sign != '-';
    }
    strbuf_add_format(out, "%s@@ -%zu,%zu +%zu,%zu @@%s\n", colors ? CYAN : "", steps[begin].old + (old > 0), old,
                      steps[begin].new + (new > 0), new, colors ? PLAIN : "");
    for (size_t i = begin; i < end; i++) {
        const char *color = !colors ? "" : steps[i].sign == '-' ? RED : steps[i].sign == '+' ? GREEN : "";

        strbuf_add_string(out, color);
        strbuf_add_char(out, steps[i].sign);
        strbuf_add(out, steps[i].line.text, steps[i].line.length);
        strbuf_add_format(out, "%s\n", *color ? PLAIN : "");
    }
}

/* Changes that are near each other share a hunk. */
static void add_hunks(struct strbuf *out, const struct step *steps, size_t count, bool colors)
{
    for (size_t i = 0; i < count; i++) {
        size_t begin, end, last;

        if (steps[i].sign == ' ')
            continue;
        last = i;
        for (size_t k = i; k < count && k <= last + 2 * AROUND; k++) {
            if (steps[k].sign != ' ')
                last = k;
        }
        begin = i > AROUND ? i - AROUND : 0;
        end = last + AROUND + 1 < count ? last + AROUND + 1 : count;
        add_hunk(out, steps, begin, end, colors);
        i = last;
    }
}

int line_diff_add(struct strbuf *out, const char *old, const char *new, bool colors)
{
    cleanup_lines struct lines old_lines = {NULL, 0};
    cleanup_lines struct lines new_lines = {NULL, 0};
    cleanup_free unsigned *table = NULL;
    cleanup_free struct step *steps = NULL;

    if (split(old, &old_lines) < 0 || split(new, &new_lines) < 0)
        return -1;
    table = measure(&old_lines, &new_lines);
    steps = calloc(old_lines.count + new_lines.count + 1, sizeof(*steps));
    if (!table || !steps)
        return -1;
    add_hunks(out, steps, walk(&old_lines, &new_lines, table, steps), colors);
    return out->failed ? -1 : 0;
}
