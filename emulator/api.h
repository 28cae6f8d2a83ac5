/* The service's HTTP interface. */
#ifndef EMULATOR_API_H
#define EMULATOR_API_H

#include "emulator/emulator.h"
#include "emulator/path.h"
#include "emulator/service_error.h"
#include "http/server.h"

/* For http_server_options.handle; context is the emulator. */
void emulator_api_handle(void *context, const struct http_request *request, struct http_response *response);

/* One call on its way through the handlers, which run with the lock held. */
struct emulator_call {
    struct emulator *emulator;
    const struct http_request *request;
    struct http_response *response;
    struct emulator_url url;
    const char *configuration_id; /* in url, or NULL */
    char *principal;              /* who calls; NULL: not known */
    const char *effect;           /* see history.h */
    bool committed;               /* it changed something */
    bool stale;                   /* a list is to be as it was before the last change */
    size_t truncate_at;           /* bytes of the body that are sent; 0: all */
};

/* It changed something, as the history is to call it. */
void emulator_call_commit(struct emulator_call *call, const char *effect);

/* Answers with the JSON in the buffer, which is emptied. */
void emulator_call_answer(struct emulator_call *call, struct strbuf *body);

/* Parses the body; answers with an error and returns NULL when it is no JSON. */
cJSON *emulator_call_body(struct emulator_call *call);

/* The groups of calls. Each answers, with an error when the path or method is not known. */
void emulator_configurations_handle(struct emulator_call *call);
void emulator_twins_handle(struct emulator_call *call);
void emulator_devices_handle(struct emulator_call *call);
void emulator_statistics_handle(struct emulator_call *call);

/* A direct method of a module, or of the device itself (module_id NULL). */
void emulator_methods_handle(struct emulator_call *call, struct emulator_device *device, const char *module_id);
void emulator_apply_handle(struct emulator_call *call);

/* Answers that the path or the method is not known. */
void emulator_call_refuse_path(struct emulator_call *call);
void emulator_call_refuse_method(struct emulator_call *call);

#endif
