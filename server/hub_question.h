/* A question to a hub's worker, who alone may look at the hub's list and call the hub: what would change there for one
 * Deployment? */
#ifndef SERVER_HUB_QUESTION_H
#define SERVER_HUB_QUESTION_H

#include "server/engine_state.h"

struct hub_question {
    TAILQ_ENTRY(hub_question) link;
    char *namespace, *name;
    struct strbuf answer; /* a JSON object */
    bool taken, done, abandoned;
};

/* Puts a question. NULL without memory. Guarded. */
struct hub_question *hub_question_put(struct hub_worker *worker, const char *namespace, const char *name);

/* Waits for its answer until deadline_ms, on clock_now_ms, and appends it: without one, an object that says so. The
 * question is gone afterwards. Guarded; the lock is let go meanwhile. */
void hub_question_await(struct hub_worker *worker, struct hub_question *question, int64_t deadline_ms,
                        struct strbuf *out);

/* The worker's: answers what was asked. It may call the hub, when there is a token for it. Takes the lock itself. */
void hub_questions_answer(struct hub_worker *worker);

#endif
