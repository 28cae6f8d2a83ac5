#include "server/absence.h"

#include "common/cleanup.h"

#include <string.h>

#define WINDOW_MS (INT64_C(10) * 60 * 1000)

void absences_init(struct absences *absences)
{
    *absences = (struct absences){.recent = NULL};
    TAILQ_INIT(&absences->list);
}

static void absence_free(struct absences *absences, struct absence *absence)
{
    TAILQ_REMOVE(&absences->list, absence, link);
    free(absence->key);
    free(absence->namespace);
    free(absence->name);
    free(absence);
}

void absences_release(struct absences *absences)
{
    while (!TAILQ_EMPTY(&absences->list))
        absence_free(absences, TAILQ_FIRST(&absences->list));
    free(absences->recent);
    absences->recent = NULL;
    absences->recent_count = 0;
}

void absences_begin(struct absences *absences)
{
    struct absence *absence = NULL;
    TAILQ_FOREACH(absence, &absences->list, link)
    absence->seen = false;
}

struct absence *absences_find(const struct absences *absences, const char *key)
{
    struct absence *absence = NULL;
    TAILQ_FOREACH(absence, &absences->list, link)
    {
        if (strcmp(absence->key, key) == 0)
            return absence;
    }
    return NULL;
}

void absences_add(struct absences *absences, const char *namespace, const char *name, int64_t listed_ms)
{
    char *key = NULL;
    if (asprintf(&key, "%s/%s", namespace, name) < 0)
        return;
    struct absence *absence = absences_find(absences, key);
    if (absence) {
        absence->seen = true;
        free(key);
        return;
    }
    absence = calloc(1, sizeof(*absence));
    if (!absence) {
        free(key);
        return;
    }
    *absence = (struct absence){
        .key = key, .namespace = strdup(namespace), .name = strdup(name), .first_list_ms = listed_ms, .seen = true};
    TAILQ_INSERT_TAIL(&absences->list, absence, link);
    if (!absence->namespace || !absence->name)
        absence_free(absences, absence);
}

void absences_end(struct absences *absences)
{
    struct absence *absence = TAILQ_FIRST(&absences->list);
    while (absence) {
        struct absence *next = TAILQ_NEXT(absence, link);
        if (!absence->seen)
            absence_free(absences, absence);
        absence = next;
    }
}

struct absence *absences_to_ask(const struct absences *absences, int64_t listed_ms, int64_t apart_ms)
{
    struct absence *absence = NULL;
    TAILQ_FOREACH(absence, &absences->list, link)
    {
        if (!absence->certain && listed_ms >= absence->first_list_ms + apart_ms)
            return absence;
    }
    return NULL;
}

int64_t absences_list_due(const struct absences *absences, int64_t listed_ms, int64_t apart_ms)
{
    int64_t due = 0;
    struct absence *absence = NULL;
    TAILQ_FOREACH(absence, &absences->list, link)
    {
        int64_t second = absence->first_list_ms + apart_ms;
        if (!absence->certain && listed_ms < second && (due == 0 || second < due))
            due = second;
    }
    return due;
}

size_t absences_count(struct absences *absences, int64_t now_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < absences->recent_count; i++)
        if (absences->recent[i] > now_ms - WINDOW_MS)
            absences->recent[kept++] = absences->recent[i];
    absences->recent_count = kept;
    size_t certain = 0;
    struct absence *absence = NULL;
    TAILQ_FOREACH(absence, &absences->list, link)
    certain += absence->certain;
    return kept + certain;
}

bool absences_need_confirmation(size_t ends, size_t deployments)
{
    return (ends > 2 && ends * 10 > deployments) || ends >= deployments;
}

bool absences_are_many(struct absences *absences, size_t deployments)
{
    size_t missing = 0;
    const struct absence *absence = NULL;
    TAILQ_FOREACH(absence, &absences->list, link)
    missing++;
    bool enough = absences_need_confirmation(absences->recent_count + missing, deployments);
    absences->many = missing > 0 && (absences->many || enough);
    return absences->many;
}

void absences_carry_out(struct absences *absences, int64_t now_ms,
                        void (*take)(void *context, const char *namespace, const char *name), void *context)
{
    struct absence *absence = TAILQ_FIRST(&absences->list);
    while (absence) {
        struct absence *next = TAILQ_NEXT(absence, link);
        if (absence->certain) {
            int64_t *recent = realloc(absences->recent, (absences->recent_count + 1) * sizeof(*recent));
            if (!recent)
                return; /* what cannot be counted is not carried out */
            absences->recent = recent;
            absences->recent[absences->recent_count++] = now_ms;
            take(context, absence->namespace, absence->name);
            absence_free(absences, absence);
        }
        absence = next;
    }
}
