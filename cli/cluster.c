#include "cli/cluster.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/strbuf.h"

#include <string.h>

#define USER_AGENT         "kubectl-iotedge/" VERSION
#define DEFAULT_CONNECTOR  "default/iot-edge-connector"
#define CONNECTOR_VARIABLE "IOT_EDGE_CONNECTOR"
#define PORT_NAME          "api"
#define WEBHOOKS           "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/iot-edge-connector"
/* The Service chooses a replica each time: of two, another than the leader comes so often in a row once in a thousand.
 */
#define TRIES   10
#define WAIT_MS 30000

void cluster_connection_release(struct cluster_connection *cluster)
{
    kube_client_free(cluster->kube);
    kube_access_free(cluster->access);
    free(cluster->service_namespace);
    free(cluster->service);
    free(cluster->leader_path);
    *cluster = (struct cluster_connection)CLUSTER_CONNECTION_INIT;
}

/* kubectl can use what we cannot, such as credential plugins: through it there is always a way. */
static int tell_other_way(const struct options *options, struct error *error)
{
    cleanup_free char *reason = error->message ? strdup(error->message) : NULL;

    if (options->server || !reason)
        return -1;
    return error_set(error, "%s; while `kubectl proxy` runs, --server http://127.0.0.1:8001 needs no kubeconfig",
                     reason);
}

int cluster_connect(const struct options *options, struct cluster_connection *cluster, struct error *error)
{
    const struct kube_access_choice choice = {options->kubeconfig, options->context, options->server};

    if (kube_access_choose(&choice, &cluster->access, error) < 0)
        return tell_other_way(options, error);
    cluster->namespace = options->namespace ? options->namespace : kube_access_context_namespace(cluster->access);
    if (!cluster->namespace)
        cluster->namespace = "default";
    if (options->all_namespaces)
        cluster->namespace = NULL;
    return kube_client_new(cluster->access, USER_AGENT, &cluster->kube, error);
}

char *cluster_connector_path(const char *what, const char *namespace, const char *name)
{
    cleanup_strbuf struct strbuf path = STRBUF_INIT;
    cleanup_free char *escaped_namespace = kube_path_escape(namespace ? namespace : "");
    cleanup_free char *escaped_name = kube_path_escape(name ? name : "");

    if (!escaped_namespace || !escaped_name)
        return NULL;
    strbuf_add_format(&path, "/api/v1/%s", what);
    if (namespace)
        strbuf_add_format(&path, "?namespace=%s", escaped_namespace);
    if (name)
        strbuf_add_format(&path, "%cname=%s", namespace ? '&' : '?', escaped_name);
    return strbuf_steal(&path);
}

/* --- where the connector is ------------------------------------------------------------------- */

static int take_address(struct cluster_connection *cluster, const char *address, struct error *error)
{
    const char *slash = strchr(address, '/');

    if (!slash || slash == address || !slash[1] || strchr(slash + 1, '/'))
        return error_set(error, "the connector's Service must be NAMESPACE/NAME, not \"%s\"", address);
    cluster->service_namespace = strndup(address, (size_t)(slash - address));
    cluster->service = strdup(slash + 1);
    return cluster->service_namespace && cluster->service ? 0 : error_set(error, "no memory left");
}

/* The one to which the API server turns with its reviews, when we may see that. */
static char *find_address(struct cluster_connection *cluster)
{
    cleanup_json cJSON *webhooks = NULL;
    char *address = NULL;

    if (kube_call(cluster->kube, "GET", WEBHOOKS, NULL, NULL, 0, &webhooks, NULL) != 200)
        return strdup(DEFAULT_CONNECTOR);
    const cJSON *service =
        json_at(cJSON_GetArrayItem(json_get(webhooks, "webhooks"), 0), "clientConfig", "service", NULL);

    if (!json_string(service, "namespace") || !json_string(service, "name"))
        return strdup(DEFAULT_CONNECTOR);
    if (asprintf(&address, "%s/%s", json_string(service, "namespace"), json_string(service, "name")) < 0)
        return NULL;
    return address;
}

static int find_connector(struct cluster_connection *cluster, const struct options *options, struct error *error)
{
    const char *said = options->connector ? options->connector : getenv(CONNECTOR_VARIABLE);
    cleanup_free char *found = said && *said ? strdup(said) : find_address(cluster);

    if (cluster->service)
        return 0;
    return found ? take_address(cluster, found, error) : error_set(error, "no memory left");
}

