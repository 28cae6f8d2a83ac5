#include "kube/lease.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"

#include <string.h>

/* A conflict or a deletion between two calls is answered by looking again, so many times. */
#define MAX_ROUNDS 4

struct kube_lease {
    char *path;       /* of the Lease */
    char *collection; /* where it is created */
    char *namespace, *name, *holder;
    unsigned duration_s;
    char *owner_name, *owner_uid; /* or NULL */

    cJSON *object; /* as last seen; NULL: not seen yet, or it is gone */
    bool stale;    /* object can't be written any more: look again first */
    bool held;     /* we wrote it as ours, and nobody else was seen to hold it since */
    bool others;   /* another one was seen to hold it, and not to let go: he may think so yet */
    cJSON *wanted; /* annotations that have not gone out yet; null removes */

    /* What shows that the holder is alive, and since when we know it, on clock_now_ms. */
    char *sign;
    int64_t sign_ms;
};

static inline void cleanup_kube_lease_pointer(struct kube_lease **lease)
{
    kube_lease_free(*lease);
}

static char *copy_or_null(const char *text)
{
    return text ? strdup(text) : NULL;
}

static int make_paths(struct kube_lease *lease)
{
    lease->collection = kube_object_path("/apis/coordination.k8s.io/v1", lease->namespace, "leases", NULL);
    lease->path = kube_object_path("/apis/coordination.k8s.io/v1", lease->namespace, "leases", lease->name);
    return lease->collection && lease->path ? 0 : -1;
}

int kube_lease_new(const struct kube_lease_options *options, struct kube_lease **ret_lease, struct error *error)
{
    __attribute__((cleanup(cleanup_kube_lease_pointer))) struct kube_lease *lease = calloc(1, sizeof(*lease));
    if (!lease)
        return error_set(error, "out of memory");
    lease->namespace = strdup(options->namespace);
    lease->name = strdup(options->name);
    lease->holder = strdup(options->holder);
    lease->duration_s = options->duration_s;
    lease->owner_name = copy_or_null(options->owner_node_name);
    lease->owner_uid = copy_or_null(options->owner_node_uid);
    lease->wanted = cJSON_CreateObject();
    if (!lease->namespace || !lease->name || !lease->holder || !lease->wanted ||
        (options->owner_node_name && !lease->owner_name) || (options->owner_node_uid && !lease->owner_uid) ||
        make_paths(lease) < 0)
        return error_set(error, "out of memory");
    *ret_lease = steal_ptr(lease);
    return 0;
}

void kube_lease_free(struct kube_lease *lease)
{
    if (!lease)
        return;
    free(lease->path);
    free(lease->collection);
    free(lease->namespace);
    free(lease->name);
    free(lease->holder);
    free(lease->owner_name);
    free(lease->owner_uid);
    free(lease->sign);
    cJSON_Delete(lease->object);
    cJSON_Delete(lease->wanted);
    free(lease);
}

const char *kube_lease_holder(const struct kube_lease *lease)
{
    const char *holder = json_string(json_get(lease->object, "spec"), "holderIdentity");
    return holder && *holder ? holder : NULL;
}

const char *kube_lease_annotation(const struct kube_lease *lease, const char *name)
{
    return json_string(json_at(lease->object, "metadata", "annotations", NULL), name);
}

const char *kube_lease_uid(const struct kube_lease *lease)
{
    return json_string(json_get(lease->object, "metadata"), "uid");
}

/* Puts a member in place of another of its name. Takes item; NULL means that there was no memory for it. */
static int set_member(cJSON *object, const char *name, cJSON *item)
{
    if (!item)
        return -1;
    cJSON_DeleteItemFromObjectCaseSensitive(object, name);
    if (cJSON_AddItemToObject(object, name, item))
        return 0;
    cJSON_Delete(item);
    return -1;
}

