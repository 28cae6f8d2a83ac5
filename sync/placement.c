#include "sync/placement.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the API server fills in. */
#define DEFAULT_SURGE "25%"
#define MAX_PERCENT   100000

/* Whether a living pod is on that hub, or is sent there by one of the first `decided` decisions. */
static bool hub_taken(int hub, const struct placement_pod *pods, size_t pod_count,
                      const struct placement_decision *decisions, size_t decided)
{
    for (size_t i = 0; i < pod_count; i++)
        if (!pods[i].terminating && !pods[i].gated && pods[i].hub == hub)
            return true;
    for (size_t i = 0; i < decided; i++)
        if (decisions[i].action == PLACEMENT_PIN && decisions[i].hub == hub)
            return true;
    return false;
}

/* The first free hub that admits the template, among those that hold the Deployment or among all; -1 when there is
 * none. */
static int hub_choose(const struct placement_hub *hubs, size_t hub_count, bool must_hold,
                      const struct placement_pod *pods, size_t pod_count, const struct placement_decision *decisions,
                      size_t decided)
{
    for (size_t i = 0; i < hub_count; i++) {
        if (!hubs[i].admits || (must_hold && !hubs[i].holds))
            continue;
        if (!hub_taken((int)i, pods, pod_count, decisions, decided))
            return (int)i;
    }
    return -1;
}

static bool any_holds(const struct placement_hub *hubs, size_t hub_count)
{
    for (size_t i = 0; i < hub_count; i++)
        if (hubs[i].admits && hubs[i].holds)
            return true;
    return false;
}

/* "25%" or a number, of so many; a part of a pod counts as one. */
static size_t surge_of(const cJSON *surge, size_t replicas)
{
    unsigned long percent;
    char *end;

    if (cJSON_IsNumber(surge))
        return surge->valuedouble > 0 && surge->valuedouble < (double)INT32_MAX ? (size_t)surge->valuedouble : 0;
    percent = strtoul(cJSON_IsString(surge) ? surge->valuestring : DEFAULT_SURGE, &end, 10);
    return percent <= MAX_PERCENT ? (replicas * percent + 99) / 100 : 0;
}

size_t placement_most_pods(const cJSON *deployment)
{
    const cJSON *spec = json_get(deployment, "spec");
    const cJSON *strategy = json_get(spec, "strategy");
    int64_t replicas;
    size_t most;

    if (!json_int64(spec, "replicas", &replicas) || replicas < 0)
        replicas = 1;
    most = (size_t)replicas;
    if (strcmp(json_string_or(strategy, "type", "RollingUpdate"), "RollingUpdate") != 0)
        return most;
    return most + surge_of(json_get(json_get(strategy, "rollingUpdate"), "maxSurge"), most);
}

static size_t count_living(const struct placement_pod *pods, size_t count)
{
    size_t living = 0;

    for (size_t i = 0; i < count; i++)
        living += !pods[i].terminating;
    return living;
}

void placement_decide(const struct placement_hub *hubs, size_t hub_count, const struct placement_pod *pods,
                      size_t pod_count, size_t most, struct placement_decision *decisions)
{
    bool one_is_going = count_living(pods, pod_count) > most;

    for (size_t i = 0; i < pod_count; i++) {
        decisions[i] = (struct placement_decision){PLACEMENT_KEEP, pods[i].hub};
        if (pods[i].terminating || !pods[i].gated)
            continue;
        int hub = hub_choose(hubs, hub_count, true, pods, pod_count, decisions, i);

        if (hub < 0 && one_is_going && any_holds(hubs, hub_count))
            continue;
        if (hub < 0)
            hub = hub_choose(hubs, hub_count, false, pods, pod_count, decisions, i);
        decisions[i] = (struct placement_decision){hub < 0 ? PLACEMENT_RELEASE : PLACEMENT_PIN, hub};
    }
}

static const cJSON *first_of(const cJSON *list)
{
    return list ? list->child : NULL;
}

