#include "server/hub_refusal.h"

#include "common/cleanup.h"
#include "common/strbuf.h"

#include <string.h>

#define UNWANTED_MS 1000

void hub_refusals_init(struct hub_refusals *refusals)
{
    TAILQ_INIT(refusals);
}

static void refusal_free(struct hub_refusals *refusals, struct hub_refusal *refusal)
{
    TAILQ_REMOVE(refusals, refusal, link);
    free(refusal->key);
    free(refusal);
}

void hub_refusals_release(struct hub_refusals *refusals)
{
    while (!TAILQ_EMPTY(refusals))
        refusal_free(refusals, TAILQ_FIRST(refusals));
}

/* The etag is not in it: an answer may have been lost, and the call is the same with the next one. */
static void call_digest(const struct plan_call *call, char digest[CONTENT_HASH_SIZE])
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    strbuf_add_format(&text, "%d %s %s", (int)call->action, call->id, call->body ? call->body : "");
    content_hash(strbuf_string(&text), digest);
}

static struct hub_refusal *find(const struct hub_refusals *refusals, const struct plan_call *call)
{
    char digest[CONTENT_HASH_SIZE];
    struct hub_refusal *refusal = NULL;
    if (TAILQ_EMPTY(refusals))
        return NULL;
    call_digest(call, digest);
    TAILQ_FOREACH(refusal, refusals, link)
    {
        if (strcmp(refusal->digest, digest) == 0)
            return refusal;
    }
    return NULL;
}

struct hub_refusal *hub_refusal_add(struct hub_refusals *refusals, const struct plan_call *call)
{
    struct hub_refusal *refusal = find(refusals, call);
    if (!refusal) {
        cleanup_free char *key = NULL;
        if (asprintf(&key, "%s/%s", call->namespace, call->name) < 0) {
            key = NULL;
            return NULL;
        }
        refusal = calloc(1, sizeof(*refusal));
        if (!refusal)
            return NULL;
        refusal->key = steal_ptr(key);
        call_digest(call, refusal->digest);
        TAILQ_INSERT_TAIL(refusals, refusal, link);
    }
    refusal->times++;
    return refusal;
}

void hub_refusals_forget(struct hub_refusals *refusals, const struct plan_call *call)
{
    struct hub_refusal *refusal = find(refusals, call);
    if (refusal)
        refusal_free(refusals, refusal);
}

/* Whether an older content of its Deployment may come to the hub after it. */
static bool is_fenced(const struct hub_refusals *refusals, const struct plan_call *call, int64_t now_ms)
{
    char digest[CONTENT_HASH_SIZE];
    cleanup_free char *key = NULL;
    const struct hub_refusal *refusal = NULL;
    if (TAILQ_EMPTY(refusals) || call->action != PLAN_CREATE)
        return false;
    if (asprintf(&key, "%s/%s", call->namespace, call->name) < 0) {
        key = NULL;
        return true;
    }
    call_digest(call, digest);
    TAILQ_FOREACH(refusal, refusals, link)
    {
        if (refusal->fence_ms > now_ms && strcmp(refusal->key, key) == 0 && strcmp(refusal->digest, digest) != 0)
            return true;
    }
    return false;
}

struct plan_call *hub_refusals_choose(const struct hub_refusals *refusals, const struct plan *plan, int64_t now_ms)
{
    struct plan_call *again = NULL;
    for (size_t i = 0; i < plan->call_count; i++) {
        const struct hub_refusal *refusal = find(refusals, &plan->calls[i]);
        if (is_fenced(refusals, &plan->calls[i], now_ms))
            continue;
        if (!refusal)
            return &plan->calls[i];
        if (!again && refusal->retry_ms <= now_ms)
            again = &plan->calls[i];
    }
    return again;
}

bool hub_refusals_concern(const struct hub_refusals *refusals, const char *key)
{
    const struct hub_refusal *refusal = NULL;
    TAILQ_FOREACH(refusal, refusals, link)
    {
        if (!refusal->unwanted_ms && strcmp(refusal->key, key) == 0)
            return true;
    }
    return false;
}

static bool is_wanted(const struct hub_refusal *refusal, const struct plan *plan)
{
    for (size_t i = 0; i < plan->call_count; i++) {
        char digest[CONTENT_HASH_SIZE];
        call_digest(&plan->calls[i], digest);
        if (strcmp(refusal->digest, digest) == 0)
            return true;
    }
    return false;
}

void hub_refusals_prune(struct hub_refusals *refusals, const struct plan *plan, int64_t now_ms)
{
    struct hub_refusal *refusal = TAILQ_FIRST(refusals);
    while (refusal) {
        struct hub_refusal *next = TAILQ_NEXT(refusal, link);
        if (is_wanted(refusal, plan))
            refusal->unwanted_ms = 0;
        else if (!refusal->unwanted_ms)
            refusal->unwanted_ms = now_ms;
        else if (now_ms - refusal->unwanted_ms >= UNWANTED_MS && refusal->fence_ms <= now_ms)
            refusal_free(refusals, refusal);
        refusal = next;
    }
}

void hub_refusals_relisted(struct hub_refusals *refusals)
{
    struct hub_refusal *refusal = NULL;
    TAILQ_FOREACH(refusal, refusals, link)
    {
        if (refusal->retry_ms == INT64_MAX)
            refusal->retry_ms = 0;
    }
}

/* Of one that no plan wants only the fence counts: what waits behind it is due with its end. */
int64_t hub_refusals_due(const struct hub_refusals *refusals)
{
    int64_t due = INT64_MAX;
    const struct hub_refusal *refusal = NULL;
    TAILQ_FOREACH(refusal, refusals, link)
    {
        int64_t own = refusal->unwanted_ms && refusal->fence_ms ? refusal->fence_ms : refusal->retry_ms;
        if (own < due)
            due = own;
    }
    return due;
}