/* --- asking ----------------------------------------------------------------------------------- */

/* The beginning of a path to the Service, or to a pod: the API server does not verify the certificate behind it. */
static char *proxy_path(const struct cluster_connection *cluster, const char *kind, const char *name, const char *port)
{
    cleanup_free char *namespace = kube_path_escape(cluster->service_namespace);
    cleanup_free char *escaped = kube_path_escape(name);
    char *path = NULL;

    if (!namespace || !escaped ||
        asprintf(&path, "/api/v1/namespaces/%s/%s/https:%s:%s/proxy", namespace, kind, escaped, port) < 0)
        return NULL;
    return path;
}

/* Returns the HTTP status, or a negative number. */
static int get(struct cluster_connection *cluster, const char *base, const char *path, cJSON **ret_answer,
               struct error *error)
{
    cleanup_free char *whole = NULL;

    if (!base || asprintf(&whole, "%s%s", base, path) < 0) {
        whole = NULL;
        return error_set(error, "no memory left");
    }
    return kube_call(cluster->kube, "GET", whole, NULL, NULL, WAIT_MS, ret_answer, error);
}

/* Whether it comes from a replica that leads. */
static bool is_leaders(int status, const cJSON *answer)
{
    if (status == 503 && strstr(json_string_or(answer, "message", ""), "does not lead"))
        return false;
    return !cJSON_IsFalse(json_get(answer, "leading"));
}

/* The pod that leads: its name begins the identity in the Lease. */
static char *leader_path(const struct cluster_connection *cluster, const cJSON *status)
{
    const char *leader = json_string(status, "leader");
    cleanup_free char *pod = leader ? strndup(leader, strcspn(leader, "_")) : NULL;
    cleanup_free char *port = NULL;
    int64_t number;

    if (!pod || !json_int64(status, "port", &number) || asprintf(&port, "%lld", (long long)number) < 0) {
        port = NULL;
        return NULL;
    }
    return proxy_path(cluster, "pods", pod, port);
}

/* Each try reaches some replica. 0 with the leader's answer; 1 when another one answered each time. */
static int ask_service(struct cluster_connection *cluster, const char *path, cJSON **ret_answer, struct error *error)
{
    cleanup_free char *base = proxy_path(cluster, "services", cluster->service, PORT_NAME);

    for (unsigned i = 0; i < TRIES; i++) {
        cleanup_json cJSON *answer = NULL;
        cleanup_error struct error reason = {NULL};
        int status = get(cluster, base, path, &answer, &reason);

        if (status == 200 && is_leaders(status, answer)) {
            *ret_answer = steal_ptr(answer);
            return 0;
        }
        if (status != 200 && is_leaders(status, answer))
            return error_set(error, "the connector cannot be asked: %s", error_message(&reason));
    }
    return 1;
}

/* The leader itself, when the Service did not lead to it. */
static int ask_leader(struct cluster_connection *cluster, const char *path, cJSON **ret_answer, struct error *error)
{
    cleanup_free char *base = proxy_path(cluster, "services", cluster->service, PORT_NAME);
    cleanup_json cJSON *status = NULL;
    cleanup_error struct error reason = {NULL};

    if (!cluster->leader_path && get(cluster, base, "/api/v1/status", &status, &reason) == 200)
        cluster->leader_path = leader_path(cluster, status);
    if (!cluster->leader_path)
        return error_set(error, "no replica of the connector leads at present: it waits for the Lease");
    if (get(cluster, cluster->leader_path, path, ret_answer, &reason) != 200)
        return error_set(error, "the Service leads to replicas that do not lead; %s does, and cannot be asked: %s",
                         json_string_or(status, "leader", "another one"), error_message(&reason));
    if (!is_leaders(200, *ret_answer))
        return error_set(error, "no replica of the connector leads at present: it waits for the Lease");
    return 0;
}

int cluster_ask_connector(struct cluster_connection *cluster, const struct options *options, const char *path,
                          cJSON **ret_answer, struct error *error)
{
    int result = 1;

    if (find_connector(cluster, options, error) < 0)
        return -1;
    if (!cluster->leader_path)
        result = ask_service(cluster, path, ret_answer, error);
    return result == 1 ? ask_leader(cluster, path, ret_answer, error) : result;
}
