/* What a target condition demands of every device at once, to find demands that exclude each other. Private to the
 * room.
 */
#ifndef TRANSLATE_TARGET_FACTS_H
#define TRANSLATE_TARGET_FACTS_H

#include <stddef.h>

#define TARGET_FACTS     16
#define TARGET_FACT_SIZE 160

enum target_fact_kind {
    TARGET_NOTHING, /* a demand that is not looked at: < and the like */
    TARGET_EQUAL,
    TARGET_DIFFERENT,
    TARGET_DEFINED,
    TARGET_UNDEFINED,
};

/* Points into the condition. */
struct target_fact {
    enum target_fact_kind kind;
    const char *path;
    size_t path_length;
    const char *value; /* as it is written; of the first two kinds */
    size_t value_length;
};

struct target_facts {
    struct target_fact facts[TARGET_FACTS]; /* the first ones; more are not looked at */
    size_t count;
};

/* Adds a fact, and returns one that was there and excludes it, or NULL. */
const struct target_fact *target_facts_add(struct target_facts *facts, const struct target_fact *fact);

/* Makes the opposite of it. */
void target_fact_negate(struct target_fact *fact);

/* "tags.site='north'", cut. */
void target_fact_show(char buffer[TARGET_FACT_SIZE], const struct target_fact *fact);

#endif
