#include "translate/module_state.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/strbuf.h"
#include "translate/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DETAIL 160
#define CODE_OK    200

/* How bad it is about a device or a module; the worst is told. */
enum severity { SEVERITY_NONE, SEVERITY_WAITING, SEVERITY_STOPPED, SEVERITY_BACKOFF, SEVERITY_FAILED };

static const enum severity severities[] = {
    [MODULE_WAITING] = SEVERITY_WAITING, [MODULE_RUNNING] = SEVERITY_NONE,    [MODULE_BACKOFF] = SEVERITY_BACKOFF,
    [MODULE_FAILED] = SEVERITY_FAILED,   [MODULE_STOPPED] = SEVERITY_STOPPED,
};

/* One twin, read. */
struct device {
    const char *name;
    bool applied;
    bool latest; /* it reported on the desired version it has */
    int64_t code;
    const char *description;
    const cJSON *modules; /* reported */
    int64_t pending_since_ms;
};

/* One module on one device. */
struct module_report {
    enum module_phase phase;
    const char *description;
    int64_t restarts;
    int64_t exit_code;
    int64_t started_ms;
};

void module_states_release(struct module_states *states)
{
    for (size_t i = 0; i < states->module_count; i++) {
        free(states->modules[i].detail);
        free(states->modules[i].device);
    }
    free(states->modules);
    free(states->worst);
    free(states->worst_device);
    *states = (struct module_states)MODULE_STATES_INIT;
}

int module_states_begin(const struct module_state_input *input, struct module_states *states)
{
    size_t count = input->manifest->module_count;

    *states = (struct module_states)MODULE_STATES_INIT;
    states->modules = calloc(count + 1, sizeof(*states->modules));
    if (!states->modules)
        return -1;
    states->module_count = count;
    for (size_t i = 0; i < count; i++)
        states->modules[i].phase = MODULE_WAITING;
    return 0;
}

/* Times of the year 1 mean never. */
static int64_t read_time(const cJSON *object, const char *name)
{
    const char *text = json_string(object, name);
    int64_t wall_ms;

    return text && clock_parse_rfc3339(text, &wall_ms) && wall_ms > 0 ? wall_ms : 0;
}

/* False when the twin does not name the configuration, or is another module's. */
static bool read_device(const struct module_state_input *input, const cJSON *twin, struct device *device)
{
    const char *status = json_string(json_at(twin, "configurations", input->configuration_id, NULL), "status");
    const cJSON *desired = json_at(twin, "properties", "desired", NULL);
    const cJSON *reported = json_at(twin, "properties", "reported", NULL);
    const cJSON *last = json_get(reported, "lastDesiredStatus");
    int64_t wanted, seen, updated;

    if (!status || strcmp(json_string_or(twin, "moduleId", "$edgeAgent"), "$edgeAgent") != 0)
        return false;
    device->name = json_string_or(twin, "deviceId", "?");
    device->applied = strcmp(status, "Applied") == 0;
    if (!device->applied && strcmp(status, "Targeted") != 0)
        return false;
    device->latest =
        json_int64(desired, "$version", &wanted) && json_int64(reported, "lastDesiredVersion", &seen) && wanted == seen;
    if (!json_int64(last, "code", &device->code))
        device->code = 0;
    device->description = json_string_or(last, "description", "");
    device->modules = json_get(reported, "modules");
    updated = read_time(json_get(desired, "$metadata"), "$lastUpdated");
    device->pending_since_ms = device->applied && updated ? updated : input->configuration_since_wall_ms;
    return true;
}

/* The agent adds :latest where there is no tag, and puts the parent's name in the place of $upstream. */
static bool is_same_image(const char *expected, const char *reported)
{
    static const char upstream[] = "$upstream";
    size_t length;

    if (strncmp(expected, upstream, strlen(upstream)) == 0) {
        const char *port = strchr(reported, ':');

        if (!port)
            return false;
        expected += strlen(upstream);
        reported = port;
    }
    length = strlen(expected);
    if (strncmp(expected, reported, length) != 0)
        return false;
    return !reported[length] || strcmp(reported + length, ":latest") == 0;
}

static enum module_phase read_phase(const char *status)
{
    if (strcmp(status, "running") == 0)
        return MODULE_RUNNING;
    if (strcmp(status, "backoff") == 0)
        return MODULE_BACKOFF;
    if (strcmp(status, "failed") == 0 || strcmp(status, "dead") == 0)
        return MODULE_FAILED;
    if (strcmp(status, "stopped") == 0)
        return MODULE_STOPPED;
    return MODULE_WAITING;
}

/* What a module reports before the agent has acted on the latest version is about the past. */
static struct module_report read_module(const struct device *device, const char *name, const char *image)
{
    const cJSON *module = json_get(device->modules, name);
    struct module_report report = {.phase = MODULE_WAITING, .description = ""};

    if (!device->applied || !device->latest)
        return report;
    if (device->code != CODE_OK)
        report.description = device->description;
    if (!module || !is_same_image(image, json_string_or(json_get(module, "settings"), "image", "")))
        return report;
    report.phase = read_phase(json_string_or(module, "runtimeStatus", ""));
    report.description = json_string_or(module, "statusDescription", "");
    if (!json_int64(module, "restartCount", &report.restarts))
        report.restarts = 0;
    if (!json_int64(module, "exitCode", &report.exit_code))
        report.exit_code = 0;
    report.started_ms = read_time(module, "lastStartTimeUtc");
    return report;
}

