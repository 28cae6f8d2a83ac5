#include "emulator/state_file.h"

#include "common/file.h"
#include "common/json.h"
#include "emulator/agent_report.h"
#include "emulator/life.h"
#include "emulator/memory.h"
#include "emulator/timestamp.h"
#include "emulator/twin.h"

#include <errno.h>

#define LARGEST_FILE ((size_t)1 << 30)

struct reader {
    struct emulator *emulator;
    struct emulator_document **documents; /* by their numbers */
    size_t count, capacity;
    bool began;     /* the hub's line was there */
    bool same_boot; /* times on clock_now_ms mean what they meant */
};

static int64_t number_read(const cJSON *object, const char *name)
{
    int64_t number = 0;

    json_int64(object, name, &number);
    return number;
}

/* One of an enumeration's values from 0 to most; 0 when it is none. */
static int choice_read(const cJSON *object, const char *name, int most)
{
    int64_t choice = number_read(object, name);

    return choice >= 0 && choice <= most ? (int)choice : 0;
}

/* A time on clock_now_ms, or -1. When the machine was started anew everything is due. */
static int64_t due_read(const struct reader *reader, const cJSON *object, const char *name)
{
    int64_t due = -1;

    json_int64(object, name, &due);
    return due >= 0 && !reader->same_boot ? 0 : due;
}

static int64_t ticks_read(const cJSON *object, const char *name)
{
    return strtoll(json_string_or(object, name, "0"), NULL, 10);
}

/* Whether the command line gave the keys of that policy. */
static bool keys_are_given(const struct emulator *emulator, const char *name)
{
    const struct emulator_options *options = &emulator->options;

    if (options->keys && strcmp(emulator->policies.items[0].policy, name) == 0)
        return true;
    for (size_t i = 0; i < options->policy_key_count; i++) {
        size_t length = strcspn(options->policy_keys[i], "=");
        if (strlen(name) == length && strncmp(options->policy_keys[i], name, length) == 0)
            return true;
    }
    return false;
}

static int hub_read(struct reader *reader, const cJSON *hub, struct error *error)
{
    struct emulator *emulator = reader->emulator;
    const cJSON *policy;

    if (number_read(hub, "format") != 1)
        return error_set(error, "it is of a format that this version does not know");
    cleanup_free char *boot = emulator_state_boot();
    reader->began = true;
    reader->same_boot = strcmp(boot, json_string_or(hub, "boot", "")) == 0;
    emulator->state.configurations.last_order = (uint64_t)number_read(hub, "lastOrder");
    cJSON_ArrayForEach(policy, json_get(hub, "policies"))
    {
        const char *name = json_string_or(policy, "name", "");
        struct emulator_keys *keys = emulator_policies_find(&emulator->policies, name);
        if (keys && !keys_are_given(emulator, name) &&
            emulator_keys_set(keys, json_string(policy, "primary"), json_string(policy, "secondary"), error) < 0)
            return error_wrap(error, "policy %s", name);
    }
    if (emulator_quirks_change(&emulator->state.quirks, json_get(hub, "quirks"), error) < 0)
        return -1;
    return emulator_fleet_images_set(&emulator->state.fleet, json_get(hub, "missingImages"), error);
}

static int document_read(struct reader *reader, const cJSON *line, struct error *error)
{
    const cJSON *tree = json_get(line, "tree");

    if (!cJSON_IsObject(tree))
        return error_set(error, "a document must be an object");
    reader->documents =
        emulator_array_grow(reader->documents, reader->count, &reader->capacity, sizeof(struct emulator_document *));
    reader->documents[reader->count++] = emulator_document_new(cJSON_Duplicate(tree, true));
    return 0;
}

static int configuration_read(struct reader *reader, const cJSON *line, struct error *error)
{
    static const struct emulator_configuration_rules rules = {0, false};
    struct emulator_configurations *configurations = &reader->emulator->state.configurations;
    cleanup_refusal struct emulator_refusal refusal = EMULATOR_REFUSAL_INIT;
    const char *id = json_string_or(line, "id", "");
    struct emulator_configuration *configuration = NULL;
    uint64_t last_order = configurations->last_order;

    if (emulator_configurations_put(configurations, &rules, id, NULL, json_get(line, "body"), &configuration,
                                    &refusal) < 0)
        return error_set(error, "configuration '%s': %s", id, error_message(&refusal.message));
    configurations->last_order = last_order;
    configuration->order = (uint64_t)number_read(line, "order");
    configuration->etag = (uint64_t)number_read(line, "etag");
    configuration->created = ticks_read(line, "created");
    configuration->updated = ticks_read(line, "updated");
    configuration->evaluated = json_bool(line, "evaluated", false);
    configuration->counts = (struct emulator_counts){number_read(line, "targeted"), number_read(line, "applied"),
                                                     number_read(line, "succeeded"), number_read(line, "failed")};
    if (cJSON_IsObject(json_get(line, "metricResults"))) {
        cJSON_Delete(configuration->metric_results);
        configuration->metric_results = cJSON_Duplicate(json_get(line, "metricResults"), true);
    }
    return 0;
}

