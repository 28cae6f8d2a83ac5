#include "sync/look.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "common/text.h"
#include "sync/adoption.h"
#include "sync/calls.h"
#include "sync/condition_overlap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int out_of_memory(struct error *error)
{
    return error_set(error, "out of memory");
}

static const struct observed_configuration *newest_of(const struct observed *observed, const char *namespace,
                                                      const char *name)
{
    const struct observed_configuration *newest = NULL;

    for (size_t i = 0; i < observed->count; i++)
        if (observed_is_of(&observed->items[i], namespace, name))
            newest = &observed->items[i];
    return newest;
}

/* Goes through all salts before it settles for a free id: a configuration that has the content under a later salt (the
 * earlier id was someone else's then) is worth more than a tidy salt. One of ours that has a wanted id and another
 * content was altered on the hub. Nothing says that the next salt would fare better, and ten tries would fill the hub:
 * so there is no retry under another salt, and everything stays until a person deletes the altered one or the content
 * changes. */
static void salts_look(const struct plan_input *input, const struct desired_configuration *desired, struct look *look)
{
    char id[CONFIGURATION_ID_SIZE];

    for (unsigned salt = 0; salt < CONFIGURATION_SALTS; salt++) {
        configuration_id(input->owner, input->hub, desired->namespace, desired->name, salt, desired->content, id);
        const struct observed_configuration *holder = observed_find(input->observed, id);

        if (!holder) {
            if (!*look->free_id)
                memcpy(look->free_id, id, sizeof id);
        } else if (observed_is_of(holder, desired->namespace, desired->name)) {
            if (strcmp(holder->content_digest, look->content_digest) == 0) {
                look->current = holder;
                return;
            }
            look->altered = holder;
        }
    }
    /* One that was adopted kept its id. */
    for (size_t i = 0; i < input->observed->count; i++)
        if (observed_is_of(&input->observed->items[i], desired->namespace, desired->name) &&
            strcmp(input->observed->items[i].content_digest, look->content_digest) == 0)
            look->current = &input->observed->items[i];
}

/* --- what others have ------------------------------------------------------------------------- */

static bool is_wanted_id(const struct plan_input *input, const struct desired_configuration *desired,
                         const char *wanted)
{
    char id[CONFIGURATION_ID_SIZE];

    for (unsigned salt = 0; salt < CONFIGURATION_SALTS; salt++) {
        configuration_id(input->owner, input->hub, desired->namespace, desired->name, salt, desired->content, id);
        if (strcmp(id, wanted) == 0)
            return true;
    }
    return false;
}

/* One that has the content for the same devices, and that nobody claims. With an id of ours, which nobody else can have
 * come to, its condition does not matter. */
static void adoption_look(const struct plan_input *input, const struct desired_configuration *desired,
                          struct look *look)
{
    for (size_t i = 0; i < input->observed->count; i++) {
        const struct observed_configuration *other = &input->observed->items[i];

        if (adoption_is_free(other, input->owner, desired->namespace, desired->name) &&
            strcmp(other->content_digest, look->content_digest) == 0 &&
            (text_is_same(other->target_condition, desired->target_condition) ||
             is_wanted_id(input, desired, other->id)))
            look->adopts = other;
    }
}

static bool is_other_base(const struct observed_configuration *other, const struct desired_configuration *desired)
{
    return other->is_base && !observed_is_of(other, desired->namespace, desired->name) &&
           condition_overlaps(other->target_condition, desired->target_condition);
}

/* Whether one of the Deployment's own already wins on devices of that one. */
static bool is_beaten(const struct observed *observed, const struct observed_configuration *other,
                      const struct desired_configuration *desired)
{
    for (const struct observed_configuration *own = other + 1; own < observed->items + observed->count; own++)
        if (observed_is_of(own, desired->namespace, desired->name) && own->is_base &&
            condition_overlaps(own->target_condition, other->target_condition))
            return true;
    return false;
}

/* Devices that a base of others has now, with system modules of its own, would get ours. What the Deployment itself
 * brought them before is its own to change. The hub's list tells it without a call more; what devices run that no
 * configuration targets it does not tell. */
static void system_modules_look(const struct plan_input *input, const struct desired_configuration *desired,
                                struct look *look)
{
    if (desired->replace_system_modules || !*look->base.system_digest)
        return;
    for (size_t i = 0; i < input->observed->count; i++) {
        const struct observed_configuration *other = &input->observed->items[i];

        if (is_other_base(other, desired) && other->priority <= desired->priority && other->targeted != 0 &&
            *other->system_digest && strcmp(other->system_digest, look->base.system_digest) != 0 &&
            !is_beaten(input->observed, other, desired))
            look->robbed = other;
    }
}

