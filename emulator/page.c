#include "emulator/page.h"

#include "common/clock.h"
#include "common/json.h"
#include "emulator/agent.h"
#include "emulator/memory.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#define MOST_SHOWN 200

/* The assembler reads the file, relative to the top folder, from which make runs it. */
__asm__(".pushsection .rodata\n"
        ".global emulator_page_text\n"
        ".global emulator_page_text_end\n"
        "emulator_page_text:\n"
        ".incbin \"emulator/page.html\"\n"
        "emulator_page_text_end:\n"
        ".byte 0\n"
        ".popsection\n");

extern const char emulator_page_text[], emulator_page_text_end[];

/* Names what is between the two marks, for a Content-Security-Policy that lets this run and nothing else. */
static char *source_hash(const char *start_mark, const char *end_mark)
{
    const char *start = strstr(emulator_page_text, start_mark) + strlen(start_mark);
    unsigned char digest[32];

    gnutls_hash_fast(GNUTLS_DIG_SHA256, start, (size_t)(strstr(start, end_mark) - start), digest);
    return emulator_base64_text(digest, sizeof(digest));
}

void emulator_page_handle(struct emulator_call *call)
{
    struct http_response *response = call->response;
    size_t length = (size_t)(emulator_page_text_end - emulator_page_text);
    cleanup_free char *style = source_hash("<style>", "</style>");
    cleanup_free char *script = source_hash("<script>", "</script>");

    response->status = 200;
    response->content_type = "text/html; charset=utf-8";
    response->body = emulator_text_copy_length(emulator_page_text, length);
    response->body_length = length;
    http_response_add_header(response, "Content-Security-Policy",
                             "default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; connect-src 'self'; "
                             "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
                             style, script);
    http_response_add_header(response, "X-Content-Type-Options", "nosniff");
    http_response_add_header(response, "Referrer-Policy", "no-referrer");
    http_response_add_header(response, "Cache-Control", "no-store");
}

static void module_write(struct json_writer *json, const struct emulator_container *container)
{
    json_begin_object(json);
    json_member_string(json, "name", container->name);
    json_member_bool(json, "system", container->system);
    json_member_string(json, "status", emulator_container_status(container));
    json_member_string(json, "description", container->forced_description);
    json_member_string(json, "image", json_string(json_get(container->definition->tree, "settings"), "image"));
    json_member_int(json, "exitCode", container->exit_code);
    json_member_int(json, "restarts", container->restart_count);
    json_end_object(json);
}

static void assignments_write(struct json_writer *json, const struct emulator_device *device)
{
    const char *base = NULL;

    json_name(json, "layers");
    json_begin_array(json);
    for (size_t i = 0; i < device->assignment_count; i++) {
        if (!device->assignments[i].applied)
            continue;
        if (device->assignments[i].base)
            base = device->assignments[i].configuration_id;
        else
            json_add_string(json, device->assignments[i].configuration_id);
    }
    json_end_array(json);
    json_member_string(json, "follows", base);
}

static void device_write(struct json_writer *json, const struct emulator_device *device)
{
    const struct emulator_twin *agent = emulator_device_module(device, "$edgeAgent");

    json_begin_object(json);
    json_member_string(json, "id", device->id);
    json_member_bool(json, "edge", device->edge);
    json_member_bool(json, "held", device->held);
    json_name(json, "tags");
    json_add_value(json, device->twin.tags);
    assignments_write(json, device);
    json_member_bool(json, "pending",
                     agent && agent->outcome.version < agent->desired.version && agent->desired.version > 1);
    json_member_int(json, "code", agent ? agent->outcome.code : 0);
    json_member_string(json, "description", agent ? agent->outcome.description : NULL);
    json_name(json, "modules");
    json_begin_array(json);
    for (size_t i = 0; i < device->container_count; i++)
        module_write(json, &device->containers[i]);
    json_end_array(json);
    json_end_object(json);
}

/* How many modules have which status. */
struct tally {
    const char *status;
    int64_t modules;
};

/* The statuses of edge agents are these. */
#define TALLY_INIT                                                                                                     \
    {                                                                                                                  \
        {"running", 0}, {"unhealthy", 0}, {"backoff", 0}, {"stopped", 0}, {"failed", 0}, {"dead", 0}, {"unknown", 0},  \
    }

static void tally_add(struct tally *tallies, size_t count, const char *status)
{
    size_t place = 0;

    while (place < count - 1 && strcmp(tallies[place].status, status) != 0)
        place++;
    tallies[place].modules++;
}

static void tallies_write(struct json_writer *json, const struct emulator_fleet *fleet)
{
    struct tally tallies[] = TALLY_INIT;

    for (size_t i = 0; i < fleet->count; i++)
        for (size_t k = 0; k < fleet->devices[i]->container_count; k++)
            tally_add(tallies, array_length(tallies), emulator_container_status(&fleet->devices[i]->containers[k]));
    json_begin_object(json);
    for (size_t i = 0; i < array_length(tallies); i++)
        json_member_int(json, tallies[i].status, tallies[i].modules);
    json_end_object(json);
}

