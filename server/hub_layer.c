#include "server/hub_layer.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "server/hub_owned.h"
#include "server/wipe.h"
#include "translate/layered.h"

#include <string.h>

static bool is_there(const struct hub_worker *worker, const struct cluster_deployment *deployment, const char *hash)
{
    for (size_t i = 0; i < worker->observed.count; i++) {
        const struct observed_configuration *configuration = &worker->observed.items[i];
        if (observed_is_of(configuration, deployment->namespace, deployment->name) &&
            strcmp(configuration->ownership.content_hash, hash) == 0)
            return true;
    }
    return false;
}

static int check_against(const cJSON *configuration, const char *content, struct error *error)
{
    cleanup_strbuf struct strbuf old = STRBUF_INIT;
    struct json_writer writer = {.out = &old};
    json_add_canonical(&writer, json_get(configuration, "content"));
    int result = layered_check_transition(strbuf_string(&old), content, error);
    wipe_strbuf(&old);
    return result;
}

/* Against all that the hub has of it: more than one while an earlier update is under way. *ret_known is false while one
 * of them was not read whole. */
static int check_all(const struct hub_worker *worker, const struct cluster_deployment *deployment, const char *content,
                     bool *ret_known, struct error *error)
{
    *ret_known = true;
    for (size_t i = 0; i < worker->observed.count; i++) {
        const struct observed_configuration *configuration = &worker->observed.items[i];
        if (!observed_is_of(configuration, deployment->namespace, deployment->name))
            continue;
        if (!configuration->whole)
            *ret_known = false;
        else if (check_against(configuration->whole, content, error) < 0)
            return -1;
    }
    return 0;
}

static void tell_waiting(struct hub_worker *worker, struct hub_standing *standing, const char *cause)
{
    cleanup_free char *message = NULL;
    if (asprintf(&message,
                 "the update waits: %s, and while a layer is replaced a device may have both. Change the new one, or "
                 "set the Deployment's annotation " ANNOTATION_ALLOW_GAP
                 " to \"true\": then the old one is deleted first, and devices are without its modules for a while",
                 cause) < 0)
        message = NULL;
    hub_standing_trouble(worker, standing, true, "LayerTransition", message);
}

bool hub_layer_may_go(struct hub_worker *worker, const struct cluster_deployment *deployment,
                      const struct cluster_translation *translation, struct hub_standing *standing,
                      struct desired_configuration *desired)
{
    cleanup_error struct error error = {NULL};
    bool gap_is_allowed = deployment->annotations.layered && deployment->annotations.allow_gap, known = true;
    desired->gap = gap_is_allowed ? PLAN_GAP_ALLOWED : PLAN_GAP_NEVER;
    if (!deployment->annotations.layered || is_there(worker, deployment, translation->hash))
        return true;
    if (check_all(worker, deployment, translation->manifest.content, &known, &error) == 0) {
        desired->needs_whole = !known;
        return known;
    }
    if (!gap_is_allowed) {
        tell_waiting(worker, standing, error_message(&error));
        return false;
    }
    desired->gap = PLAN_GAP_NEEDED;
    /* What the hub holds no more belongs here by its pod alone: without one here the gap could have no end. */
    return deployment->marked;
}