/* Compares what can be changed in place. */
static int outdated_look(const struct plan_input *input, const struct desired_configuration *desired, struct look *look,
                         struct error *error)
{
    const struct observed_configuration *current = look->current;
    cleanup_free char *labels = plan_call_labels(input->owner, input->hub, desired);
    cleanup_json cJSON *tree = NULL;
    cleanup_strbuf struct strbuf canonical = STRBUF_INIT;
    struct json_writer writer = {.out = &canonical};

    if (!labels)
        return out_of_memory(error);
    if (json_parse(labels, strlen(labels), &tree, error) < 0)
        return error_wrap(error, "the labels for %s/%s", desired->namespace, desired->name);
    json_add_canonical(&writer, tree);
    if (canonical.failed)
        return out_of_memory(error);
    look->outdated = current->priority != desired->priority ||
                     !text_is_same(current->target_condition, desired->target_condition) ||
                     !text_is_same(current->labels, strbuf_string(&canonical));
    return 0;
}

int look_take(const struct plan_input *input, const struct desired_configuration *desired, struct look *look,
              struct error *error)
{
    cleanup_json cJSON *content = NULL;

    look->newest = newest_of(input->observed, desired->namespace, desired->name);
    if (!desired->content)
        return 0;
    if (json_parse(desired->content, strlen(desired->content), &content, error) < 0)
        return error_wrap(error, "the content for %s/%s", desired->namespace, desired->name);
    if (observed_content_digest(content, look->content_digest) < 0 || base_content_read(content, &look->base) < 0)
        return out_of_memory(error);
    look->base.agent_image = look->base.hub_image = NULL; /* they go with the tree */
    salts_look(input, desired, look);
    system_modules_look(input, desired, look);
    if (desired->adopt && !look->current && !look->robbed)
        adoption_look(input, desired, look);
    if (look->current)
        return outdated_look(input, desired, look, error);
    return 0;
}

/* --- what is told ----------------------------------------------------------------------------- */

static bool has_ended(const struct plan_input *input, const struct observed_configuration *configuration)
{
    for (size_t i = 0; i < input->ended_count; i++)
        if (observed_is_of(configuration, input->ended[i].namespace, input->ended[i].name))
            return true;
    return false;
}

/* What a sentence calls it: the same over its updates. */
static int holder_name(const struct observed_configuration *configuration, char **ret_name)
{
    if (configuration->ours)
        return asprintf(ret_name, "Deployment %s/%s", configuration->ownership.namespace,
                        configuration->ownership.name);
    return asprintf(ret_name, "configuration %s", configuration->id);
}

/* The first one by name, so that it is the same sentence as long as there is something to say. */
int look_tie(const struct plan_input *input, const struct desired_configuration *desired, const struct look *look,
             char **ret_tie)
{
    const struct observed *observed = input->observed;
    cleanup_free char *first = NULL;

    for (size_t i = 0; i < observed->count; i++) {
        const struct observed_configuration *other = &observed->items[i];
        char *name = NULL;

        if (!look->base.is_base || other->priority != desired->priority || !is_other_base(other, desired) ||
            has_ended(input, other) || (desired->adopt && adoption_is_leaked(other, desired->name)))
            continue;
        if (holder_name(other, &name) < 0)
            return -1;
        if (!first || strcmp(name, first) < 0) {
            char *before = first;

            first = name;
            name = before;
        }
        free(name);
    }
    if (!first)
        return 0;
    return asprintf(ret_tie,
                    "%s has priority %d as well, and devices of both conditions get whichever was created last: every "
                    "change of one takes them from the other; give the two different priorities",
                    first, desired->priority) < 0
               ? -1
               : 0;
}

bool look_leaves_modules(const struct plan_input *input, const struct observed_configuration *left,
                         const char *condition)
{
    if ((left->evaluated && left->targeted == 0) || condition_covers(condition, left->target_condition))
        return false;
    for (size_t i = 0; i < input->observed->count; i++) {
        const struct observed_configuration *other = &input->observed->items[i];

        if (other->is_base && !observed_is_of(other, left->ownership.namespace, left->ownership.name) &&
            !has_ended(input, other) && condition_covers(other->target_condition, left->target_condition))
            return false;
    }
    return true;
}
