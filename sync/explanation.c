#include "sync/explanation.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/strbuf.h"
#include "sync/observed.h"

#include <stdlib.h>
#include <string.h>

/* What is explained, and from what. */
struct explainer {
    const struct plan_input *input;
    const struct plan *plan;
    struct explanation explanation;
};

static void explainer_release(struct explainer *explainer)
{
    explanation_release(&explainer->explanation);
}

#define cleanup_explainer __attribute__((cleanup(explainer_release)))

const char *explanation_action_name(enum plan_action action)
{
    static const char *const names[] = {[PLAN_CREATE] = "create",
                                        [PLAN_READ] = "read",
                                        [PLAN_ADOPT] = "adopt",
                                        [PLAN_UPDATE] = "update",
                                        [PLAN_DELETE] = "delete"};

    return names[action];
}

void explanation_release(struct explanation *explanation)
{
    for (size_t i = 0; i < explanation->count; i++) {
        free(explanation->calls[i].id);
        free(explanation->calls[i].namespace);
        free(explanation->calls[i].name);
        free(explanation->calls[i].why);
    }
    free(explanation->calls);
    *explanation = (struct explanation)EXPLANATION_INIT;
}

/* Takes why over. */
static int add(struct explainer *explainer, enum plan_action action, bool waits, const char *id, const char *namespace,
               const char *name, struct strbuf *why)
{
    struct explanation *explanation = &explainer->explanation;
    struct explained_call *calls = reallocarray(explanation->calls, explanation->count + 1, sizeof *calls);

    if (!calls)
        return -1;
    explanation->calls = calls;
    struct explained_call *call = &calls[explanation->count++];

    *call = (struct explained_call){action, waits, strdup(id), strdup(namespace), strdup(name), strbuf_steal(why)};
    return call->id && call->namespace && call->name && call->why ? 0 : -1;
}

/* --- what is known of a Deployment ------------------------------------------------------------ */

static bool is_for(const struct plan_call *call, const char *namespace, const char *name)
{
    return strcmp(call->namespace, namespace) == 0 && strcmp(call->name, name) == 0;
}

/* Its index among the desired ones, or -1. */
static int find_desired(const struct explainer *explainer, const char *namespace, const char *name)
{
    const struct plan_input *input = explainer->input;

    for (size_t i = 0; i < input->desired_count; i++)
        if (strcmp(input->desired[i].namespace, namespace) == 0 && strcmp(input->desired[i].name, name) == 0)
            return (int)i;
    return -1;
}

static const struct ended_deployment *find_ended(const struct explainer *explainer, const char *namespace,
                                                 const char *name)
{
    const struct plan_input *input = explainer->input;

    for (size_t i = 0; i < input->ended_count; i++)
        if (strcmp(input->ended[i].namespace, namespace) == 0 && strcmp(input->ended[i].name, name) == 0)
            return &input->ended[i];
    return NULL;
}

static const struct plan_call *find_call(const struct explainer *explainer, enum plan_action action,
                                         const char *namespace, const char *name)
{
    for (size_t i = 0; i < explainer->plan->call_count; i++) {
        const struct plan_call *call = &explainer->plan->calls[i];

        if (call->action == action && is_for(call, namespace, name))
            return call;
    }
    return NULL;
}

static bool is_called(const struct explainer *explainer, enum plan_action action, const char *id)
{
    for (size_t i = 0; i < explainer->plan->call_count; i++)
        if (explainer->plan->calls[i].action == action && strcmp(explainer->plan->calls[i].id, id) == 0)
            return true;
    return false;
}

/* Of all that the hub has of it, the one that wins on a device. */
static const struct observed_configuration *newest_of(const struct explainer *explainer, const char *namespace,
                                                      const char *name)
{
    const struct observed_configuration *newest = NULL;

    for (size_t i = 0; i < explainer->input->observed->count; i++)
        if (observed_is_of(&explainer->input->observed->items[i], namespace, name))
            newest = &explainer->input->observed->items[i];
    return newest;
}

/* --- why -------------------------------------------------------------------------------------- */

static void explain_create(const struct explainer *explainer, const struct plan_call *call, struct strbuf *why)
{
    const struct observed_configuration *newest = newest_of(explainer, call->namespace, call->name);

    if (newest)
        strbuf_add_format(why, "new content: takes the place of %s, which stays until the hub has evaluated this one",
                          newest->id);
    else
        strbuf_add_string(why, "the hub has no configuration of this Deployment");
}