static bool values_contain(const cJSON *values, const char *text)
{
    for (const cJSON *value = first_of(values); value; value = value->next)
        if (cJSON_IsString(value) && strcmp(value->valuestring, text) == 0)
            return true;
    return false;
}

static bool integer_read(const char *text, long long *ret_value)
{
    char *end;

    if (!text || !*text || *text == ' ')
        return false;
    errno = 0;
    *ret_value = strtoll(text, &end, 10);
    return !*end && errno == 0;
}

/* Gt and Lt take exactly one value, and both sides must be whole numbers. */
static bool integer_compare(const char *actual, const cJSON *values, bool greater)
{
    const cJSON *bound = cJSON_GetArraySize(values) == 1 ? first_of(values) : NULL;
    long long left, right;

    if (!integer_read(actual, &left) || !integer_read(cJSON_GetStringValue(bound), &right))
        return false;
    return greater ? left > right : left < right;
}

/* A requirement of a node selector, with the meaning it has for the scheduler (k8s.io/apimachinery,
 * labels.Requirement): NotIn admits a node that lacks the label. */
static bool requirement_admits(const cJSON *requirement, const char *actual)
{
    const char *how = json_string_or(requirement, "operator", "");
    const cJSON *values = json_get(requirement, "values");

    if (strcmp(how, "In") == 0)
        return actual && values_contain(values, actual);
    if (strcmp(how, "NotIn") == 0)
        return !actual || !values_contain(values, actual);
    if (strcmp(how, "Exists") == 0)
        return actual;
    if (strcmp(how, "DoesNotExist") == 0)
        return !actual;
    if (strcmp(how, "Gt") == 0)
        return integer_compare(actual, values, true);
    if (strcmp(how, "Lt") == 0)
        return integer_compare(actual, values, false);
    return false;
}

static bool expressions_admit(const cJSON *expressions, const cJSON *node_labels)
{
    for (const cJSON *expression = first_of(expressions); expression; expression = expression->next) {
        const char *key = json_string(expression, "key");

        if (!key || !requirement_admits(expression, json_string(node_labels, key)))
            return false;
    }
    return true;
}

/* The only field is metadata.name; our nodes carry their name in the hostname label. */
static bool fields_admit(const cJSON *fields, const cJSON *node_labels)
{
    const char *node_name = json_string(node_labels, "kubernetes.io/hostname");

    for (const cJSON *field = first_of(fields); field; field = field->next) {
        if (strcmp(json_string_or(field, "key", ""), "metadata.name") != 0 || !requirement_admits(field, node_name))
            return false;
    }
    return true;
}

/* A term without requirements admits nothing. */
static bool term_admits(const cJSON *term, const cJSON *node_labels)
{
    const cJSON *expressions = json_get(term, "matchExpressions"), *fields = json_get(term, "matchFields");

    if (cJSON_GetArraySize(expressions) == 0 && cJSON_GetArraySize(fields) == 0)
        return false;
    return expressions_admit(expressions, node_labels) && fields_admit(fields, node_labels);
}

static bool affinity_admits(const cJSON *spec, const cJSON *node_labels)
{
    const cJSON *required =
        json_at(spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", NULL);

    if (!cJSON_IsObject(required))
        return true;
    for (const cJSON *term = first_of(json_get(required, "nodeSelectorTerms")); term; term = term->next)
        if (term_admits(term, node_labels))
            return true;
    return false;
}

static bool selector_admits(const cJSON *selector, const cJSON *node_labels)
{
    for (const cJSON *wanted = first_of(selector); wanted; wanted = wanted->next) {
        const char *actual = json_string(node_labels, wanted->string);

        if (!cJSON_IsString(wanted) || !actual || strcmp(wanted->valuestring, actual) != 0)
            return false;
    }
    return true;
}

bool placement_admits(const cJSON *template, const cJSON *node_labels)
{
    const cJSON *spec = json_get(template, "spec");

    return selector_admits(json_get(spec, "nodeSelector"), node_labels) && affinity_admits(spec, node_labels);
}
