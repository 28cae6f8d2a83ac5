#include "emulator/api.h"

#include "common/json.h"
#include "emulator/if_match.h"
#include "emulator/memory.h"
#include "emulator/timestamp.h"
#include "emulator/twin.h"

static void answer_twin(struct emulator_call *call, const struct emulator_device *device,
                        const struct emulator_twin *twin)
{
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    struct json_writer json = {.out = &body};
    cleanup_free char *etag = emulator_twin_etag(twin);
    cleanup_json cJSON *tree = emulator_twin_tree(device, twin);

    json_add_value(&json, tree);
    emulator_call_answer(call, &body);
    http_response_add_header(call->response, "ETag", "\"%s\"", etag);
}

/* A system module's twin is the hub's alone to write. */
static bool is_reserved(const struct emulator_twin *twin)
{
    return twin->module_id && twin->module_id[0] == '$';
}

static bool etag_fits(struct emulator_call *call, const struct emulator_device *device,
                      const struct emulator_twin *twin)
{
    const char *if_match = http_request_header(call->request, "If-Match");
    cleanup_free char *etag = emulator_twin_etag(twin);

    if (emulator_if_match_kind(if_match) != EMULATOR_IF_MATCH_ETAG || emulator_if_match_equals(if_match, etag))
        return true;
    emulator_response_refuse(call->response, EMULATOR_PRECONDITION_FAILED, "ETag mismatch for device ID '%s'",
                             device->id);
    return false;
}

/* PATCH merges, PUT replaces. */
static void twin_write(struct emulator_call *call, const struct emulator_device *device, struct emulator_twin *twin,
                       bool replace)
{
    cleanup_error struct error error = {NULL};

    if (is_reserved(twin)) {
        emulator_response_refuse(call->response, EMULATOR_SYSTEM_MODULE, "Unauthorized to modify reserved module.");
        return;
    }
    cleanup_json cJSON *body = emulator_call_body(call);
    if (!body || !etag_fits(call, device, twin))
        return;
    int result = replace ? emulator_twin_replace(twin, body, emulator_ticks_now(), &error)
                         : emulator_twin_patch(twin, body, emulator_ticks_now(), &error);
    if (result < 0) {
        emulator_response_refuse(call->response, EMULATOR_ARGUMENT_INVALID, "%s", error_message(&error));
        return;
    }
    emulator_call_commit(call, replace ? "twin replaced" : "twin patched");
    answer_twin(call, device, twin);
}

/* The twin that the path names, or NULL after answering. A missing module is told as a missing device, like the
 * service. */
static struct emulator_twin *twin_find(struct emulator_call *call, struct emulator_device **ret_device)
{
    struct emulator_device *device = emulator_fleet_find(&call->emulator->state.fleet, call->url.segments[1]);
    struct emulator_twin *twin = NULL;

    if (device)
        twin = call->url.count < 4 ? &device->twin : emulator_device_module(device, call->url.segments[3]);
    if (!twin)
        emulator_response_refuse(call->response, EMULATOR_DEVICE_NOT_FOUND, "%s is not registered",
                                 call->request->path);
    *ret_device = device;
    return twin;
}

/* Java's HTTP client knows no PATCH: it sends a POST and says what it means. */
static const char *method_of(const struct emulator_call *call)
{
    const char *meant = http_request_header(call->request, "X-HTTP-Method-Override");

    return meant && strcmp(call->request->method, "POST") == 0 ? meant : call->request->method;
}

void emulator_twins_handle(struct emulator_call *call)
{
    const struct emulator_url *url = &call->url;
    const char *method = method_of(call);
    bool of_module = url->count >= 4 && emulator_url_has(url, 2, "modules");
    bool methods =
        emulator_url_has(url, url->count - 1, "methods") && (url->count == 3 || (url->count == 5 && of_module));
    struct emulator_device *device = NULL;

    if (!methods && url->count != 2 && !(url->count == 4 && of_module)) {
        emulator_call_refuse_path(call);
        return;
    }
    struct emulator_twin *twin = twin_find(call, &device);
    if (!twin)
        return;
    if (methods)
        emulator_methods_handle(call, device, twin->module_id);
    else if (strcmp(method, "GET") == 0)
        answer_twin(call, device, twin);
    else if (strcmp(method, "PATCH") == 0)
        twin_write(call, device, twin, false);
    else if (strcmp(method, "PUT") == 0)
        twin_write(call, device, twin, true);
    else
        emulator_call_refuse_method(call);
}
