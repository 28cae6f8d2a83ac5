/* The words of a command line, by getopt_long, but with long options in full only: an abbreviation that works today
 * means something else, or nothing, as soon as there is another option. */
#ifndef COMMON_ARGUMENTS_H
#define COMMON_ARGUMENTS_H

#include <getopt.h>

/* The next option's val with its value in optarg, -1 behind the last one (the rest begins at optind), or, with nothing
 * printed, '?' for a word that is no option and ':' for one that lacks its value: *ret_word is that word. ret_index may
 * be NULL. */
int arguments_next(int count, char **texts, const struct option *options, int *ret_index, const char **ret_word);

#endif
