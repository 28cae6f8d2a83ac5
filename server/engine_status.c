/* What stands where, for the read API: each edge Deployment on each hub, from what the threads know. */
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json_writer.h"
#include "server/engine_state.h"
#include "server/hub_place.h"
#include "server/hub_question.h"

#include <string.h>

#define ANSWER_MS 15000 /* for the workers of all hubs together */

static void write_time(struct json_writer *writer, const char *name, int64_t wall_s)
{
    char text[CLOCK_RFC3339_SIZE];
    if (wall_s <= 0) {
        json_member_string(writer, name, NULL);
        return;
    }
    clock_format_rfc3339(wall_s, text);
    json_member_string(writer, name, text);
}

/* --- Deployments ------------------------------------------------------------------------------ */

static void write_count(struct json_writer *writer, const char *name, bool known, int64_t number)
{
    if (known)
        json_member_int(writer, name, number);
    else
        json_member_string(writer, name, NULL);
}

/* The devices' own word where it was read; else what the hub has counted. */
static void write_devices(struct json_writer *writer, const struct hub_standing *standing)
{
    const struct module_states *states = &standing->states;
    bool read = standing->id && strcmp(standing->states_hash, standing->hash) == 0;
    json_name(writer, "devices"), json_begin_object(writer);
    write_count(writer, "targeted", read || standing->targeted >= 0, read ? states->targeted : standing->targeted);
    write_count(writer, "applied", read, states->applied);
    write_count(writer, "succeeded", read, states->succeeded);
    write_count(writer, "failed", read, states->failed);
    write_count(writer, "offline", read, states->offline);
    json_end_object(writer);
}

static void write_place(struct json_writer *writer, const struct hub_worker *worker,
                        const struct cluster_deployment *deployment, const struct hub_standing *standing)
{
    struct hub_place place = hub_place_of(worker, deployment, standing);
    json_begin_object(writer);
    json_member_string(writer, "hub", worker->hub->name);
    json_member_string(writer, "state", place.state);
    json_member_string(writer, "reason", place.reason);
    json_member_string(writer, "message", place.message);
    json_member_string(writer, "configuration", standing->id);
    json_member_bool(writer, "evaluated", standing->id && standing->evaluated);
    write_devices(writer, standing);
    json_name(writer, "changes"), json_begin_array(writer);
    for (size_t i = 0; i < worker->outlook.count; i++) {
        const struct explained_call *call = &worker->outlook.calls[i];
        if (strcmp(call->namespace, deployment->namespace) == 0 && strcmp(call->name, deployment->name) == 0)
            explained_call_write(call, writer);
    }
    json_end_array(writer);
    json_end_object(writer);
}

static void write_deployment(struct json_writer *writer, const struct engine *engine,
                             const struct cluster_deployment *deployment)
{
    json_begin_object(writer);
    json_member_string(writer, "namespace", deployment->namespace);
    json_member_string(writer, "name", deployment->name);
    json_member_int(writer, "replicas", deployment->replicas);
    json_name(writer, "hubs"), json_begin_array(writer);
    for (size_t i = 0; i < engine->hub_count; i++) {
        const struct hub_standing *standing = hub_standing_find(&engine->hubs[i], deployment->key);
        if (standing && engine_leads(engine))
            write_place(writer, &engine->hubs[i], deployment, standing);
    }
    json_end_array(writer);
    json_end_object(writer);
}

/* --- hubs ------------------------------------------------------------------------------------- */

/* Whose Deployment is not there (any more): nobody else shows it. */
static void write_gone(struct json_writer *writer, const struct hub_worker *worker, const char *namespace)
{
    const struct cluster *cluster = &worker->engine->cluster;
    json_name(writer, "gone"), json_begin_array(writer);
    for (size_t i = 0; i < worker->outlook.count; i++) {
        const struct explained_call *call = &worker->outlook.calls[i];
        if ((!namespace || strcmp(namespace, call->namespace) == 0) &&
            !cluster_find_deployment(cluster, call->namespace, call->name))
            explained_call_write(call, writer);
    }
    json_end_array(writer);
    const struct absence *absence = NULL;
    json_name(writer, "absent"), json_begin_array(writer);
    TAILQ_FOREACH(absence, &worker->absences.list, link)
    {
        if (namespace && strcmp(namespace, absence->namespace) != 0)
            continue;
        json_begin_object(writer);
        json_member_string(writer, "namespace", absence->namespace);
        json_member_string(writer, "name", absence->name);
        json_end_object(writer);
    }
    json_end_array(writer);
}

