#include "server/hub_question.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json_writer.h"
#include "server/hub_difference.h"

#include <string.h>

static void question_free(struct hub_question *question)
{
    free(question->namespace);
    free(question->name);
    strbuf_release(&question->answer);
    free(question);
}

struct hub_question *hub_question_put(struct hub_worker *worker, const char *namespace, const char *name)
{
    struct hub_question *question = calloc(1, sizeof(*question));
    if (!question)
        return NULL;
    *question = (struct hub_question){.namespace = strdup(namespace), .name = strdup(name)};
    if (!question->namespace || !question->name) {
        question_free(question);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&worker->questions, question, link);
    pthread_cond_signal(&worker->wake);
    return question;
}

static void write_no_answer(const struct hub_worker *worker, struct strbuf *out)
{
    cleanup_strbuf struct strbuf state = STRBUF_INIT;
    struct json_writer writer = {.out = out};
    engine_add_hub_state(worker, &state);
    json_begin_object(&writer);
    json_member_string(&writer, "hub", worker->hub->name);
    json_member_string(&writer, "state", "Unknown");
    json_member_string(&writer, "reason", worker->trouble ? worker->trouble_reason : "HubBusy");
    json_member_string(&writer, "message",
                       worker->trouble ? strbuf_string(&state)
                                       : "calls to the hub are under way or wait for its budget; ask again");
    json_end_object(&writer);
}

void hub_question_await(struct hub_worker *worker, struct hub_question *question, int64_t deadline_ms,
                        struct strbuf *out)
{
    struct engine *engine = worker->engine;
    while (!question->done && !engine->mute && !engine->stopping && clock_now_ms() < deadline_ms)
        engine_wait(engine, &engine->answered, deadline_ms - clock_now_ms());
    if (question->done)
        strbuf_add_string(out, strbuf_string(&question->answer));
    else
        write_no_answer(worker, out);
    if (question->taken && !question->done) {
        question->abandoned = true; /* the worker frees it */
        return;
    }
    if (!question->taken)
        TAILQ_REMOVE(&worker->questions, question, link);
    question_free(question);
}

/* Guarded; let go meanwhile. */
static void answer(struct hub_worker *worker, struct hub_question *question)
{
    struct engine *engine = worker->engine;
    question->taken = true;
    TAILQ_REMOVE(&worker->questions, question, link);
    hub_difference_write(worker, question->namespace, question->name, &question->answer);
    question->done = true;
    if (question->abandoned)
        question_free(question);
    pthread_cond_broadcast(&engine->answered);
}

void hub_questions_answer(struct hub_worker *worker)
{
    struct engine *engine = worker->engine;
    pthread_mutex_lock(&engine->lock);
    for (struct hub_question *next; worker->observed.items && (next = TAILQ_FIRST(&worker->questions)) != NULL;)
        answer(worker, next);
    pthread_mutex_unlock(&engine->lock);
}
