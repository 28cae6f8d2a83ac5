#include "common/arguments.h"

#include "common/banned.h"

#include <stdbool.h>
#include <string.h>

static bool is_full(const struct option *options, const char *word)
{
    if (strncmp(word, "--", 2) != 0)
        return false;
    size_t length = strcspn(word + 2, "=");
    for (; options->name; options++)
        if (strlen(options->name) == length && strncmp(options->name, word + 2, length) == 0)
            return true;
    return false;
}

/* Behind an option, or something that is none, getopt_long stands at the next word; but within a word such as -xy it
 * stays there. */
static const char *word_of(int count, char **texts)
{
    const char *last = texts[optind - 1];
    if (optarg && optarg == last)
        return texts[optind - 2];
    bool within = optind < count && optopt > 0 && strncmp(last, "--", 2) != 0 && !(last[0] == '-' && last[1] == optopt);
    return within ? texts[optind] : last;
}

int arguments_next(int count, char **texts, const struct option *options, int *ret_index, const char **ret_word)
{
    optarg = NULL;
    optopt = 0;
    int option = getopt_long(count, texts, ":", options, ret_index);
    if (option == -1)
        return -1;
    *ret_word = word_of(count, texts);
    return is_full(options, *ret_word) ? option : '?';
}
