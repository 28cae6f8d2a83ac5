#include "cli/hub_connection.h"

#include "common/cleanup.h"
#include "common/json.h"

#include <string.h>
#include <sys/mman.h>

#define USER_AGENT "kubectl-iotedge/" VERSION
#define VARIABLE   "HUB_CONNECTION_STRING"
#define OWNER_PATH "/api/v1/namespaces/kube-system"

void hub_connection_release(struct hub_connection *hub)
{
    iothub_client_free(hub->client);
    free(hub->owner);
    if (hub->connection_string_descriptor >= 0)
        close(hub->connection_string_descriptor);
    *hub = (struct hub_connection)HUB_CONNECTION_INIT;
}

/* The client reads a file each time: what the environment says becomes one that has no name and no place on a disk. */
static char *keep_in_memory(struct hub_connection *hub, const char *text, struct error *error)
{
    char *path = NULL;
    size_t length = strlen(text);

    hub->connection_string_descriptor = memfd_create("connection-string", MFD_CLOEXEC);
    if (hub->connection_string_descriptor < 0 ||
        write(hub->connection_string_descriptor, text, length) != (ssize_t)length ||
        asprintf(&path, "/proc/self/fd/%d", hub->connection_string_descriptor) < 0) {
        error_set(error, "%s cannot be kept in memory", VARIABLE);
        return NULL;
    }
    return path;
}

static char *find_connection_string(const struct options *options, struct hub_connection *hub, struct error *error)
{
    const char *text = getenv(VARIABLE);

    if (options->connection_string_file)
        return strdup(options->connection_string_file);
    if (text && *text)
        return keep_in_memory(hub, text, error);
    error_set(error, "no key to the hub is given: --connection-string-file FILE, or the variable " VARIABLE);
    return NULL;
}

static int find_owner(const struct options *options, struct cluster_connection *cluster, struct hub_connection *hub,
                      struct error *error)
{
    cleanup_json cJSON *namespace = NULL;
    const char *owner = options->owner;

    if (!owner && kube_call(cluster->kube, "GET", OWNER_PATH, NULL, NULL, 0, &namespace, error) != 200)
        return error_wrap(error, "whose configurations are the connector's cannot be told (--owner OWNER can)");
    if (!owner)
        owner = json_string(json_get(namespace, "metadata"), "uid");
    hub->owner = owner ? strdup(owner) : NULL;
    return hub->owner ? 0 : error_set(error, "the namespace kube-system has no uid");
}

int hub_connect(const struct options *options, struct cluster_connection *cluster, struct hub_connection *hub,
                struct error *error)
{
    cleanup_free char *file = find_connection_string(options, hub, error);
    const struct iothub_client_options client = {
        .connection_string_file = file, .ca_file = options->ca_file, .user_agent = USER_AGENT};

    if (!file || iothub_client_new(&client, &hub->client, error) < 0)
        return -1;
    if (cluster_connect(options, cluster, error) < 0)
        return -1;
    return find_owner(options, cluster, hub, error);
}
