#include "kube/watch.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/strbuf.h"
#include "kube/backoff.h"
#include "kube/items.h"
#include "kube/lines.h"
#include "kube/message.h"
#include "kube/request.h"

#include <pthread.h>
#include <string.h>

#define PAGE_SIZE       500
#define LIST_TIMEOUT_MS 60000
#define LINE_LIMIT      KUBE_OBJECT_LIMIT
/* The server sends a bookmark about each minute; so long without a byte means that the connection is dead. */
#define IDLE_LIMIT_MS 150000
/* How long a watch lives, in seconds: random, so that those of many clients do not end together. */
#define WATCH_SECONDS_MIN 300
#define WATCH_SECONDS_MAX 600
#define WATCH_GRACE_MS    30000
/* A server that ends each watch at once is not asked again at once. */
#define SHORT_WATCH_MS 1000
/* So many watches in a row that could not begin: the version may be one that this server never had (a restored etcd).
 */
#define FAILURES_BEFORE_RELIST 5

enum step {
    STEP_DONE,    /* the list is complete, or the watch ended in order: on, at once */
    STEP_EXPIRED, /* the version is too old: pause, then a list; nothing is wrong */
    STEP_RETRY,   /* trouble: pause, then the same again */
    STEP_RELIST,  /* trouble: pause, then a list */
    STEP_STOPPED, /* by kube_watch_stop or kube_watch_relist */
};

struct kube_watch {
    struct kube_watch_options options; /* its path and query are ours */
    const struct kube_access *access;
    char *user_agent;

    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool stopped;               /* under mutex */
    bool relist;                /* under mutex */
    struct kube_client *client; /* replaced under mutex, by the watching thread only */

    /* Of the watching thread. */
    char *version; /* where the watch goes on; NULL: a list is due */
    struct kube_backoff backoff;
    char *told; /* the last trouble, until something works */
    struct kube_lines lines;
    struct kube_items items;
    bool list_began;       /* its reader was told */
    enum step stream_step; /* what ended the stream from within */
    bool stream_moved;     /* an event came */
    struct error stream_error;
};

static inline void cleanup_kube_watch_pointer(struct kube_watch **watch)
{
    kube_watch_free(*watch);
}

/* The pauses are timed by a clock that nobody sets. */
static int init_locks(struct kube_watch *watch)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0)
        return -1;
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int failed = pthread_cond_init(&watch->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    if (failed)
        return -1;
    if (pthread_mutex_init(&watch->mutex, NULL) == 0)
        return 0;
    pthread_cond_destroy(&watch->wake);
    return -1;
}

int kube_watch_new(const struct kube_access *access, const char *user_agent, const struct kube_watch_options *options,
                   struct kube_watch **ret_watch, struct error *error)
{
    struct kube_watch *created = calloc(1, sizeof(*created));
    if (!created || init_locks(created) < 0) {
        free(created);
        return error_set(error, "out of memory");
    }
    __attribute__((cleanup(cleanup_kube_watch_pointer))) struct kube_watch *watch = created;
    watch->access = access;
    watch->options = *options;
    watch->options.path = strdup(options->path);
    if (!watch->options.idle_limit_ms)
        watch->options.idle_limit_ms = IDLE_LIMIT_MS;
    watch->options.query = options->query ? strdup(options->query) : NULL;
    watch->user_agent = strdup(user_agent);
    watch->backoff = (struct kube_backoff){.first_ms = 200, .limit_ms = 30000};
    watch->lines.limit = LINE_LIMIT;
    watch->items.limit = KUBE_OBJECT_LIMIT;
    if (!watch->options.path || (options->query && !watch->options.query) || !watch->user_agent)
        return error_set(error, "out of memory");
    if (kube_client_new(access, user_agent, &watch->client, error) < 0)
        return -1;
    *ret_watch = steal_ptr(watch);
    return 0;
}

void kube_watch_free(struct kube_watch *watch)
{
    if (!watch)
        return;
    kube_client_free(watch->client);
    kube_lines_release(&watch->lines);
    kube_items_release(&watch->items);
    error_release(&watch->stream_error);
    pthread_cond_destroy(&watch->wake);
    pthread_mutex_destroy(&watch->mutex);
    free((char *)(uintptr_t)watch->options.path);
    free((char *)(uintptr_t)watch->options.query);
    free(watch->user_agent);
    free(watch->version);
    free(watch->told);
    free(watch);
}