static void add_change(struct strbuf *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add_change(struct strbuf *why, const char *format, ...)
{
    va_list arguments;

    strbuf_add_string(why, why->length ? ", " : "");
    va_start(arguments, format);
    strbuf_add_vformat(why, format, arguments);
    va_end(arguments);
}

static void explain_labels(const cJSON *old, const cJSON *new, struct strbuf *why)
{
    const cJSON *label = NULL;

    cJSON_ArrayForEach(label, new)
    {
        const cJSON *before = json_get(old, label->string);

        if (!before || !json_equal(before, label))
            add_change(why, "label %s", label->string);
    }
    cJSON_ArrayForEach(label, old)
    {
        if (!json_get(new, label->string))
            add_change(why, "label %s goes", label->string);
    }
}

/* What the body has that the hub has not. */
static void explain_update(const struct explainer *explainer, const struct plan_call *call, struct strbuf *why)
{
    const struct observed_configuration *current = observed_find(explainer->input->observed, call->id);
    cleanup_json cJSON *body = NULL, *labels = NULL;
    int64_t priority;

    if (!current || json_parse(call->body, strlen(call->body), &body, NULL) < 0 ||
        (current->labels && json_parse(current->labels, strlen(current->labels), &labels, NULL) < 0))
        return;
    const char *old = current->target_condition ? current->target_condition : "";
    const char *new = json_string_or(body, "targetCondition", "");

    if (strcmp(old, new) != 0)
        add_change(why, "target condition %s -> %s", old, new);
    if (json_int64(body, "priority", &priority) && priority != current->priority)
        add_change(why, "priority %lld -> %lld", (long long)current->priority, (long long)priority);
    explain_labels(labels, json_get(body, "labels"), why);
    strbuf_add_string(why, why->length ? "; in place" : "in place");
}

static void explain_delete(const struct explainer *explainer, const char *namespace, const char *name,
                           struct strbuf *why)
{
    const struct ended_deployment *ended = find_ended(explainer, namespace, name);
    int desired = find_desired(explainer, namespace, name);
    const char *current = desired >= 0 ? explainer->plan->standings[desired].id : NULL;

    if (desired < 0 && ended)
        strbuf_add_string(why, ended->displaced ? "the Deployment is no longer placed on this hub"
                                                : "the Deployment is gone");
    else if (current)
        strbuf_add_format(why, "superseded by %s, which the hub has evaluated", current);
    else
        strbuf_add_string(why, "makes room for the new content, which cannot be there together with this one");
}

static int explain_calls(struct explainer *explainer)
{
    for (size_t i = 0; i < explainer->plan->call_count; i++) {
        const struct plan_call *call = &explainer->plan->calls[i];
        cleanup_strbuf struct strbuf why = STRBUF_INIT;

        if (call->baseline)
            strbuf_add_string(&why, "the hub's baseline, as the configuration says");
        else if (call->action == PLAN_CREATE)
            explain_create(explainer, call, &why);
        else if (call->action == PLAN_ADOPT)
            strbuf_add_string(&why, "nobody claims it: it becomes this Deployment's");
        else if (call->action == PLAN_READ)
            strbuf_add_string(&why, "its content is needed to say what comes next");
        else if (call->action == PLAN_UPDATE)
            explain_update(explainer, call, &why);
        else
            explain_delete(explainer, call->namespace, call->name, &why);
        if (add(explainer, call->action, false, call->id, call->namespace, call->name, &why) < 0)
            return -1;
    }
    return 0;
}

/* --- what waits ------------------------------------------------------------------------------- */

/* What a superseded configuration still waits for; nothing where it is not known to be superseded. */
static void explain_staying(const struct explainer *explainer, const struct observed_configuration *elder, int desired,
                            struct strbuf *why)
{
    const struct plan_standing *current = &explainer->plan->standings[desired];
    const struct plan_call *create =
        find_call(explainer, PLAN_CREATE, elder->ownership.namespace, elder->ownership.name);

    if (current->id && strcmp(current->id, elder->id) == 0)
        return;
    if (create)
        strbuf_add_format(why, "stays until %s is there and the hub has evaluated it", create->id);
    else if (current->id && !current->evaluated)
        strbuf_add_format(why, "stays until the hub has evaluated %s", current->id);
    else if (current->id && is_called(explainer, PLAN_UPDATE, current->id))
        strbuf_add_format(why, "stays until %s is up to date", current->id);
    else if (!explainer->input->deletes_allowed)
        strbuf_add_string(why, "a new leader deletes nothing as long as calls of the one before may take effect");
}

static void explain_waiting(const struct explainer *explainer, const struct observed_configuration *configuration,
                            struct strbuf *why)
{
    const struct ownership *owned = &configuration->ownership;
    int desired = find_desired(explainer, owned->namespace, owned->name);
    const struct ended_deployment *ended = find_ended(explainer, owned->namespace, owned->name);

    if (desired >= 0 && explainer->input->desired[desired].content)
        explain_staying(explainer, configuration, desired, why);
    else if (desired < 0 && ended && !explainer->input->deletes_allowed &&
             (ended->displaced || !ownership_outlives(owned)))
        strbuf_add_string(why, "a new leader deletes nothing as long as calls of the one before may take effect");
}

static int explain_rest(struct explainer *explainer)
{
    for (size_t i = 0; i < explainer->input->observed->count; i++) {
        const struct observed_configuration *configuration = &explainer->input->observed->items[i];
        cleanup_strbuf struct strbuf why = STRBUF_INIT;

        if (!configuration->ours || is_called(explainer, PLAN_DELETE, configuration->id))
            continue;
        explain_waiting(explainer, configuration, &why);
        if (why.length && add(explainer, PLAN_DELETE, true, configuration->id, configuration->ownership.namespace,
                              configuration->ownership.name, &why) < 0)
            return -1;
    }
    return 0;
}

int explanation_make(const struct plan_input *input, const struct plan *plan, struct explanation *ret_explanation,
                     struct error *error)
{
    cleanup_explainer struct explainer explainer = {.input = input, .plan = plan};

    if (explain_calls(&explainer) < 0 || explain_rest(&explainer) < 0)
        return error_set(error, "out of memory");
    *ret_explanation = explainer.explanation;
    explainer.explanation = (struct explanation)EXPLANATION_INIT;
    return 0;
}

void explained_call_write(const struct explained_call *call, struct json_writer *writer)
{
    json_begin_object(writer);
    json_member_string(writer, "action", explanation_action_name(call->action));
    json_member_bool(writer, "waits", call->waits);
    json_member_string(writer, "id", call->id);
    json_member_string(writer, "namespace", call->namespace);
    json_member_string(writer, "name", call->name);
    json_member_string(writer, "why", call->why);
    json_end_object(writer);
}
