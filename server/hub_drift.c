#include "server/hub_drift.h"

#include "common/cleanup.h"
#include "common/strbuf.h"

#include <string.h>

void hub_drift_init(struct hub_drift *drift)
{
    TAILQ_INIT(&drift->notes);
    TAILQ_INIT(&drift->doubts);
}

static void note_free(struct hub_drift *drift, struct hub_drift_note *note)
{
    TAILQ_REMOVE(&drift->notes, note, link);
    free(note->id);
    free(note->namespace);
    free(note->name);
    free(note->found);
    free(note);
}

static void doubt_free(struct hub_drift *drift, struct hub_drift_doubt *doubt)
{
    TAILQ_REMOVE(&drift->doubts, doubt, link);
    free(doubt->id);
    free(doubt);
}

void hub_drift_release(struct hub_drift *drift)
{
    while (!TAILQ_EMPTY(&drift->notes))
        note_free(drift, TAILQ_FIRST(&drift->notes));
    while (!TAILQ_EMPTY(&drift->doubts))
        doubt_free(drift, TAILQ_FIRST(&drift->doubts));
}

static struct hub_drift_note *find_note(const struct hub_drift *drift, const char *id)
{
    struct hub_drift_note *note = NULL;
    TAILQ_FOREACH(note, &drift->notes, link)
    {
        if (strcmp(note->id, id) == 0)
            return note;
    }
    return NULL;
}

/* --- doubts ----------------------------------------------------------------------------------- */

void hub_drift_doubt(struct hub_drift *drift, const char *id, int64_t until_ms)
{
    struct hub_drift_doubt *doubt = calloc(1, sizeof(*doubt));
    if (!doubt)
        return;
    *doubt = (struct hub_drift_doubt){.id = strdup(id), .until_ms = until_ms};
    TAILQ_INSERT_TAIL(&drift->doubts, doubt, link);
    if (!doubt->id)
        doubt_free(drift, doubt);
}

static bool is_doubtful(const struct hub_drift *drift, const char *id)
{
    const struct hub_drift_doubt *doubt = NULL;
    TAILQ_FOREACH(doubt, &drift->doubts, link)
    {
        if (strcmp(doubt->id, id) == 0)
            return true;
    }
    return false;
}

static void end_doubts(struct hub_drift *drift, int64_t list_ms)
{
    struct hub_drift_doubt *doubt = TAILQ_FIRST(&drift->doubts);
    while (doubt) {
        struct hub_drift_doubt *next = TAILQ_NEXT(doubt, link);
        if (doubt->until_ms <= list_ms)
            doubt_free(drift, doubt);
        doubt = next;
    }
}

/* --- what a list shows ------------------------------------------------------------------------ */

/* Takes the text over. */
static void add_note(struct hub_drift *drift, const struct observed_configuration *before, bool is_gone, char *found)
{
    struct hub_drift_note *note = find_note(drift, before->id);
    if (note)
        note_free(drift, note);
    note = calloc(1, sizeof(*note));
    if (!note) {
        free(found);
        return;
    }
    *note = (struct hub_drift_note){.id = strdup(before->id),
                                    .namespace = strdup(before->ownership.namespace),
                                    .name = strdup(before->ownership.name),
                                    .found = found,
                                    .is_gone = is_gone,
                                    .is_new = true};
    TAILQ_INSERT_TAIL(&drift->notes, note, link);
    if (!note->id || !note->namespace || !note->name || !note->found)
        note_free(drift, note);
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* ": its priority was 3, not 10; …", or NULL when what can be changed in place is as it was. */
static char *differences(const struct observed_configuration *before, const struct observed_configuration *now)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    if (before->priority != now->priority)
        strbuf_add_format(&text, "; its priority was %lld, not %lld", (long long)now->priority,
                          (long long)before->priority);
    if (!same_text(before->target_condition, now->target_condition))
        strbuf_add_format(&text, "; its target condition was %s, not %s",
                          now->target_condition ? now->target_condition : "empty",
                          before->target_condition ? before->target_condition : "empty");
    if (!same_text(before->labels, now->labels))
        strbuf_add_string(&text, "; its labels were others");
    char *result = text.length ? strbuf_steal(&text) : NULL;
    if (result)
        result[0] = ':';
    return result;
}

static char *sentence(const struct observed_configuration *before, const char *what)
{
    char *text = NULL;
    return asprintf(&text, "configuration %s%s", before->id, what) < 0 ? NULL : text;
}

static void compare_one(struct hub_drift *drift, const struct observed_configuration *before,
                        const struct observed_configuration *now)
{
    if (!now || !now->ours) {
        add_note(drift, before, true,
                 sentence(before, now ? " had lost the labels that say whose it is" : " had been deleted"));
        return;
    }
    cleanup_free char *what = differences(before, now);
    if (what)
        add_note(drift, before, false, sentence(before, what));
}

/* Ages those of earlier lists, and forgets those of what is back without us. */
static void review_notes(struct hub_drift *drift, const struct observed *now)
{
    struct hub_drift_note *note = TAILQ_FIRST(&drift->notes);
    while (note) {
        struct hub_drift_note *next = TAILQ_NEXT(note, link);
        const struct observed_configuration *back = note->is_gone ? observed_find(now, note->id) : NULL;
        note->is_new = false;
        if (back && back->ours)
            note_free(drift, note);
        note = next;
    }
}

void hub_drift_compare(struct hub_drift *drift, const struct observed *before, const struct observed *now,
                       int64_t list_ms)
{
    review_notes(drift, now);
    end_doubts(drift, list_ms);
    for (size_t i = 0; i < before->count; i++)
        if (before->items[i].ours && !is_doubtful(drift, before->items[i].id))
            compare_one(drift, &before->items[i], observed_find(now, before->items[i].id));
}

/* --- what was found --------------------------------------------------------------------------- */

char *hub_drift_take(struct hub_drift *drift, const char *namespace, const char *name)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct hub_drift_note *note = TAILQ_FIRST(&drift->notes);
    while (note) {
        struct hub_drift_note *next = TAILQ_NEXT(note, link);
        if (strcmp(note->namespace, namespace) == 0 && strcmp(note->name, name) == 0) {
            strbuf_add_format(&text, "%s%s", text.length ? "; " : "", note->found);
            note_free(drift, note);
        }
        note = next;
    }
    return text.length ? strbuf_steal(&text) : NULL;
}

static bool holds_something(const struct observed *observed, const struct hub_drift_note *note)
{
    for (size_t i = 0; i < observed->count; i++)
        if (observed_is_of(&observed->items[i], note->namespace, note->name))
            return true;
    return false;
}

void hub_drift_settle(struct hub_drift *drift, const struct observed *observed)
{
    struct hub_drift_note *note = TAILQ_FIRST(&drift->notes);
    while (note) {
        struct hub_drift_note *next = TAILQ_NEXT(note, link);
        if (!note->is_gone || holds_something(observed, note))
            note_free(drift, note);
        note = next;
    }
}