/* A client that was stopped stays so; the watching thread makes another one when it finds the wish. */
static void interrupt(struct kube_watch *watch, bool *wish)
{
    pthread_mutex_lock(&watch->mutex);
    *wish = true;
    kube_client_stop(watch->client);
    pthread_cond_broadcast(&watch->wake);
    pthread_mutex_unlock(&watch->mutex);
}

void kube_watch_relist(struct kube_watch *watch)
{
    interrupt(watch, &watch->relist);
}

void kube_watch_stop(struct kube_watch *watch)
{
    interrupt(watch, &watch->stopped);
}

static bool is_stopped(struct kube_watch *watch)
{
    pthread_mutex_lock(&watch->mutex);
    bool stopped = watch->stopped;
    pthread_mutex_unlock(&watch->mutex);
    return stopped;
}

static bool wants_relist(struct kube_watch *watch)
{
    pthread_mutex_lock(&watch->mutex);
    bool relist = watch->relist;
    pthread_mutex_unlock(&watch->mutex);
    return relist;
}

static void tell_trouble(struct kube_watch *watch, int status, const char *message)
{
    if (watch->told && kube_message_is_same(watch->told, message))
        return;
    free(watch->told);
    watch->told = strdup(message);
    if (watch->options.trouble)
        watch->options.trouble(watch->options.context, status, message);
}

/* A watch that delivers; a list alone is not enough, or a watch that never succeeds would be tried without pauses. */
static void mark_working(struct kube_watch *watch)
{
    kube_backoff_reset(&watch->backoff);
    if (watch->told && watch->options.recovered)
        watch->options.recovered(watch->options.context);
    free(watch->told);
    watch->told = NULL;
}

/* Returns early when a stop is wished, or a relist that was not wished before. */
static void pause_after_failure(struct kube_watch *watch)
{
    struct timespec until;
    int64_t pause_ms = kube_backoff_next(&watch->backoff);
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + pause_ms % 1000 * 1000000;
    until.tv_sec += pause_ms / 1000 + ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    pthread_mutex_lock(&watch->mutex);
    bool relist_before = watch->relist;
    while (!watch->stopped && watch->relist == relist_before)
        if (pthread_cond_timedwait(&watch->wake, &watch->mutex, &until) != 0)
            break;
    pthread_mutex_unlock(&watch->mutex);
}

static void forget_version(struct kube_watch *watch)
{
    free(watch->version);
    watch->version = NULL;
}

/* The wish for a list ends in the moment in which the new client, which begins it, can be interrupted again. */
static int renew_client(struct kube_watch *watch)
{
    cleanup_error struct error error = {NULL};
    struct kube_client *client = NULL;
    if (kube_client_new(watch->access, watch->user_agent, &client, &error) < 0) {
        tell_trouble(watch, 0, error_message(&error));
        return -1;
    }
    forget_version(watch);
    pthread_mutex_lock(&watch->mutex);
    struct kube_client *old = watch->client;
    watch->client = client;
    watch->relist = false;
    if (watch->stopped)
        kube_client_stop(client);
    pthread_mutex_unlock(&watch->mutex);
    kube_client_free(old);
    return 0;
}

/* Remembers where to go on. Without memory the next step is a list. */
static void note_version(struct kube_watch *watch, const cJSON *object)
{
    const char *version = json_string(json_get(object, "metadata"), "resourceVersion");
    forget_version(watch);
    if (version && *version)
        watch->version = strdup(version);
}

static char *list_path(const struct kube_watch *watch, const char *token)
{
    cleanup_strbuf struct strbuf path = STRBUF_INIT;
    strbuf_add_format(&path, "%s?limit=%d", watch->options.path, PAGE_SIZE);
    if (watch->options.query)
        strbuf_add_format(&path, "&%s", watch->options.query);
    if (token) {
        cleanup_free char *escaped = kube_path_escape(token);
        if (!escaped)
            return NULL;
        strbuf_add_format(&path, "&continue=%s", escaped);
    }
    return strbuf_steal(&path);
}

static int take_item(void *context, const char *text, size_t length)
{
    struct kube_watch *watch = context;
    cleanup_json cJSON *item = NULL;
    if (json_parse(text, length, &item, &watch->stream_error) < 0)
        return error_wrap(&watch->stream_error, "list %s: an item that can't be read", watch->options.path);
    watch->options.put(watch->options.context, item);
    return 0;
}