/* Of two devices in the same state the one with the smaller name is told, so that the order of the answers changes
 * nothing. */
static bool is_worse(enum severity severity, const char *device, enum severity than, const char *than_device)
{
    return severity > than || (severity == than && (!than_device || strcmp(device, than_device) < 0));
}

static char *excerpt(const char *text)
{
    cleanup_strbuf struct strbuf out = STRBUF_INIT;

    if (!*text)
        return NULL;
    text_add_excerpt(&out, text, MAX_DETAIL);
    return strbuf_steal(&out);
}

static int clamp_int(int64_t number)
{
    return number > INT_MAX ? INT_MAX : number < INT_MIN ? INT_MIN : (int)number;
}

static void summarize(struct module_summary *summary, const struct device *device, const struct module_report *report)
{
    if (report->phase == MODULE_RUNNING && device->code == CODE_OK)
        summary->running++;
    if (report->phase == MODULE_RUNNING && report->started_ms > summary->started_wall_ms)
        summary->started_wall_ms = report->started_ms;
    if (report->restarts > 0 && (uint64_t)report->restarts > summary->restarts)
        summary->restarts = (unsigned)clamp_int(report->restarts);
    if (summary->device &&
        !is_worse(severities[report->phase], device->name, severities[summary->phase], summary->device))
        return;
    free(summary->device);
    free(summary->detail);
    summary->phase = report->phase;
    summary->exit_code = report->phase == MODULE_RUNNING ? 0 : clamp_int(report->exit_code);
    summary->device = strdup(device->name);
    summary->detail = excerpt(report->description);
}

static void tell_worst(struct module_states *states, const struct device *device, enum severity severity,
                       const char *module, const struct module_report *report)
{
    cleanup_strbuf struct strbuf sentence = STRBUF_INIT;

    if (states->worst && !is_worse(severity, device->name, (enum severity)states->worst_severity, states->worst_device))
        return;
    text_add_excerpt(&sentence, device->name, MAX_DETAIL);
    if (!device->applied)
        strbuf_add_string(&sentence, ": targeted, not applied yet, or another deployment of higher priority wins");
    else if (!device->latest)
        strbuf_add_string(&sentence, ": has not reported on the latest version yet");
    else if (device->code != CODE_OK)
        strbuf_add_format(&sentence, ": code %lld: ", (long long)device->code);
    else
        strbuf_add_format(&sentence, ": module %s: ", module);
    if (device->applied && device->latest) {
        const char *text = device->code != CODE_OK ? device->description : report->description;

        text_add_excerpt(&sentence, *text ? text : "no description", MAX_DETAIL);
    }
    free(states->worst);
    free(states->worst_device);
    states->worst_severity = (unsigned)severity;
    states->worst = strbuf_steal(&sentence);
    states->worst_device = strdup(device->name);
}

void module_states_add_twin(const struct module_state_input *input, struct module_states *states, const cJSON *twin)
{
    struct device device = {.description = ""};
    struct module_report worst_report = {.phase = MODULE_RUNNING, .description = ""};
    const char *worst_module = "";
    enum severity severity = SEVERITY_NONE;
    bool pending;

    if (!read_device(input, twin, &device))
        return;
    states->targeted++;
    states->applied += device.applied;
    pending = !device.applied || !device.latest;
    if (pending && input->now_wall_ms - device.pending_since_ms > input->offline_after_ms) {
        states->offline++;
        return;
    }
    if (pending)
        severity = SEVERITY_WAITING;
    else if (device.code != CODE_OK)
        severity = SEVERITY_FAILED;
    for (size_t i = 0; i < states->module_count; i++) {
        struct module_report report = read_module(&device, input->manifest->modules[i], input->manifest->images[i]);

        summarize(&states->modules[i], &device, &report);
        if (severities[report.phase] > severity) {
            severity = severities[report.phase];
            worst_report = report;
            worst_module = input->manifest->modules[i];
        }
    }
    if (severity == SEVERITY_NONE)
        states->succeeded++;
    else
        tell_worst(states, &device, severity, worst_module, &worst_report);
    states->failed += severity > SEVERITY_WAITING;
}

bool module_states_ready(const struct module_states *states, size_t module, unsigned ready_percent)
{
    uint64_t judged = states->targeted - states->offline;

    return judged && module < states->module_count &&
           (uint64_t)states->modules[module].running * 100 >= judged * ready_percent;
}

char *module_states_message(const struct module_states *states)
{
    cleanup_strbuf struct strbuf message = STRBUF_INIT;

    if (!states->targeted) {
        strbuf_add_string(&message, "the target condition matches no device");
        return strbuf_steal(&message);
    }
    strbuf_add_format(&message, "%u device%s targeted, %u applied, %u succeeded, %u failed", states->targeted,
                      states->targeted == 1 ? "" : "s", states->applied, states->succeeded, states->failed);
    if (states->offline)
        strbuf_add_format(&message, ", %u offline", states->offline);
    if (states->worst)
        strbuf_add_format(&message, "; %s", states->worst);
    return strbuf_steal(&message);
}
