/* What can be said of two target conditions without asking the hub: it is a conservative reading. A condition is taken
 * for what it demands, joined by AND; one with OR, NOT or parentheses is one demand as a whole; * demands nothing. */
#ifndef SYNC_CONDITION_OVERLAP_H
#define SYNC_CONDITION_OVERLAP_H

#include <stdbool.h>

/* Whether every device of the narrow one is certainly one of the wide one: all that the wide one demands, so does the
 * other. False means only that it is not certain. NULL and empty ones match no device, so they cover nothing. */
bool condition_covers(const char *wide, const char *narrow);

/* Whether one of the two covers the other: as far as each has devices at all, they share some. */
bool condition_overlaps(const char *a, const char *b);

#endif
