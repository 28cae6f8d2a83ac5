#include "translate/nearest.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define MAX_NAME 40

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned smaller = a < b ? a : b;

    return smaller < c ? smaller : c;
}

/* Letters to change, add, leave out or swap with the next, to make the one of the other. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned rows[3][MAX_NAME + 1];
    unsigned *before_last = rows[0], *last = rows[1], *row = rows[2];

    for (unsigned j = 0; j <= b_length; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        unsigned *free_row = before_last;

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            unsigned differs = lower(a[i - 1]) != lower(b[j - 1]);

            row[j] = least(last[j] + 1, row[j - 1] + 1, last[j - 1] + differs);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]) &&
                before_last[j - 2] + 1 < row[j])
                row[j] = before_last[j - 2] + 1;
        }
        before_last = last;
        last = row;
        row = free_row;
    }
    return last[b_length];
}

const char *nearest_name(const char *name, size_t length, const char *const *names)
{
    const char *nearest = NULL;
    unsigned least_distance = (unsigned)length / 3 + 1;

    if (!length || length > MAX_NAME)
        return NULL;
    for (; *names; names++) {
        size_t known = strlen(*names);
        unsigned found;

        if (known > MAX_NAME || (known > length ? known - length : length - known) >= least_distance)
            continue;
        found = distance(name, length, *names, known);
        if (found < least_distance) {
            least_distance = found;
            nearest = *names;
        }
    }
    return nearest;
}
