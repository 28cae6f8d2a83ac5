/* The read API, for `kubectl iotedge`: what stands where, and what would change. The API server's proxy brings its
 * requests and has judged them; nothing in the answers is secret. See docs/plugin.md. */
#ifndef SERVER_READ_API_H
#define SERVER_READ_API_H

#include "http/server.h"
#include "iothub/rate_limit.h"
#include "server/engine.h"

#include <pthread.h>

struct read_api {
    struct engine *engine;
    pthread_mutex_t lock;
    struct rate_limit requests; /* each holds up the engine for a moment: many would for long. Guarded */
};

void read_api_init(struct read_api *api, struct engine *engine);
/* Also of one that was never made, all zeros. */
void read_api_release(struct read_api *api);

/* For http_server_options: context is the struct read_api. The handler may wait. */
void read_api_handle(void *context, const struct http_request *request, struct http_response *response);

#endif
