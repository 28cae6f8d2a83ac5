/* When the data of ConfigMaps and Secrets are read, and what follows from the answers. */
#include "server/cluster_private.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "iothub/rate_limit.h"
#include "server/wipe.h"

#include <string.h>

#define APART_MS       200  /* between two readings of one that changes all the time */
#define FIRST_PAUSE_MS 1000 /* after a failure */
#define LAST_PAUSE_MS  60000
#define NO_HURRY_MS    3600000

/* --- when ------------------------------------------------------------------------------------- */

/* Before the watch showed a list nobody would tell of a change; and a list shows for nothing what is not there. */
static bool is_watched(const struct cluster *cluster, const struct cluster_source *source)
{
    return source->kind == CLUSTER_SECRET ? cluster->secrets_listed[source->watch] : cluster->config_maps_listed;
}

/* What is on its way out takes nothing new in, and tells nothing by losing its parts. */
static bool has_living_reader(const struct cluster *cluster, const struct cluster_source *source)
{
    const struct cluster_deployment *deployment = NULL;
    TAILQ_FOREACH(deployment, &cluster->deployments, link)
    {
        if (!deployment->deleting && strcmp(deployment->namespace, source->namespace) == 0 &&
            cluster_deployment_reads(deployment, source->kind, source->name))
            return true;
    }
    return false;
}

/* When it is to be read; INT64_MAX: not at all. */
static int64_t due_ms(const struct cluster_source *source, int64_t absence_ms)
{
    if (source->due)
        return source->read_after_ms;
    if (!source->gone_ms)
        return INT64_MAX;
    int64_t counts_ms = source->gone_ms + absence_ms;
    return counts_ms > source->read_after_ms ? counts_ms : source->read_after_ms;
}

struct cluster_source *cluster_source_next(const struct cluster *cluster, int64_t now_ms, int64_t absence_ms,
                                           int64_t *ret_wait_ms)
{
    struct cluster_source *source = NULL;
    int64_t first_ms = now_ms + NO_HURRY_MS;
    for (int kind = 0; kind < CLUSTER_SOURCE_KINDS; kind++) {
        TAILQ_FOREACH(source, &cluster->stores[kind].list, link)
        {
            int64_t at_ms = due_ms(source, absence_ms);
            if (at_ms >= first_ms && at_ms > now_ms)
                continue;
            if (!is_watched(cluster, source) || (!source->due && !has_living_reader(cluster, source)))
                continue;
            if (at_ms <= now_ms)
                return source;
            first_ms = at_ms;
        }
    }
    *ret_wait_ms = first_ms - now_ms;
    return NULL;
}

/* --- what came of it -------------------------------------------------------------------------- */

static void digest_of(const cJSON *data, bool secret, char digest[CONTENT_HASH_SIZE])
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};
    const cJSON *item = NULL;
    size_t size = 64;
    /* In one piece: what grows leaves pieces behind. */
    cJSON_ArrayForEach(item, data) size +=
        strlen(item->string) + (cJSON_IsString(item) ? strlen(item->valuestring) : 0) + 8;
    strbuf_reserve(&text, size);
    cluster_digest_value(&writer, data);
    cluster_digest_finish(&text, digest);
    if (secret)
        wipe_strbuf(&text);
}

static void note_success(struct cluster_source *source, int64_t now_ms)
{
    free(source->trouble);
    source->trouble = NULL;
    source->failures = 0;
    source->read_after_ms = now_ms + APART_MS;
    source->known = true;
    source->due = false;
}

enum cluster_change cluster_source_found(struct cluster *cluster, struct cluster_source *source, const cJSON *object,
                                         int64_t now_ms)
{
    const cJSON *data = json_get(object, "data");
    char digest[CONTENT_HASH_SIZE];
    bool secret = source->kind == CLUSTER_SECRET;
    cleanup_json cJSON *kept = cJSON_IsObject(data) ? cJSON_Duplicate(data, true) : cJSON_CreateObject();
    cleanup_free char *version = cluster_object_copy(json_get(object, "metadata"), "resourceVersion");
    if (!kept || !version)
        return cluster_source_failed(source, "out of memory, or it has no version", now_ms);
    digest_of(kept, secret, digest);
    bool same = source->data && strcmp(source->digest, digest) == 0;
    if (same) {
        if (secret)
            wipe_json(kept);
        free(source->version);
        source->gone_ms = 0;
    } else {
        cluster_source_forget_data(source);
        memcpy(source->digest, digest, sizeof(digest));
        source->data = steal_ptr(kept);
    }
    source->version = steal_ptr(version);
    note_success(source, now_ms);
    if (!same)
        cluster_source_readers_changed(cluster, source, now_ms);
    return CLUSTER_HUBS_CHANGED; /* also when it is as it was: who reads it waited for the word */
}

enum cluster_change cluster_source_missing(struct cluster *cluster, struct cluster_source *source, bool for_good,
                                           int64_t now_ms)
{
    note_success(source, now_ms);
    if (source->data && !for_good) {
        if (!source->gone_ms)
            source->gone_ms = now_ms;
        return CLUSTER_HUBS_CHANGED;
    }
    cluster_source_forget_data(source);
    cluster_source_readers_changed(cluster, source, now_ms);
    return CLUSTER_HUBS_CHANGED;
}

void cluster_source_postpone(struct cluster_source *source, int64_t until_ms)
{
    source->read_after_ms = until_ms;
}

enum cluster_change cluster_source_failed(struct cluster_source *source, const char *why, int64_t now_ms)
{
    bool news = !source->trouble || strcmp(source->trouble, why) != 0;
    source->read_after_ms = now_ms + FIRST_PAUSE_MS / 2 + backoff_ms(source->failures++, FIRST_PAUSE_MS, LAST_PAUSE_MS);
    if (!news)
        return CLUSTER_SAME;
    free(source->trouble);
    source->trouble = strdup(why);
    return CLUSTER_HUBS_CHANGED;
}