static int take_page_data(void *context, const char *data, size_t length)
{
    struct kube_watch *watch = context;
    if (!watch->list_began)
        watch->options.list_begin(watch->options.context);
    watch->list_began = true;
    if (kube_items_feed(&watch->items, data, length, take_item, watch) == 0)
        return 0;
    if (!watch->stream_error.message)
        error_set(&watch->stream_error, "list %s: an item is longer than %zu bytes, or the list is no JSON",
                  watch->options.path, KUBE_OBJECT_LIMIT);
    return -1;
}

/* What some proxy answers in the server's place must not pass for an empty list: all would be gone. */
static bool is_list(const cJSON *page)
{
    const cJSON *items = json_get(page, "items");
    const char *version = json_string(json_get(page, "metadata"), "resourceVersion");
    return (cJSON_IsArray(items) || cJSON_IsNull(items)) && version && *version;
}

/* One page; the first one goes without a token. *ret_page is what is around its items. */
static int get_page(struct kube_watch *watch, const char *token, cJSON **ret_page, struct error *error)
{
    cleanup_free char *path = list_path(watch, token);
    if (!path)
        return error_set(error, "out of memory");
    const struct kube_request request = {
        .method = "GET",
        .path = path,
        .accept = watch->options.metadata ? KUBE_METADATA_OF_LIST : NULL,
        .timeout_ms = LIST_TIMEOUT_MS,
        .answer_limit = KUBE_OBJECT_LIMIT,
        .on_data = take_page_data,
        .context = watch,
    };
    int status = kube_request_send(watch->client, &request, NULL, error);
    if (status != 200)
        return status;
    const struct strbuf *around = &watch->items.around;
    if (json_parse(strbuf_string(around), around->length, ret_page, error) < 0)
        return error_wrap(error, "list %s: the answer is no JSON that can be used", watch->options.path);
    return is_list(*ret_page) ? status : error_set(error, "list %s: the answer is no list", watch->options.path);
}

static enum step list_page(struct kube_watch *watch, const char *token, cJSON **ret_page)
{
    cleanup_error struct error error = {NULL};
    error_release(&watch->stream_error);
    int status = get_page(watch, token, ret_page, &error);
    kube_items_release(&watch->items);
    if (status == 200)
        return STEP_DONE;
    if (status == KUBE_STOPPED)
        return STEP_STOPPED;
    tell_trouble(watch, status > 0 ? status : 0,
                 error_message(watch->stream_error.message ? &watch->stream_error : &error));
    return STEP_RELIST;
}

/* A list that breaks off, also for a token that has expired (410), begins anew from its first page. */
static enum step make_list(struct kube_watch *watch)
{
    cleanup_free char *token = NULL;
    watch->list_began = false;
    for (;;) {
        cleanup_json cJSON *page = NULL;
        enum step step = list_page(watch, token, &page);
        if (step != STEP_DONE)
            return step;
        const char *next = json_string(json_get(page, "metadata"), "continue");
        free(token);
        token = next && *next ? strdup(next) : NULL;
        if (!token && next && *next)
            return STEP_RELIST;
        if (token)
            continue;
        note_version(watch, page);
        watch->options.list_end(watch->options.context);
        return STEP_DONE;
    }
}

/* An ERROR event carries a Status object. */
static int take_error_event(struct kube_watch *watch, const cJSON *status)
{
    int64_t code = 0;
    if (json_int64(status, "code", &code) && code == 410) {
        watch->stream_step = STEP_EXPIRED;
        return -1;
    }
    watch->stream_step = STEP_RELIST;
    return error_set(&watch->stream_error, "watch %s: the server ended it: %s", watch->options.path,
                     json_string_or(status, "message", "no reason was given"));
}

static int take_event(struct kube_watch *watch, const cJSON *event)
{
    const char *type = json_string_or(event, "type", "");
    const cJSON *object = json_get(event, "object");
    if (!strcmp(type, "ERROR"))
        return take_error_event(watch, object);
    bool known =
        !strcmp(type, "ADDED") || !strcmp(type, "MODIFIED") || !strcmp(type, "DELETED") || !strcmp(type, "BOOKMARK");
    if (!known || !cJSON_IsObject(object)) {
        watch->stream_step = STEP_RELIST;
        return error_set(&watch->stream_error, "watch %s: an event of type \"%s\" that can't be understood came",
                         watch->options.path, type);
    }
    if (!strcmp(type, "DELETED"))
        watch->options.gone(watch->options.context, object);
    else if (strcmp(type, "BOOKMARK") != 0)
        watch->options.put(watch->options.context, object);
    note_version(watch, object);
    watch->stream_moved = true;
    mark_working(watch);
    return 0;
}