/* The member of that name as an object, made when it is missing. */
static cJSON *object_member(cJSON *object, const char *name)
{
    cJSON *member = json_get(object, name);
    if (cJSON_IsObject(member))
        return member;
    return set_member(object, name, cJSON_CreateObject()) < 0 ? NULL : json_get(object, name);
}

int kube_lease_set_annotation(struct kube_lease *lease, const char *name, const char *value)
{
    return set_member(lease->wanted, name, value ? cJSON_CreateString(value) : cJSON_CreateNull());
}

int kube_lease_set_owner_uid(struct kube_lease *lease, const char *uid)
{
    char *copy = strdup(uid);
    if (!copy)
        return -1;
    free(lease->owner_uid);
    lease->owner_uid = copy;
    return 0;
}

static int put_annotations(const struct kube_lease *lease, cJSON *metadata)
{
    if (!lease->wanted->child)
        return 0;
    cJSON *annotations = object_member(metadata, "annotations");
    if (!annotations)
        return -1;
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, lease->wanted)
    {
        if (cJSON_IsNull(item))
            cJSON_DeleteItemFromObjectCaseSensitive(annotations, item->string);
        else if (set_member(annotations, item->string, cJSON_Duplicate(item, true)) < 0)
            return -1;
    }
    return 0;
}

static int put_owner(const struct kube_lease *lease, cJSON *metadata)
{
    if (!lease->owner_name || !lease->owner_uid)
        return 0;
    cJSON *references = cJSON_CreateArray();
    if (set_member(metadata, "ownerReferences", references) < 0)
        return -1;
    cJSON *reference = cJSON_CreateObject();
    if (!cJSON_AddItemToArray(references, reference)) {
        cJSON_Delete(reference);
        return -1;
    }
    return cJSON_AddStringToObject(reference, "apiVersion", "v1") &&
                   cJSON_AddStringToObject(reference, "kind", "Node") &&
                   cJSON_AddStringToObject(reference, "name", lease->owner_name) &&
                   cJSON_AddStringToObject(reference, "uid", lease->owner_uid)
               ? 0
               : -1;
}

