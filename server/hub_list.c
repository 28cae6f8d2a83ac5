#include "server/hub_list.h"

#include "common/cleanup.h"
#include "common/json.h"

/* Twenty threads that parse a list of 100 configurations each would keep several times the memory of one. */
static enum iothub_result reduce(struct hub_worker *worker, const struct iothub_list *list, struct observed *observed,
                                 struct error *error)
{
    struct engine *engine = worker->engine;
    cJSON *tree = NULL;
    pthread_mutex_lock(&engine->parsing);
    enum iothub_result result = iothub_configurations_parse(list, &tree, error);
    if (result == IOTHUB_OK && observed_read(tree, engine->owner, worker->hub->name, observed, error) < 0)
        result = IOTHUB_SERVER_ERROR;
    cJSON_Delete(tree);
    pthread_mutex_unlock(&engine->parsing);
    return result;
}

enum iothub_result hub_list_read(struct hub_worker *worker, int64_t list_ms, struct error *error)
{
    cleanup_observed struct observed observed = OBSERVED_INIT;
    cleanup_iothub_list struct iothub_list list = {NULL, 0};
    enum iothub_result result = iothub_configurations_fetch(worker->client, &list, error);
    if (result == IOTHUB_OK)
        result = reduce(worker, &list, &observed, error);
    if (result != IOTHUB_OK)
        return result;
    hub_drift_compare(&worker->drift, &worker->observed, &observed, list_ms);
    observed_inherit(&observed, &worker->observed);
    struct observed before = worker->observed;
    worker->observed = observed;
    observed = before;
    return IOTHUB_OK;
}

enum iothub_result hub_list_look_up(struct hub_worker *worker, const char *id, struct error *error)
{
    cJSON *configuration = NULL;
    enum iothub_result result = iothub_configuration_get(worker->client, id, &configuration, error);
    if (result != IOTHUB_OK)
        return result;
    if (observed_put_whole(&worker->observed, id, configuration, worker->engine->owner, worker->hub->name, error) < 0)
        return IOTHUB_SERVER_ERROR;
    return IOTHUB_OK;
}

enum iothub_result hub_list_take(struct hub_worker *worker, const char *id, const cJSON *configuration,
                                 struct error *error)
{
    if (observed_put(&worker->observed, id, configuration, worker->engine->owner, worker->hub->name, error) < 0)
        return IOTHUB_SERVER_ERROR;
    return IOTHUB_OK;
}
