#include "sync/baseline.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "common/text.h"
#include "sync/condition_overlap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASELINE "baseline"

struct sight {
    const struct observed_configuration *current; /* the newest with the wanted content */
    const struct observed_configuration *newest;
    bool outdated;
    char free_id[CONFIGURATION_ID_SIZE];
};

static int out_of_memory(struct error *error)
{
    return error_set(error, "out of memory");
}

/* As a Deployment's, but for the names: they are of use in logs alone. */
static struct desired_configuration as_desired(const struct plan_baseline *wish)
{
    return (struct desired_configuration){.namespace = "-",
                                          .name = BASELINE,
                                          .content = wish->content,
                                          .target_condition = wish->target_condition,
                                          .priority = 0};
}

/* Canonical JSON; for the caller to free. NULL without memory. */
static char *labels_of(const struct plan_input *input)
{
    char hash[CONTENT_HASH_SIZE];
    cleanup_strbuf struct strbuf canonical = STRBUF_INIT;
    struct json_writer writer = {.out = &canonical};
    cleanup_json cJSON *tree = NULL;

    content_hash(input->baseline->content, hash);
    const struct ownership ownership = {
        .owner = input->owner, .hub = input->hub, .content_hash = hash, .kind = KIND_BASELINE};
    cleanup_free char *labels = ownership_labels(&ownership, NULL);

    if (!labels || json_parse(labels, strlen(labels), &tree, NULL) < 0)
        return NULL;
    json_add_canonical(&writer, tree);
    return strbuf_steal(&canonical);
}

static int look(const struct plan_input *input, const char *labels, struct sight *sight, struct error *error)
{
    cleanup_json cJSON *content = NULL;
    char digest[CONTENT_HASH_SIZE];

    if (json_parse(input->baseline->content, strlen(input->baseline->content), &content, error) < 0)
        return error_wrap(error, "the content of the baseline");
    if (observed_content_digest(content, digest) < 0)
        return out_of_memory(error);
    for (size_t i = 0; i < input->observed->count; i++) {
        const struct observed_configuration *there = &input->observed->items[i];

        if (!there->baseline)
            continue;
        sight->newest = there;
        if (strcmp(there->content_digest, digest) == 0)
            sight->current = there;
    }
    for (unsigned salt = 0; salt < CONFIGURATION_SALTS && !*sight->free_id; salt++) {
        char id[CONFIGURATION_ID_SIZE];

        configuration_id(input->owner, input->hub, BASELINE, input->hub, salt, input->baseline->content, id);
        if (!observed_find(input->observed, id))
            memcpy(sight->free_id, id, sizeof id);
    }
    sight->outdated =
        sight->current && (sight->current->priority != 0 || !text_is_same(sight->current->labels, labels) ||
                           !text_is_same(sight->current->target_condition, input->baseline->target_condition));
    return 0;
}

/* Of two bases of priority 0 the newest wins: ours would take devices from what is there. */
static const struct observed_configuration *rival(const struct observed *observed)
{
    for (size_t i = 0; i < observed->count; i++)
        if (observed->items[i].is_base && !observed->items[i].baseline && observed->items[i].priority <= 0)
            return &observed->items[i];
    return NULL;
}

/* It may lose devices at any time, and gain them when no one minds. */
static bool may_apply(const struct plan_input *input, const struct sight *sight)
{
    return input->baseline->confirmed ||
           (sight->newest && condition_covers(sight->newest->target_condition, input->baseline->target_condition));
}

/* Why it cannot be created or changed. Returns 0 with *ret_problem NULL when nothing is in the way. */
static int obstacle_write(const struct plan_input *input, const struct baseline_calls *calls, const struct sight *sight,
                          char **ret_problem)
{
    const struct observed_configuration *other = sight->current ? NULL : rival(input->observed);
    int written = 0;

    if (other && !sight->newest)
        written =
            asprintf(ret_problem,
                     "the baseline is not created: configuration %s has priority 0 as well, and the newest of two "
                     "wins on a device; give that one a higher priority or delete it",
                     other->id);
    else if (!may_apply(input, sight))
        written = asprintf(ret_problem, "the baseline waits until the devices that no configuration targets yet are "
                                        "confirmed in baselineConfirmed; the log lists them");
    else if (!sight->current && !*sight->free_id)
        written = asprintf(ret_problem, "the baseline is not created: all ids that it could have are held by others");
    else if (!sight->current && !calls->slot_free && !sight->newest)
        written = asprintf(ret_problem, "the baseline waits: the hub is full");
    return written < 0 ? -1 : 0;
}

static int call_add(struct plan_calls *list, enum plan_action action, const char *id, const char *etag,
                    const char *body, struct error *error)
{
    if (plan_calls_add(list, action, id, etag, body, "-", BASELINE) < 0)
        return out_of_memory(error);
    list->items[list->count - 1].baseline = true;
    return 0;
}

static int write_add(const struct plan_input *input, struct baseline_calls *calls, const struct sight *sight,
                     const char *labels, struct error *error)
{
    const struct desired_configuration desired = as_desired(input->baseline);
    const char *id = sight->current ? sight->current->id : sight->free_id;
    cleanup_free char *body = plan_call_body(id, &desired, labels, sight->current);

    if (!body)
        return out_of_memory(error);
    calls->pending = true; /* for its evaluation */
    if (sight->current)
        return call_add(calls->updates, PLAN_UPDATE, id, sight->current->etag, body, error);
    return call_add(calls->creates, PLAN_CREATE, id, NULL, body, error);
}

/* All but the one that stays, which may be NULL. */
static int others_delete(const struct plan_input *input, struct baseline_calls *calls,
                         const struct observed_configuration *stays, struct error *error)
{
    for (size_t i = 0; i < input->observed->count; i++) {
        const struct observed_configuration *there = &input->observed->items[i];

        if (!there->baseline || there == stays)
            continue;
        if (!input->deletes_allowed || (stays && !stays->evaluated))
            calls->pending = true;
        else if (call_add(calls->deletes, PLAN_DELETE, there->id, there->etag, NULL, error) < 0)
            return -1;
    }
    return 0;
}

int baseline_plan(const struct plan_input *input, struct baseline_calls *calls, struct error *error)
{
    struct sight sight = {0};

    if (!input->baseline)
        return 0;
    if (!input->baseline->wanted)
        return others_delete(input, calls, NULL, error);
    cleanup_free char *labels = labels_of(input);

    if (!labels)
        return out_of_memory(error);
    if (look(input, labels, &sight, error) < 0)
        return -1;
    if (sight.current && !sight.outdated)
        return others_delete(input, calls, sight.current, error);
    if (obstacle_write(input, calls, &sight, &calls->problem) < 0)
        return out_of_memory(error);
    if (calls->problem) {
        calls->pending = true;
        return 0;
    }
    return write_add(input, calls, &sight, labels, error);
}
