#include "server/pod_write.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"

#include <string.h>

#define STICK_MS   10000  /* for so long a write may take to show */
#define REFUSED_MS 1000   /* after the first refusal */
#define LONGEST_MS 600000 /* between two tries */

void pod_write_free(struct pod_write *write)
{
    free(write->path);
    free(write->body);
    free(write->uid);
    free(write);
}

static int64_t doubled(int64_t first_ms, unsigned times)
{
    return times > 10 || first_ms << times > LONGEST_MS ? LONGEST_MS : first_ms << times;
}

/* Whether this write is to be made now, which is then noted. */
static bool may_write(struct cluster_pod *pod, int64_t now_ms, const char *method, const char *body)
{
    char digest[CONTENT_HASH_SIZE];
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    strbuf_add_format(&text, "%s %s", method, body);
    content_hash(strbuf_string(&text), digest);
    bool same = strcmp(digest, pod->write_digest) == 0;
    if (now_ms < pod->write_again_ms && (same || pod->refusals))
        return false;
    pod->writes = same ? pod->writes + 1 : 0;
    pod->write_again_ms = now_ms + doubled(STICK_MS, pod->writes);
    memcpy(pod->write_digest, digest, sizeof(digest));
    return true;
}

void pod_write_add(struct pod_writes *writes, struct cluster_pod *pod, int64_t now_ms, const char *method,
                   const char *subresource, const char *content_type, char *body)
{
    cleanup_free char *owned = body;
    if (!body || !may_write(pod, now_ms, method, body))
        return;
    struct pod_write *write = calloc(1, sizeof(*write));
    if (!write)
        return;
    *write = (struct pod_write){
        .method = method, .content_type = content_type, .body = steal_ptr(owned), .uid = strdup(pod->key)};
    if (asprintf(&write->path, "/api/v1/namespaces/%s/pods/%s%s", pod->namespace, pod->name, subresource) < 0)
        write->path = NULL;
    if (!write->path || !write->uid) {
        pod_write_free(write);
        return;
    }
    STAILQ_INSERT_TAIL(writes, write, link);
}

/* The answer is the pod as it is now; the watch will say the same a moment later. */
static void note_written(struct engine *engine, const struct pod_write *write, const cJSON *answer)
{
    pthread_mutex_lock(&engine->lock);
    struct cluster_pod *pod = cluster_find_pod(&engine->cluster, write->uid);
    if (pod)
        pod->refusals = 0;
    if (strcmp(write->method, "PATCH") == 0)
        engine_changed(engine, cluster_refresh_pod(&engine->cluster, answer));
    pthread_mutex_unlock(&engine->lock);
}

/* The pod went or changed, and its next event tells; or this one may not be written, and the others go on. Said once.
 */
static void note_refused(struct engine *engine, const struct pod_write *write, int status, const char *message)
{
    bool transient = status == 404 || status == 409;
    pthread_mutex_lock(&engine->lock);
    struct cluster_pod *pod = cluster_find_pod(&engine->cluster, write->uid);
    bool say = pod && !transient && pod->refusals == 0;
    if (pod)
        pod->write_again_ms = clock_now_ms() + doubled(REFUSED_MS, pod->refusals++);
    pthread_mutex_unlock(&engine->lock);
    if (say)
        log_warning("%s; tried again later", message);
    else
        log_debug("%s", message);
}

/* Returns false when the API server is in trouble. */
static bool carry_out(struct engine *engine, const struct pod_write *write)
{
    cleanup_error struct error error = {NULL};
    cleanup_json cJSON *answer = NULL;
    int status = kube_call(engine->reconciler_kube, write->method, write->path, write->content_type, write->body, 0,
                           &answer, &error);
    if (status == KUBE_STOPPED)
        return true;
    if (status < 0 || status == 401 || status == 429 || status >= 500) {
        log_warning("%s; tried again when the API server answers", error_message(&error));
        return false;
    }
    if (status >= 300)
        note_refused(engine, write, status, error_message(&error));
    else
        note_written(engine, write, answer);
    return true;
}

/* What is not made now is decided anew. */
static void forget(struct engine *engine, const struct pod_write *write)
{
    pthread_mutex_lock(&engine->lock);
    struct cluster_pod *pod = cluster_find_pod(&engine->cluster, write->uid);
    if (pod)
        pod->write_digest[0] = '\0';
    pthread_mutex_unlock(&engine->lock);
}

bool pod_writes_carry_out(struct engine *engine, struct pod_writes *writes)
{
    bool well = true;
    while (!STAILQ_EMPTY(writes)) {
        struct pod_write *write = STAILQ_FIRST(writes);
        STAILQ_REMOVE_HEAD(writes, link);
        if (well && !engine->stopping && engine_leads(engine))
            well = carry_out(engine, write);
        else
            forget(engine, write);
        pod_write_free(write);
    }
    return well;
}
