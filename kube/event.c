#include "kube/client.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "kube/message.h"
#include "kube/request.h"

#include <string.h>
#include <sys/random.h>

#define REPEAT_MS       ((int64_t)10 * 60 * 1000)
#define MESSAGE_MAX     1024
#define OBJECT_NAME_MAX 230 /* an Event's name is at most 253 bytes, and a suffix follows */
#define MEMORY_SIZE     512

/* What was told, newest over oldest. A hash suffices: a clash would leave out one event for ten minutes. */
struct kube_event_memory {
    struct {
        uint64_t hash;
        int64_t told_ms;
    } items[MEMORY_SIZE];
    size_t count, next;
};

void kube_event_memory_free(struct kube_event_memory *memory)
{
    free(memory);
}

/* FNV-1a over the text and its final NUL, which keeps neighbours apart. */
static uint64_t hash_add(uint64_t hash, const char *text)
{
    for (;; text++) {
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
        if (!*text)
            return hash;
    }
}

static uint64_t event_hash(const struct kube_event *event)
{
    uint64_t hash = hash_add(0xcbf29ce484222325u, event->uid ? event->uid : "");
    return hash_add(hash_add(hash, event->reason), event->message);
}

static bool told_lately(const struct kube_event_memory *memory, uint64_t hash, int64_t now_ms)
{
    for (size_t i = 0; memory && i < memory->count; i++)
        if (memory->items[i].hash == hash && now_ms - memory->items[i].told_ms < REPEAT_MS)
            return true;
    return false;
}

/* Without memory to remember, the event may simply come twice. */
static void remember(struct kube_client *client, uint64_t hash, int64_t now_ms)
{
    struct kube_event_memory **memory = kube_client_event_memory(client);
    if (!*memory)
        *memory = calloc(1, sizeof(**memory));
    if (!*memory)
        return;
    (*memory)->items[(*memory)->next].hash = hash;
    (*memory)->items[(*memory)->next].told_ms = now_ms;
    (*memory)->next = ((*memory)->next + 1) % MEMORY_SIZE;
    if ((*memory)->count < MEMORY_SIZE)
        (*memory)->count++;
}

/* Objects without a namespace have their events in "default", as kubectl describe looks for them there. */
static const char *event_namespace(const struct kube_event *event)
{
    return event->namespace && *event->namespace ? event->namespace : "default";
}

static void write_metadata(struct json_writer *w, const struct kube_event *event)
{
    uint64_t suffix = 0;
    if (getrandom(&suffix, sizeof(suffix), 0) != (ssize_t)sizeof(suffix))
        suffix = (uint64_t)clock_now_ns();
    cleanup_strbuf struct strbuf name = STRBUF_INIT;
    strbuf_add_format(&name, "%.*s.%016llx", OBJECT_NAME_MAX, event->name, (unsigned long long)suffix);
    json_name(w, "metadata");
    json_begin_object(w);
    json_member_string(w, "name", strbuf_string(&name));
    json_member_string(w, "namespace", event_namespace(event));
    json_end_object(w);
}

static void write_object(struct json_writer *w, const struct kube_event *event)
{
    json_name(w, "involvedObject");
    json_begin_object(w);
    json_member_string(w, "kind", event->kind);
    json_member_string(w, "apiVersion", event->api_version);
    if (event->namespace && *event->namespace)
        json_member_string(w, "namespace", event->namespace);
    json_member_string(w, "name", event->name);
    if (event->uid)
        json_member_string(w, "uid", event->uid);
    json_end_object(w);
}

static void write_message(struct json_writer *w, const char *message)
{
    json_name(w, "message");
    json_add_string_length(w, message, kube_message_fit(message, strlen(message), MESSAGE_MAX));
}

static char *event_text(const struct kube_event *event)
{
    cleanup_strbuf struct strbuf out = STRBUF_INIT;
    struct json_writer w = {.out = &out};
    char now[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(clock_wall_s(), now);
    json_begin_object(&w);
    json_member_string(&w, "apiVersion", "v1");
    json_member_string(&w, "kind", "Event");
    write_metadata(&w, event);
    write_object(&w, event);
    json_member_string(&w, "reason", event->reason);
    write_message(&w, event->message);
    json_member_string(&w, "type", event->warning ? "Warning" : "Normal");
    json_name(&w, "source");
    json_begin_object(&w);
    json_member_string(&w, "component", event->component);
    json_end_object(&w);
    json_member_string(&w, "reportingComponent", event->component);
    json_member_string(&w, "firstTimestamp", now);
    json_member_string(&w, "lastTimestamp", now);
    json_member_int(&w, "count", 1);
    json_end_object(&w);
    return strbuf_steal(&out);
}

static char *events_path(const struct kube_event *event)
{
    cleanup_free char *namespace = kube_path_escape(event_namespace(event));
    char *path = NULL;
    return namespace && asprintf(&path, "/api/v1/namespaces/%s/events", namespace) >= 0 ? path : NULL;
}

int kube_event_post(struct kube_client *client, const struct kube_event *event, struct error *error)
{
    uint64_t hash = event_hash(event);
    int64_t now_ms = clock_now_ms();
    if (told_lately(*kube_client_event_memory(client), hash, now_ms))
        return 0;
    cleanup_free char *path = events_path(event);
    cleanup_free char *text = event_text(event);
    if (!path || !text) {
        error_set(error, "out of memory");
        return KUBE_FAILED;
    }
    int status = kube_call(client, "POST", path, NULL, text, 0, NULL, error);
    if (status >= 200 && status < 300)
        remember(client, hash, now_ms);
    return status;
}
