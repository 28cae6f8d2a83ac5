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
    bool committed;               /* it changed something */
};

/* Answers with the JSON in the buffer, which is emptied. */
void emulator_call_answer(struct emulator_call *call, struct strbuf *body);

/* Parses the body; answers with an error and returns NULL when it is no JSON. */
cJSON *emulator_call_body(struct emulator_call *call);

/* The groups of calls. Each answers, with an error when the path or method is not known. */
void emulator_configurations_handle(struct emulator_call *call);
void emulator_twins_handle(struct emulator_call *call);
void emulator_devices_handle(struct emulator_call *call);
void emulator_statistics_handle(struct emulator_call *call);

/* Answers that the path or the method is not known. */
void emulator_call_refuse_path(struct emulator_call *call);
void emulator_call_refuse_method(struct emulator_call *call);

#endif
