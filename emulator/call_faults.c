#include "emulator/call_faults.h"

#include "common/clock.h"
#include "common/log.h"
#include "emulator/cut.h"
#include "emulator/foreigner.h"

/* No answer: the connection is closed. */
static bool cut(struct emulator_call *call)
{
    emulator_response_reset(call->response);
    return false;
}

static bool fail(struct emulator_call *call, int64_t number)
{
    enum emulator_code code = number < 1000 ? emulator_code_of_status((int)number) : (enum emulator_code)number;

    emulator_response_refuse(call->response, code, "A fault was ordered for this call");
    return false;
}

static void foreigner_run(struct emulator_call *call, const cJSON *script)
{
    cleanup_error struct error error = {NULL};

    if (emulator_foreigner_run(call->emulator, script, &error) < 0)
        log_warning("the foreigner failed: %s", error_message(&error));
}

bool emulator_call_suffer(struct emulator_call *call, const struct emulator_fault_effect *effect)
{
    struct emulator *emulator = call->emulator;
    const struct http_request *request = call->request;

    switch (effect->action) {
    case EMULATOR_FAULT_STATUS:
        return fail(call, effect->number);
    case EMULATOR_FAULT_TLS_CLOSE:
        emulator_cut_tls(request);
        return cut(call);
    case EMULATOR_FAULT_RESET:
        emulator_cut_reset(request);
        return cut(call);
    case EMULATOR_FAULT_CLOSE:
        emulator_cut_raw(request);
        return cut(call);
    case EMULATOR_FAULT_HOLD:
        return emulator_faults_wait(&emulator->faults, &emulator->lock, request->method, request->path,
                                    effect->after) ||
               cut(call);
    case EMULATOR_FAULT_SLOW:
        return emulator_pause(emulator, clock_now_ms() + effect->number) || cut(call);
    case EMULATOR_FAULT_TRUNCATE:
        call->truncate_at = (size_t)effect->number;
        return true;
    case EMULATOR_FAULT_STALE:
        call->stale = true;
        return true;
    case EMULATOR_FAULT_FOREIGNER:
        foreigner_run(call, effect->script);
        return true;
    case EMULATOR_FAULT_NONE:
        break;
    }
    return true;
}