/* The document of that number, for the caller to share; NULL for none. */
static struct emulator_document *document_of(const struct reader *reader, const cJSON *object)
{
    int64_t number = -1;

    if (!json_int64(object, "document", &number) || number < 0 || (size_t)number >= reader->count)
        return NULL;
    return reader->documents[number];
}

static void section_read(const struct reader *reader, const cJSON *object, struct emulator_section *section)
{
    struct emulator_document *document = document_of(reader, object);

    emulator_document_drop(section->document);
    section->document = document ? emulator_document_share(document) : emulator_document_new(cJSON_CreateObject());
    section->version = number_read(object, "version");
    section->updated = ticks_read(object, "updated");
}

static void twin_read(const struct reader *reader, const cJSON *object, struct emulator_twin *twin)
{
    const cJSON *report = json_get(object, "report");

    if (twin->tags && cJSON_IsObject(json_get(object, "tags"))) {
        cJSON_Delete(twin->tags);
        twin->tags = cJSON_Duplicate(json_get(object, "tags"), true);
    }
    section_read(reader, json_get(object, "desired"), &twin->desired);
    section_read(reader, json_get(object, "reported"), &twin->reported);
    if (cJSON_IsObject(report)) {
        emulator_document_drop(twin->reported.document);
        twin->reported.document = emulator_document_fold(cJSON_Duplicate(report, true));
    }
    free(twin->outcome.description);
    twin->outcome = (struct emulator_outcome){number_read(object, "outcome"), (int)number_read(object, "code"),
                                              emulator_text_copy(json_string(object, "description"))};
    twin->version = number_read(object, "version");
    twin->etag = (uint64_t)number_read(object, "etag");
}

/* The container's definition, or NULL. */
static struct emulator_document *definition_read(const struct reader *reader, const cJSON *object)
{
    struct emulator_document *home = document_of(reader, object);
    const char *list = json_bool(object, "system", false) ? "systemModules" : "modules";

    if (!home)
        return NULL;
    if (!json_bool(object, "part", false))
        return emulator_document_share(home);
    const cJSON *definition = json_at(home->tree, list, json_string_or(object, "name", ""), NULL);
    return definition ? emulator_document_part(home, definition) : NULL;
}

static int container_read(const struct reader *reader, const cJSON *object, struct emulator_device *device,
                          struct error *error)
{
    struct emulator_document *definition = definition_read(reader, object);
    const char *name = json_string(object, "name");

    if (!definition || !name) {
        emulator_document_drop(definition);
        return error_set(error, "device %s has a container without a definition", device->id);
    }
    device->containers = emulator_array_grow(device->containers, device->container_count, &device->container_capacity,
                                             sizeof(*device->containers));
    device->containers[device->container_count++] = (struct emulator_container){
        .name = emulator_text_copy(name),
        .system = json_bool(object, "system", false),
        .definition = definition,
        .started = ticks_read(object, "started"),
        .exited = ticks_read(object, "exited"),
        .restarted = ticks_read(object, "restarted"),
        .restart_count = number_read(object, "restarts"),
        .exit_code = (int)number_read(object, "exitCode"),
        .forced_status = emulator_text_copy(json_string(object, "status")),
        .forced_description = emulator_text_copy(json_string(object, "description")),
        .phase = (enum emulator_phase)choice_read(object, "phase", EMULATOR_DOWN),
        .next_ms = due_read(reader, object, "next"),
        .crashes = number_read(object, "crashes"),
    };
    return 0;
}

static void assignments_read(const cJSON *list, struct emulator_device *device)
{
    size_t count = 0;
    struct emulator_assignment *assignments =
        emulator_allocate((size_t)cJSON_GetArraySize(list) * sizeof(*assignments));
    const cJSON *assignment;

    cJSON_ArrayForEach(assignment, list)
    {
        assignments[count++] = (struct emulator_assignment){
            .configuration_id = emulator_text_copy(json_string_or(assignment, "id", "")),
            .order = (uint64_t)number_read(assignment, "order"),
            .base = json_bool(assignment, "base", false),
            .applied = json_bool(assignment, "applied", false),
        };
    }
    emulator_device_assign(device, assignments, count);
}

