/* `kubectl iotedge adopt`: puts a configuration into the hands of a Deployment, by its labels alone. */
#include "cli/commands.h"
#include "cli/connector_answer.h"
#include "cli/hub_connection.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "sync/adoption.h"
#include "sync/calls.h"
#include "translate/annotations.h"

#include <string.h>

struct adoption {
    const struct options *options;
    const char *id, *name;
    struct cluster_connection cluster;
    struct hub_connection hub;
    cJSON *deployment;
    struct observed observed;
    const struct observed_configuration *configuration; /* of observed */
};

static void adoption_release(struct adoption *adoption)
{
    observed_release(&adoption->observed);
    cJSON_Delete(adoption->deployment);
    hub_connection_release(&adoption->hub);
    cluster_connection_release(&adoption->cluster);
}

#define cleanup_adoption __attribute__((cleanup(adoption_release)))

/* --- what is there ---------------------------------------------------------------------------- */

/* Returns the HTTP status, or a negative number. */
static int get_deployment(struct adoption *adoption, const char *namespace, const char *name, cJSON **ret_deployment,
                          struct error *error)
{
    cleanup_free char *path = kube_object_path("/apis/apps/v1", namespace, "deployments", name);

    if (!path)
        return error_set(error, "no memory left");
    return kube_call(adoption->cluster.kube, "GET", path, NULL, NULL, 0, ret_deployment, error);
}

static int read_deployment(struct adoption *adoption, struct error *error)
{
    const char *namespace = adoption->cluster.namespace;

    if (get_deployment(adoption, namespace, adoption->name, &adoption->deployment, error) != 200)
        return -1;
    if (!deployment_is_edge(adoption->deployment))
        return error_set(
            error, "Deployment %s/%s is no edge Deployment: its pod template lacks " ANNOTATION_IS_EDGE ": \"true\"",
            namespace, adoption->name);
    if (json_get(json_get(adoption->deployment, "metadata"), "deletionTimestamp"))
        return error_set(error, "Deployment %s/%s is being deleted", namespace, adoption->name);
    return 0;
}

static int read_configuration(struct adoption *adoption, struct error *error)
{
    cJSON *configuration = NULL;

    if (iothub_configuration_get(adoption->hub.client, adoption->id, &configuration, error) != IOTHUB_OK)
        return -1;
    if (observed_put_whole(&adoption->observed, adoption->id, configuration, adoption->hub.owner,
                           adoption->options->hub, error) < 0)
        return -1;
    adoption->configuration = observed_find(&adoption->observed, adoption->id);
    return adoption->configuration ? 0 : error_set(error, "the hub answered with another configuration");
}

/* --- whether it may be ------------------------------------------------------------------------ */

/* Ours, of a Deployment that may be there still. */
static int check_claimant(struct adoption *adoption, struct error *error)
{
    const struct ownership *owned = &adoption->configuration->ownership;
    cleanup_json cJSON *claimant = NULL;
    cleanup_error struct error reason = {NULL};

    if (!owned->namespace || !owned->name)
        return error_set(error, "configuration %s is the connector's own and no Deployment's", adoption->id);
    int status = get_deployment(adoption, owned->namespace, owned->name, &claimant, &reason);

    if (status == 200 && deployment_is_edge(claimant))
        return error_set(error, "configuration %s is Deployment %s/%s's", adoption->id, owned->namespace, owned->name);
    if (status != 200 && status != 404)
        return error_set(error, "whether Deployment %s/%s is there, whose configuration it is, cannot be told: %s",
                         owned->namespace, owned->name, error_message(&reason));
    return 0;
}

/* 0: it may; 1: nothing is to be done; -1: it may not. */
static int check(struct adoption *adoption, struct error *error)
{
    const struct observed_configuration *configuration = adoption->configuration;
    const char *owner = configuration->ownership.owner;
    const char *namespace = adoption->cluster.namespace;

    if (observed_is_of(configuration, namespace, adoption->name))
        return 1;
    if (owner && strcmp(owner, adoption->hub.owner) != 0)
        return error_set(error, "configuration %s is another connector's: its label " LABEL_OWNER " says %s",
                         adoption->id, owner);
    if (adoption_is_free(configuration, adoption->hub.owner, namespace, adoption->name))
        return 0;
    if (!owner)
        return error_set(error,
                         "configuration %s cannot become a Deployment's: its labels claim it for another one, "
                         "or it is none for IoT Edge devices",
                         adoption->id);
    return check_claimant(adoption, error);
}