static bool is_in_trouble(const struct emulator_device *device)
{
    const struct emulator_twin *agent = emulator_device_module(device, "$edgeAgent");

    if (device->held || (agent && agent->outcome.version && agent->outcome.code != 200))
        return true;
    for (size_t i = 0; i < device->container_count; i++)
        if (strcmp(emulator_container_status(&device->containers[i]), "running") != 0)
            return true;
    return false;
}

static void devices_write(struct json_writer *json, const struct emulator_fleet *fleet,
                          const struct emulator_page_view *view)
{
    size_t matching = 0, in_trouble = 0;

    json_name(json, "shown");
    json_begin_array(json);
    for (size_t i = 0; i < fleet->count; i++) {
        const struct emulator_device *device = fleet->devices[i];
        bool trouble = is_in_trouble(device);
        in_trouble += trouble;
        if ((view->search && !strcasestr(device->id, view->search)) || (view->trouble && !trouble))
            continue;
        if (matching >= view->first && matching - view->first < view->count)
            device_write(json, device);
        matching++;
    }
    json_end_array(json);
    json_member_int(json, "inTrouble", (int64_t)in_trouble);
    json_member_int(json, "matching", (int64_t)matching);
    json_member_int(json, "first", (int64_t)view->first);
}

static const char *kind_name(const struct emulator_content_facts *facts)
{
    switch (facts->kind) {
    case EMULATOR_CONTENT_DEVICE:
        return "device";
    case EMULATOR_CONTENT_MODULE:
        return "module";
    case EMULATOR_CONTENT_MODULES:
        break;
    }
    return facts->base ? "base" : "layer";
}

static void configuration_write(struct json_writer *json, const struct emulator_configuration *configuration)
{
    const struct emulator_counts *counts = &configuration->counts;

    json_begin_object(json);
    json_member_string(json, "id", configuration->id);
    json_member_string(json, "kind", kind_name(&configuration->facts));
    json_member_int(json, "priority", configuration->settings.priority);
    json_member_string(json, "targetCondition", configuration->settings.condition_text);
    json_member_bool(json, "evaluated", configuration->evaluated);
    json_member_int(json, "targeted", counts->targeted);
    json_member_int(json, "applied", counts->applied);
    json_member_int(json, "succeeded", counts->succeeded);
    json_member_int(json, "failed", counts->failed);
    json_end_object(json);
}

/* As devices choose: by priority, of equal ones the newer first. */
static int strongest_first(const void *left, const void *right)
{
    const struct emulator_configuration *a = *(struct emulator_configuration *const *)left;
    const struct emulator_configuration *b = *(struct emulator_configuration *const *)right;

    if (a->settings.priority != b->settings.priority)
        return a->settings.priority > b->settings.priority ? -1 : 1;
    return a->order > b->order ? -1 : 1;
}

static void configurations_write(struct json_writer *json, const struct emulator_configurations *configurations)
{
    size_t count = configurations->count;
    cleanup_free struct emulator_configuration **sorted = emulator_allocate(count * sizeof(*sorted));

    for (size_t i = 0; i < count; i++)
        sorted[i] = configurations->items[i];
    qsort(sorted, count, sizeof(*sorted), strongest_first);
    json_begin_array(json);
    for (size_t i = 0; i < count; i++)
        configuration_write(json, sorted[i]);
    json_end_array(json);
}

void emulator_page_overview_write(struct json_writer *json, const struct emulator_hub_state *state,
                                  const struct emulator_page_view *view)
{
    json_member_int(json, "devices", (int64_t)state->fleet.count);
    json_name(json, "modules");
    tallies_write(json, &state->fleet);
    devices_write(json, &state->fleet, view);
    json_name(json, "configurations");
    configurations_write(json, &state->configurations);
}

/* A number of devices; otherwise when it is missing or none. */
static size_t number_read(const struct emulator_call *call, const char *name, size_t otherwise)
{
    cleanup_free char *text = http_request_query(call->request, name);
    size_t length = text ? strlen(text) : 0;

    return length && length < 10 && strspn(text, "0123456789") == length ? strtoul(text, NULL, 10) : otherwise;
}

void emulator_page_overview_handle(struct emulator_call *call)
{
    const struct emulator *emulator = call->emulator;
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    struct json_writer json = {.out = &body};
    cleanup_free char *search = http_request_query(call->request, "search");
    cleanup_free char *trouble = http_request_query(call->request, "trouble");
    struct emulator_page_view view = {search, trouble && strcmp(trouble, "true") == 0, number_read(call, "first", 0),
                                      number_read(call, "count", 50)};

    if (view.count > MOST_SHOWN)
        view.count = MOST_SHOWN;
    json_begin_object(&json);
    json_member_string(&json, "hub", emulator->hosts[0]);
    json_name(&json, "evaluationInMs");
    if (emulator->evaluate_at_ms < 0)
        json_add_null(&json);
    else
        json_add_int(&json, emulator->evaluate_at_ms > clock_now_ms() ? emulator->evaluate_at_ms - clock_now_ms() : 0);
    emulator_page_overview_write(&json, &emulator->state, &view);
    json_end_object(&json);
    emulator_call_answer(call, &body);
    http_response_add_header(call->response, "Cache-Control", "no-store");
}