/* Makes the reports that were not in the file; their versions are what the file says. */
static void reports_make(struct emulator_device *device)
{
    struct emulator_twin *agent = emulator_device_module(device, "$edgeAgent");
    struct emulator_twin *hub = emulator_device_module(device, "$edgeHub");

    if (!device->edge || agent->reported.document->text || hub->reported.document->text)
        return;
    struct emulator_twin before_agent = *agent, before_hub = *hub;
    emulator_agent_report_again(device, emulator_ticks_now());
    agent->version = before_agent.version;
    agent->reported.version = before_agent.reported.version;
    agent->reported.updated = before_agent.reported.updated;
    hub->version = before_hub.version;
    hub->reported.version = before_hub.reported.version;
    hub->reported.updated = before_hub.reported.updated;
}

static int device_read(struct reader *reader, const cJSON *line, struct error *error)
{
    struct emulator_device *device =
        emulator_fleet_find(&reader->emulator->state.fleet, json_string_or(line, "id", ""));
    const cJSON *item;

    if (!device || device->edge != json_bool(line, "edge", false))
        return 0;
    if (device->container_count)
        return error_set(error, "device %s is there twice", device->id);
    device->held = json_bool(line, "held", false);
    device->mute = json_bool(line, "mute", false);
    device->pull_at_ms = due_read(reader, line, "pull");
    device->back_at_ms = due_read(reader, line, "back");
    device->connection_lie =
        (enum emulator_connection_lie)choice_read(line, "connectionLie", EMULATOR_CONNECTION_INVERTED);
    struct emulator_document *routes = document_of(reader, line);
    device->routes = routes ? emulator_document_share(routes) : NULL;
    twin_read(reader, json_get(line, "twin"), &device->twin);
    cJSON_ArrayForEach(item, json_get(line, "modules"))
    {
        const char *id = json_string(item, "id");
        if (id)
            twin_read(reader, item, emulator_device_module_add(device, id, emulator_ticks_now()));
    }
    cJSON_ArrayForEach(item, json_get(line, "containers"))
    {
        if (container_read(reader, item, device, error) < 0)
            return -1;
    }
    emulator_life_plan(device);
    assignments_read(json_get(line, "assignments"), device);
    reports_make(device);
    return 0;
}

static int line_read(struct reader *reader, const cJSON *line, struct error *error)
{
    static const struct {
        const char *kind;
        int (*read)(struct reader *reader, const cJSON *line, struct error *error);
    } kinds[] = {
        {"hub", hub_read},
        {"document", document_read},
        {"configuration", configuration_read},
        {"device", device_read},
    };

    for (size_t i = 0; i < array_length(kinds); i++) {
        const cJSON *value = json_get(line, kinds[i].kind);
        if (value && (reader->began || i == 0))
            return kinds[i].read(reader, value, error);
    }
    return error_set(error, "it is no state of an emulator");
}

static int lines_read(struct reader *reader, const char *text, size_t length, struct error *error)
{
    size_t number = 0;

    for (const char *at = text, *end = text + length; at < end;) {
        cleanup_json cJSON *line = NULL;
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t line_length = (size_t)((stop ? stop : end) - at);

        number++;
        if (json_parse(at, line_length, &line, error) < 0 || line_read(reader, line, error) < 0)
            return error_wrap(error, "line %zu", number);
        at += line_length + 1;
    }
    return reader->began ? 0 : error_set(error, "it is empty");
}

int emulator_state_read(struct emulator *emulator, const char *text, size_t length, struct error *error)
{
    struct reader reader = {.emulator = emulator};
    int result = lines_read(&reader, text, length, error);

    for (size_t i = 0; i < reader.count; i++)
        emulator_document_drop(reader.documents[i]);
    free(reader.documents);
    if (result == 0) /* gaps are looked for from now on */
        emulator_coverage_update(&emulator->coverage, &emulator->state, 0);
    return result;
}

int emulator_state_load(struct emulator *emulator, const char *path, struct error *error)
{
    cleanup_free char *text = NULL;
    size_t length = 0;

    if (access(path, F_OK) < 0 && errno == ENOENT)
        return 0;
    if (file_read(path, LARGEST_FILE, &text, &length, error) < 0)
        return -1;
    if (emulator_state_read(emulator, text, length, error) < 0)
        return error_wrap(error, "the state in %s cannot be read", path);
    return 0;
}