/* --- doing it --------------------------------------------------------------------------------- */

static void explain(const struct adoption *adoption, FILE *out)
{
    const struct observed_configuration *configuration = adoption->configuration;
    char devices[48] = "";

    if (configuration->targeted >= 0)
        snprintf(devices, sizeof devices, ", %lld devices targeted", (long long)configuration->targeted);
    fprintf(out, "%s on %s (priority %lld, %s%s) becomes Deployment %s/%s's on hub %s.\n", configuration->id,
            iothub_client_host(adoption->hub.client), (long long)configuration->priority,
            configuration->target_condition ? configuration->target_condition : "no target condition", devices,
            adoption->cluster.namespace, adoption->name, adoption->options->hub);
    fprintf(out, "Its content stays. The connector then keeps it in step: unless that is the Deployment's content "
                 "already, it creates a new\nconfiguration and deletes this one when the hub has evaluated the new "
                 "one.\n");
}

static bool is_confirmed(const struct adoption *adoption, FILE *in, FILE *out)
{
    char line[16] = "";

    if (adoption->options->yes)
        return true;
    fprintf(out, "Adopt it? [y/N] ");
    fflush(out);
    return fgets(line, sizeof line, in) && (strcmp(line, "y\n") == 0 || strcmp(line, "yes\n") == 0);
}

static int write_labels(const struct adoption *adoption, struct error *error)
{
    struct edge_annotations annotations = {.priority = 0};

    edge_annotations_read(adoption->deployment, &annotations, NULL);
    const struct desired_configuration desired = {
        .namespace = adoption->cluster.namespace,
        .name = adoption->name,
        .uid = json_string(json_get(adoption->deployment, "metadata"), "uid"),
        .reconcile_policy = reconcile_policy_name(annotations.reconcile_policy),
    };
    cleanup_free char *body =
        plan_call_adoption_body(adoption->hub.owner, adoption->options->hub, &desired, adoption->configuration);

    if (!body)
        return error_set(error, "no memory left");
    return iothub_configuration_put(adoption->hub.client, adoption->id, adoption->configuration->etag, body, NULL,
                                    error) == IOTHUB_OK
               ? 0
               : -1;
}

/* 0, 1 when there is nothing to do, or -1. */
static int prepare(struct adoption *adoption, struct error *error)
{
    if (hub_connect(adoption->options, &adoption->cluster, &adoption->hub, error) < 0 ||
        read_deployment(adoption, error) < 0 || read_configuration(adoption, error) < 0)
        return -1;
    return check(adoption, error);
}

enum cli_exit adopt_command(const struct options *options, FILE *in, FILE *out, FILE *err)
{
    cleanup_adoption struct adoption adoption = {.options = options,
                                                 .id = options->names[0],
                                                 .name = answer_plain_name(options->names[1]),
                                                 .cluster = CLUSTER_CONNECTION_INIT,
                                                 .hub = HUB_CONNECTION_INIT,
                                                 .observed = OBSERVED_INIT};
    cleanup_error struct error error = {NULL};
    int result = prepare(&adoption, &error);

    if (result == 1)
        fprintf(out, "%s is Deployment %s/%s's already\n", adoption.id, adoption.cluster.namespace, adoption.name);
    if (result == 1)
        return CLI_OK;
    if (result == 0) {
        explain(&adoption, out);
        if (!is_confirmed(&adoption, in, out)) {
            fprintf(err, "Not adopted.\n");
            return CLI_FINDINGS;
        }
        result = write_labels(&adoption, &error);
    }
    if (result < 0) {
        fprintf(err, "kubectl-iotedge: %s\n", error_message(&error));
        return CLI_FAILURE;
    }
    fprintf(out, "%s adopted\n", adoption.id);
    return CLI_OK;
}