static void write_hub(struct json_writer *writer, const struct hub_worker *worker, const char *namespace)
{
    cleanup_strbuf struct strbuf state = STRBUF_INIT;
    engine_add_hub_state(worker, &state);
    json_begin_object(writer);
    json_member_string(writer, "name", worker->hub->name);
    json_member_string(writer, "state", strbuf_string(&state));
    json_member_bool(writer, "reachable", worker->reachable);
    write_time(writer, "lastSync", worker->metrics->last_success_wall_s);
    write_gone(writer, worker, namespace);
    json_end_object(writer);
}

/* --- questions -------------------------------------------------------------------------------- */

void engine_answer_no_more(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    engine->mute = true;
    pthread_cond_broadcast(&engine->answered);
    pthread_mutex_unlock(&engine->lock);
}

/* All workers are asked before the first answer is waited for. Guarded. */
static void ask_all(struct engine *engine, const char *namespace, const char *name, struct json_writer *writer)
{
    int64_t deadline_ms = clock_now_ms() + ANSWER_MS;
    cleanup_free struct hub_question **questions = calloc(engine->hub_count, sizeof(*questions));
    for (size_t i = 0; questions && i < engine->hub_count; i++)
        questions[i] = hub_question_put(&engine->hubs[i], namespace, name);
    for (size_t i = 0; questions && i < engine->hub_count; i++) {
        cleanup_strbuf struct strbuf answer = STRBUF_INIT;
        if (questions[i])
            hub_question_await(&engine->hubs[i], questions[i], deadline_ms, &answer);
        if (answer.length)
            json_add_raw(writer, strbuf_string(&answer));
    }
}

int engine_write_diff(struct engine *engine, const char *namespace, const char *name, struct strbuf *out,
                      struct error *error)
{
    struct json_writer writer = {.out = out};
    int result = 0;
    pthread_mutex_lock(&engine->lock);
    if (!engine_leads(engine))
        result = error_set(error, "this replica does not lead; %s does",
                           engine->lease_holder ? engine->lease_holder : "nobody");
    if (result == 0) {
        json_begin_object(&writer);
        json_member_string(&writer, "namespace", namespace);
        json_member_string(&writer, "name", name);
        json_name(&writer, "hubs"), json_begin_array(&writer);
        ask_all(engine, namespace, name, &writer);
        json_end_array(&writer);
        json_end_object(&writer);
    }
    pthread_mutex_unlock(&engine->lock);
    return result;
}

/* --- all -------------------------------------------------------------------------------------- */

static bool is_asked_for(const struct cluster_deployment *deployment, const char *namespace, const char *name)
{
    return (!namespace || strcmp(deployment->namespace, namespace) == 0) &&
           (!name || strcmp(deployment->name, name) == 0);
}

void engine_write_status(struct engine *engine, const char *namespace, const char *name, struct strbuf *out)
{
    struct json_writer writer = {.out = out};
    const struct cluster_deployment *deployment = NULL;
    pthread_mutex_lock(&engine->lock);
    json_begin_object(&writer);
    json_member_string(&writer, "version", VERSION);
    json_member_string(&writer, "identity", engine->config->lease_identity);
    json_member_bool(&writer, "leading", engine_leads(engine));
    json_member_string(&writer, "leader", engine->lease_holder);
    json_member_int(&writer, "port", engine->config->api_port);
    json_member_bool(&writer, "complete", engine_synced(engine));
    write_time(&writer, "time", clock_wall_s());
    json_name(&writer, "hubs"), json_begin_array(&writer);
    for (size_t i = 0; i < engine->hub_count; i++)
        write_hub(&writer, &engine->hubs[i], namespace);
    json_end_array(&writer);
    json_name(&writer, "deployments"), json_begin_array(&writer);
    TAILQ_FOREACH(deployment, &engine->cluster.deployments, link)
    {
        if (is_asked_for(deployment, namespace, name))
            write_deployment(&writer, engine, deployment);
    }
    json_end_array(&writer);
    json_end_object(&writer);
    pthread_mutex_unlock(&engine->lock);
}
