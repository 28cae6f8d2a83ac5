#include "emulator/authorize.h"

#include "common/clock.h"
#include "emulator/memory.h"

static bool refuse(struct emulator_call *call, bool known, const char *reason)
{
    emulator_response_refuse(call->response, known ? EMULATOR_UNAUTHORIZED_ACCESS : EMULATOR_UNAUTHORIZED,
                             "Unauthorized for %s on %s: %s", call->request->method, call->request->path, reason);
    return false;
}

/* What the call needs; 0 for a path that is unknown anyway. */
static unsigned right_needed(const struct emulator_call *call)
{
    const struct emulator_url *url = &call->url;
    bool reads = strcmp(call->request->method, "GET") == 0;

    if (emulator_url_has(url, 0, "configurations"))
        return reads || emulator_url_has(url, 1, "testQueries") ? EMULATOR_RIGHT_REGISTRY_READ
                                                                : EMULATOR_RIGHT_REGISTRY_WRITE;
    if (emulator_url_has(url, 0, "devices"))
        return emulator_url_has(url, 1, "query") ? EMULATOR_RIGHT_TWIN_READ : EMULATOR_RIGHT_REGISTRY_WRITE;
    if (emulator_url_has(url, 0, "twins") && emulator_url_has(url, url->count - 1, "methods"))
        return EMULATOR_RIGHT_METHODS;
    if (emulator_url_has(url, 0, "twins"))
        return reads ? EMULATOR_RIGHT_TWIN_READ : EMULATOR_RIGHT_TWIN_WRITE;
    if (emulator_url_has(url, 0, "statistics"))
        return emulator_url_has(url, 1, "service") ? EMULATOR_RIGHT_TWIN_READ : EMULATOR_RIGHT_REGISTRY_READ;
    return 0;
}

static bool rights_check(struct emulator_call *call, unsigned rights)
{
    unsigned needed = right_needed(call);

    if ((rights & needed) == needed)
        return true;
    emulator_response_refuse(call->response, EMULATOR_UNAUTHORIZED_ACCESS,
                             "Principal %s is not authorized for %s on %s due to no assigned permissions",
                             call->principal, call->request->method, call->request->path);
    return false;
}

static bool bearer_authorize(struct emulator_call *call, const char *header)
{
    cleanup_error struct error error = {NULL};
    const struct emulator_entra *entra = &call->emulator->entra;

    call->principal = emulator_entra_verify(entra, header, emulator_wall_s(call->emulator), &error);
    return call->principal ? rights_check(call, entra->rights) : refuse(call, false, error_message(&error));
}

bool emulator_call_authorize(struct emulator_call *call)
{
    const struct emulator *emulator = call->emulator;
    const char *header = http_request_header(call->request, "Authorization");

    if (header && strncmp(header, "Bearer ", strlen("Bearer ")) == 0)
        return bearer_authorize(call, header);
    cleanup_free char *name = emulator_sas_policy(header);
    const struct emulator_keys *policy = name ? emulator_policies_find(&emulator->policies, name) : NULL;
    enum emulator_sas_verdict verdict = emulator_sas_verify(header, policy ? policy : &emulator->policies.items[0],
                                                            emulator->hosts, emulator_wall_s(emulator));
    if (verdict != EMULATOR_SAS_GOOD) {
        bool known = verdict == EMULATOR_SAS_WRONG_KEY || verdict == EMULATOR_SAS_WRONG_POLICY ||
                     verdict == EMULATOR_SAS_WRONG_HOST;
        return refuse(call, known, emulator_sas_verdict_text(verdict));
    }
    call->principal = steal_ptr(name);
    return rights_check(call, policy->rights);
}