static int64_t wall_micro(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* holder NULL lets go; taking says that the holder changes. */
static int put_spec(const struct kube_lease *lease, cJSON *spec, const char *holder, bool taking)
{
    char now[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339_micro(wall_micro(), now);
    int64_t transitions = 0;
    bool has_transitions = json_int64(spec, "leaseTransitions", &transitions);
    if (set_member(spec, "leaseDurationSeconds", cJSON_CreateNumber(lease->duration_s)) < 0 ||
        set_member(spec, "renewTime", cJSON_CreateString(now)) < 0)
        return -1;
    if (!holder) {
        cJSON_DeleteItemFromObjectCaseSensitive(spec, "holderIdentity");
        return 0;
    }
    if (set_member(spec, "holderIdentity", cJSON_CreateString(holder)) < 0)
        return -1;
    if (!taking)
        return 0;
    double count = (double)(has_transitions ? transitions + 1 : 0);
    return set_member(spec, "acquireTime", cJSON_CreateString(now)) < 0 ||
                   set_member(spec, "leaseTransitions", cJSON_CreateNumber(count)) < 0
               ? -1
               : 0;
}

/* The text of the Lease as it shall become, from what was seen of it (NULL: nothing). */
static char *lease_text(const struct kube_lease *lease, const cJSON *seen, const char *holder, bool taking)
{
    cleanup_json cJSON *object = seen ? cJSON_Duplicate(seen, true) : cJSON_CreateObject();
    if (!object)
        return NULL;
    if (!seen && (!cJSON_AddStringToObject(object, "apiVersion", "coordination.k8s.io/v1") ||
                  !cJSON_AddStringToObject(object, "kind", "Lease")))
        return NULL;
    cJSON *metadata = object_member(object, "metadata");
    cJSON *spec = object_member(object, "spec");
    if (!metadata || !spec)
        return NULL;
    if (!seen && (set_member(metadata, "name", cJSON_CreateString(lease->name)) < 0 ||
                  set_member(metadata, "namespace", cJSON_CreateString(lease->namespace)) < 0))
        return NULL;
    if (put_annotations(lease, metadata) < 0 || put_owner(lease, metadata) < 0 ||
        put_spec(lease, spec, holder, taking) < 0)
        return NULL;
    return cJSON_PrintUnformatted(object);
}

/* A renewal by whoever holds it changes this text, and nothing else does. */
static char *sign_of_life(const cJSON *object)
{
    const cJSON *spec = json_get(object, "spec");
    int64_t transitions = 0;
    json_int64(spec, "leaseTransitions", &transitions);
    char *sign = NULL;
    if (asprintf(&sign, "%s %s %lld", json_string_or(spec, "renewTime", ""), json_string_or(spec, "holderIdentity", ""),
                 (long long)transitions) < 0)
        return NULL;
    return sign;
}

/* Takes over what the server said. */
static int observe(struct kube_lease *lease, cJSON *object, struct error *error)
{
    char *sign = sign_of_life(object);
    if (!sign) {
        cJSON_Delete(object);
        return error_set(error, "out of memory");
    }
    if (!lease->sign || strcmp(lease->sign, sign) != 0)
        lease->sign_ms = clock_now_ms();
    free(lease->sign);
    lease->sign = sign;
    cJSON_Delete(lease->object);
    lease->object = object;
    lease->stale = false;
    return 0;
}

static void forget(struct kube_lease *lease)
{
    cJSON_Delete(lease->object);
    lease->object = NULL;
    lease->stale = false;
}

static bool is_ours(const struct kube_lease *lease)
{
    const char *holder = kube_lease_holder(lease);
    return holder && !strcmp(holder, lease->holder);
}

/* By our own clock, since we saw the last change: the clocks of two machines need not agree. */
static bool is_expired(const struct kube_lease *lease)
{
    int64_t duration_s = 0;
    if (!json_int64(json_get(lease->object, "spec"), "leaseDurationSeconds", &duration_s) || duration_s <= 0)
        duration_s = lease->duration_s;
    return clock_now_ms() - lease->sign_ms >= duration_s * 1000;
}

/* Within what is left of the time. Returns as kube_call. */
static int call(struct kube_client *client, const char *method, const char *path, const char *body, int64_t deadline_ms,
                cJSON **ret_object, struct error *error)
{
    int64_t left_ms = deadline_ms - clock_now_ms();
    if (left_ms <= 0) {
        error_set(error, "%s %s: no time is left", method, path);
        return KUBE_FAILED;
    }
    return kube_call(client, method, path, NULL, body, (unsigned)left_ms, ret_object, error);
}

enum outcome { OUTCOME_FAILED = -1, OUTCOME_DONE, OUTCOME_AGAIN };

/* What an answer to a write or a read means; its object is taken over. */
static enum outcome settle(struct kube_lease *lease, int status, cJSON **object, struct error *error)
{
    if (status >= 200 && status < 300)
        return observe(lease, steal_ptr(*object), error) < 0 ? OUTCOME_FAILED : OUTCOME_DONE;
    if (status == 404)
        forget(lease);
    else if (status == 409)
        lease->stale = true;
    return status == 404 || status == 409 ? OUTCOME_AGAIN : OUTCOME_FAILED;
}

static enum outcome read_lease(struct kube_lease *lease, struct kube_client *client, int64_t deadline_ms,
                               struct error *error)
{
    cleanup_json cJSON *object = NULL;
    int status = call(client, "GET", lease->path, NULL, deadline_ms, &object, error);
    return settle(lease, status, &object, error);
}

static enum outcome write_lease(struct kube_lease *lease, struct kube_client *client, const char *holder, bool taking,
                                int64_t deadline_ms, struct error *error)
{
    cleanup_json cJSON *object = NULL;
    cleanup_free char *text = lease_text(lease, lease->object, holder, taking);
    if (!text) {
        error_set(error, "out of memory");
        return OUTCOME_FAILED;
    }
    bool create = !lease->object;
    int status = call(client, create ? "POST" : "PUT", create ? lease->collection : lease->path, text, deadline_ms,
                      &object, error);
    enum outcome outcome = settle(lease, status, &object, error);
    while (outcome == OUTCOME_DONE && lease->wanted->child)
        cJSON_DeleteItemFromArray(lease->wanted, 0);
    /* The namespace of a Lease that can't be created is missing; that does not get better by looking again. */
    return create && status == 404 ? OUTCOME_FAILED : outcome;
}

/* What is remembered can be written only when it is ours; of another's we need the latest. */
static enum outcome look(struct kube_lease *lease, struct kube_client *client, int64_t deadline_ms, struct error *error)
{
    if (lease->object && is_ours(lease) && !lease->stale)
        return OUTCOME_DONE;
    enum outcome outcome = read_lease(lease, client, deadline_ms, error);
    /* It is not there: writing creates it. */
    return outcome == OUTCOME_AGAIN && !lease->object ? OUTCOME_DONE : outcome;
}

static enum kube_lease_result renew_round(struct kube_lease *lease, struct kube_client *client, int64_t deadline_ms,
                                          bool *taken_over, enum outcome *ret_outcome, struct error *error)
{
    *ret_outcome = look(lease, client, deadline_ms, error);
    if (*ret_outcome != OUTCOME_DONE)
        return KUBE_LEASE_FAILED;
    bool ours = is_ours(lease);
    bool let_go = lease->object && !kube_lease_holder(lease);
    lease->held = lease->held && ours;
    lease->others = !let_go && (lease->others || (lease->object && !ours));
    if (lease->object && !ours && !let_go && !is_expired(lease))
        return KUBE_LEASE_HELD_BY_OTHER;
    *taken_over = !lease->held && (lease->others || ours);
    *ret_outcome = write_lease(lease, client, lease->holder, !ours, deadline_ms, error);
    if (*ret_outcome == OUTCOME_DONE) {
        lease->held = true;
        lease->others = false;
    }
    return *ret_outcome == OUTCOME_DONE ? KUBE_LEASE_OURS : KUBE_LEASE_FAILED;
}

enum kube_lease_result kube_lease_renew(struct kube_lease *lease, struct kube_client *client, unsigned timeout_ms,
                                        bool *ret_taken_over, struct error *error)
{
    int64_t deadline_ms = clock_now_ms() + timeout_ms;
    cleanup_error struct error trouble = {NULL};
    for (int round = 0; round < MAX_ROUNDS; round++) {
        enum outcome outcome = OUTCOME_FAILED;
        bool taken_over = false;
        enum kube_lease_result result = renew_round(lease, client, deadline_ms, &taken_over, &outcome, &trouble);
        if (result != KUBE_LEASE_FAILED) {
            if (ret_taken_over && result == KUBE_LEASE_OURS)
                *ret_taken_over = taken_over;
            return result;
        }
        if (outcome != OUTCOME_AGAIN)
            break;
    }
    error_set(error, "%s", error_message(&trouble));
    return KUBE_LEASE_FAILED;
}

int kube_lease_let_go(struct kube_lease *lease, struct kube_client *client, unsigned timeout_ms, struct error *error)
{
    int64_t deadline_ms = clock_now_ms() + timeout_ms;
    cleanup_error struct error trouble = {NULL};
    for (int round = 0; round < MAX_ROUNDS; round++) {
        if (!lease->object || !is_ours(lease))
            return 0;
        enum outcome outcome = lease->stale ? read_lease(lease, client, deadline_ms, &trouble)
                                            : write_lease(lease, client, NULL, false, deadline_ms, &trouble);
        if (outcome == OUTCOME_FAILED)
            break;
    }
    if (!lease->object || !is_ours(lease))
        return 0;
    return error_set(error, "%s", error_message(&trouble));
}
