#include "server/said.h"

#include "common/banned.h"

#include <stdlib.h>
#include <string.h>

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_same(const char *a, const char *b)
{
    for (; *a || *b; a++, b++) {
        if (is_digit(*a) && is_digit(*b)) {
            while (is_digit(a[1]))
                a++;
            while (is_digit(b[1]))
                b++;
        } else if (*a != *b) {
            return false;
        }
    }
    return true;
}

bool said_is_news(struct said *said, const char *sentence)
{
    if (said->text && is_same(said->text, sentence))
        return false;
    free(said->text);
    said->text = strdup(sentence);
    return true;
}

bool said_is_over(struct said *said)
{
    bool was = said->text != NULL;
    free(said->text);
    said->text = NULL;
    return was;
}