static int take_line(void *context, const char *text, size_t length)
{
    struct kube_watch *watch = context;
    cleanup_json cJSON *event = NULL;
    if (json_parse(text, length, &event, &watch->stream_error) == 0)
        return take_event(watch, event);
    watch->stream_step = STEP_RELIST;
    return error_wrap(&watch->stream_error, "watch %s: an event that can't be read", watch->options.path);
}

static int take_data(void *context, const char *data, size_t length)
{
    struct kube_watch *watch = context;
    if (kube_lines_feed(&watch->lines, data, length, take_line, watch) == 0)
        return 0;
    if (watch->stream_step == STEP_DONE) {
        watch->stream_step = STEP_RELIST;
        error_set(&watch->stream_error, "watch %s: an event is longer than %zu bytes", watch->options.path, LINE_LIMIT);
    }
    return -1;
}

static char *stream_path(const struct kube_watch *watch, int64_t seconds)
{
    cleanup_strbuf struct strbuf path = STRBUF_INIT;
    cleanup_free char *version = kube_path_escape(watch->version);
    if (!version)
        return NULL;
    strbuf_add_format(&path, "%s?watch=true&allowWatchBookmarks=true&timeoutSeconds=%lld&resourceVersion=%s",
                      watch->options.path, (long long)seconds, version);
    if (watch->options.query)
        strbuf_add_format(&path, "&%s", watch->options.query);
    return strbuf_steal(&path);
}

/* What the end of a stream means, when nothing within it ended it. */
static enum step judge_stream(struct kube_watch *watch, int status, int64_t lasted_ms, const struct error *error)
{
    if (status == KUBE_STOPPED)
        return STEP_STOPPED;
    if (status == 200 && (watch->stream_moved || lasted_ms >= SHORT_WATCH_MS)) {
        mark_working(watch);
        return STEP_DONE;
    }
    if (status == 410)
        return STEP_EXPIRED;
    if (status != 200)
        tell_trouble(watch, status > 0 ? status : 0, error_message(error));
    bool hopeless = status == 400 || watch->backoff.failures >= FAILURES_BEFORE_RELIST;
    return hopeless ? STEP_RELIST : STEP_RETRY;
}

static enum step follow_stream(struct kube_watch *watch)
{
    cleanup_error struct error error = {NULL};
    int64_t seconds = kube_random_between(WATCH_SECONDS_MIN, WATCH_SECONDS_MAX);
    cleanup_free char *path = stream_path(watch, seconds);
    if (!path)
        return STEP_RETRY;
    const struct kube_request request = {
        .method = "GET",
        .path = path,
        .accept = watch->options.metadata ? KUBE_METADATA_OF_OBJECT : NULL,
        .timeout_ms = (unsigned)(seconds * 1000 + WATCH_GRACE_MS),
        .answer_limit = KUBE_OBJECT_LIMIT,
        .on_data = take_data,
        .context = watch,
        .idle_limit_ms = watch->options.idle_limit_ms,
    };
    watch->stream_step = STEP_DONE;
    watch->stream_moved = false;
    error_release(&watch->stream_error);
    int64_t begun_ms = clock_now_ms();
    int status = kube_request_send(watch->client, &request, NULL, &error);
    kube_lines_release(&watch->lines);
    if (watch->stream_step == STEP_DONE)
        return judge_stream(watch, status, clock_now_ms() - begun_ms, &error);
    if (watch->stream_step == STEP_RELIST)
        tell_trouble(watch, 0, error_message(&watch->stream_error));
    return watch->stream_step;
}

static void take_step(struct kube_watch *watch)
{
    enum step step = watch->version ? follow_stream(watch) : make_list(watch);
    if (step == STEP_DONE || step == STEP_STOPPED)
        return;
    if (step == STEP_RELIST || step == STEP_EXPIRED)
        forget_version(watch);
    pause_after_failure(watch);
}

void kube_watch_run(struct kube_watch *watch)
{
    while (!is_stopped(watch)) {
        if (wants_relist(watch) && renew_client(watch) < 0)
            pause_after_failure(watch);
        else
            take_step(watch);
    }
}
