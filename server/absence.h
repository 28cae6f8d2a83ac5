/* Deployments of which a hub still has configurations although the cluster does not show them, and nobody saw their
 * end: how certain is it that they are gone? Pure. Design, "Deletion without finalizers". */
#ifndef SERVER_ABSENCE_H
#define SERVER_ABSENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct absence {
    TAILQ_ENTRY(absence) link;
    char *key, *namespace, *name;
    int64_t first_list_ms; /* when the complete list began that first showed it absent */
    bool seen;             /* in the present pass */
    bool certain;          /* a second list and a GET by name agree */
};

struct absences {
    TAILQ_HEAD(absence_list, absence) list;
    int64_t *recent; /* times of inferred ends within the window */
    size_t recent_count;
    bool many; /* so many were missing at once that none of them goes without the operator's word */
};

void absences_init(struct absences *absences);
void absences_release(struct absences *absences);

/* A pass: begin, then one call for each that is absent, then end, which forgets those that are not absent any more. */
void absences_begin(struct absences *absences);
void absences_add(struct absences *absences, const char *namespace, const char *name, int64_t listed_ms);
void absences_end(struct absences *absences);

/* One whose second list is there (listed_ms is the begin of the last complete one) and that is not certain yet; NULL:
 * none. */
struct absence *absences_to_ask(const struct absences *absences, int64_t listed_ms, int64_t apart_ms);

/* The one of that key ("namespace/name"), or NULL. */
struct absence *absences_find(const struct absences *absences, const char *key);

/* When a new list should be made to decide about one, on clock_now_ms; 0: not needed. */
int64_t absences_list_due(const struct absences *absences, int64_t listed_ms, int64_t apart_ms);

/* How many ends it would be within ten minutes if every certain one were carried out now. */
size_t absences_count(struct absences *absences, int64_t now_ms);

/* Whether that many ends of so many Deployments on the hub need the operator's word. */
bool absences_need_confirmation(size_t ends, size_t deployments);

/* Whether any end needs that word now: as many are missing, certain or not, as need it, or were since one was missing.
 * A cluster that lost everything is filled again one by one, and the last ones must not go for being few. */
bool absences_are_many(struct absences *absences, size_t deployments);

/* The certain ones are carried out: they count for ten minutes and leave the list. take is called for each. One that
 * cannot be counted, for want of memory, stays. */
void absences_carry_out(struct absences *absences, int64_t now_ms,
                        void (*take)(void *context, const char *namespace, const char *name), void *context);

#endif
