#include "emulator/state_file.h"

#include "common/file.h"
#include "common/json.h"
#include "emulator/document_table.h"
#include "emulator/memory.h"

#include <inttypes.h>

static void ticks_write(struct json_writer *json, const char *name, int64_t ticks)
{
    char text[32];

    snprintf(text, sizeof(text), "%" PRId64, ticks);
    json_member_string(json, name, text);
}

/* Opens a line: {"kind":{ */
static void line_begin(struct json_writer *json, const char *kind)
{
    json->needs_comma = false;
    json_begin_object(json);
    json_name(json, kind);
    json_begin_object(json);
}

static void line_end(struct json_writer *json)
{
    json_end_object(json);
    json_end_object(json);
    strbuf_add_char(json->out, '\n');
}

static void policies_write(struct json_writer *json, const struct emulator_policies *policies)
{
    json_begin_array(json);
    for (size_t i = 0; i < policies->count; i++) {
        json_begin_object(json);
        json_member_string(json, "name", policies->items[i].policy);
        json_member_string(json, "primary", policies->items[i].primary);
        json_member_string(json, "secondary", policies->items[i].secondary);
        json_end_object(json);
    }
    json_end_array(json);
}

char *emulator_state_boot(void)
{
    char *text = NULL;

    if (file_read("/proc/sys/kernel/random/boot_id", 100, &text, NULL, NULL) < 0)
        return emulator_text_copy("unknown");
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static void images_write(struct json_writer *json, const struct emulator_fleet *fleet)
{
    json_begin_array(json);
    for (size_t i = 0; i < fleet->missing_count; i++)
        json_add_string(json, fleet->missing_images[i]);
    json_end_array(json);
}

static void hub_write(struct json_writer *json, const struct emulator *emulator)
{
    cleanup_free char *boot = emulator_state_boot();

    line_begin(json, "hub");
    json_member_int(json, "format", 1);
    json_member_string(json, "boot", boot);
    json_member_int(json, "lastOrder", (int64_t)emulator->state.configurations.last_order);
    json_name(json, "policies");
    policies_write(json, &emulator->policies);
    json_name(json, "quirks");
    emulator_quirks_write(json, &emulator->state.quirks);
    json_name(json, "missingImages");
    images_write(json, &emulator->state.fleet);
    line_end(json);
}

static void value_write(struct json_writer *json, const char *name, const cJSON *value)
{
    json_name(json, name);
    if (value)
        json_add_value(json, value);
    else
        json_add_null(json);
}

static void configuration_write(struct json_writer *json, const struct emulator_configuration *configuration)
{
    const struct emulator_settings *settings = &configuration->settings;

    line_begin(json, "configuration");
    json_member_string(json, "id", configuration->id);
    json_member_int(json, "order", (int64_t)configuration->order);
    json_member_int(json, "etag", (int64_t)configuration->etag);
    ticks_write(json, "created", configuration->created);
    ticks_write(json, "updated", configuration->updated);
    json_member_bool(json, "evaluated", configuration->evaluated);
    json_member_int(json, "targeted", configuration->counts.targeted);
    json_member_int(json, "applied", configuration->counts.applied);
    json_member_int(json, "succeeded", configuration->counts.succeeded);
    json_member_int(json, "failed", configuration->counts.failed);
    value_write(json, "metricResults", configuration->metric_results);
    json_name(json, "body");
    json_begin_object(json);
    json_member_string(json, "schemaVersion", settings->schema_version);
    value_write(json, "labels", settings->labels);
    json_member_string(json, "targetCondition", settings->condition_text);
    json_member_int(json, "priority", settings->priority);
    json_name(json, "metrics");
    json_begin_object(json);
    value_write(json, "queries", settings->metric_queries);
    json_end_object(json);
    value_write(json, "content", configuration->content);
    json_end_object(json);
    line_end(json);
}

/* The document that a container's definition is in: the desired properties, or itself. */
static const struct emulator_document *definition_home(const struct emulator_container *container)
{
    return container->definition->whole ? container->definition->whole : container->definition;
}

static void twin_documents_add(struct emulator_document_table *table, const struct emulator_twin *twin)
{
    emulator_document_table_add(table, twin->desired.document);
    emulator_document_table_add(table, twin->reported.document);
}

static void documents_collect(struct emulator_document_table *table, const struct emulator_fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++) {
        const struct emulator_device *device = fleet->devices[i];
        twin_documents_add(table, &device->twin);
        if (device->routes)
            emulator_document_table_add(table, device->routes);
        for (size_t k = 0; k < device->module_count; k++)
            twin_documents_add(table, device->modules[k]);
        for (size_t k = 0; k < device->container_count; k++)
            emulator_document_table_add(table, definition_home(&device->containers[k]));
    }
    emulator_document_table_finish(table);
}

static void documents_write(struct json_writer *json, const struct emulator_document_table *table)
{
    cleanup_free const struct emulator_document **documents = emulator_document_table_list(table);

    for (size_t i = 0; i < table->count; i++) {
        line_begin(json, "document");
        value_write(json, "tree", documents[i]->tree);
        line_end(json);
    }
}

static void section_write(struct json_writer *json, const char *name, const struct emulator_section *section,
                          const struct emulator_document_table *table)
{
    json_name(json, name);
    json_begin_object(json);
    json_member_int(json, "document", emulator_document_table_find(table, section->document));
    json_member_int(json, "version", section->version);
    ticks_write(json, "updated", section->updated);
    json_end_object(json);
}

/* Reports say what the agent last said, which may be another state than the device is in now: it is held, or has not
 * taken its desired properties yet. Any others can be made again. */
static bool reports_are_old(const struct emulator_device *device)
{
    for (size_t i = 0; i < device->module_count; i++) {
        const struct emulator_twin *twin = device->modules[i];
        if (twin->outcome.version && twin->outcome.version != twin->desired.version)
            return true;
    }
    return device->held;
}

static void twin_write(struct json_writer *json, const struct emulator_device *device, const struct emulator_twin *twin,
                       const struct emulator_document_table *table)
{
    json_begin_object(json);
    json_member_string(json, "id", twin->module_id);
    if (twin->tags)
        value_write(json, "tags", twin->tags);
    section_write(json, "desired", &twin->desired, table);
    section_write(json, "reported", &twin->reported, table);
    if (twin->reported.document->text && reports_are_old(device)) {
        json_name(json, "report");
        json_add_raw(json, twin->reported.document->text);
    }
    json_member_int(json, "outcome", twin->outcome.version);
    json_member_int(json, "code", twin->outcome.code);
    json_member_string(json, "description", twin->outcome.description);
    json_member_int(json, "version", twin->version);
    json_member_int(json, "etag", (int64_t)twin->etag);
    json_end_object(json);
}

static void container_write(struct json_writer *json, const struct emulator_container *container,
                            const struct emulator_document_table *table)
{
    json_begin_object(json);
    json_member_string(json, "name", container->name);
    json_member_bool(json, "system", container->system);
    json_member_int(json, "document", emulator_document_table_find(table, definition_home(container)));
    json_member_bool(json, "part", container->definition->whole != NULL);
    ticks_write(json, "started", container->started);
    ticks_write(json, "exited", container->exited);
    ticks_write(json, "restarted", container->restarted);
    json_member_int(json, "restarts", container->restart_count);
    json_member_int(json, "exitCode", container->exit_code);
    json_member_string(json, "status", container->forced_status);
    json_member_string(json, "description", container->forced_description);
    json_member_int(json, "phase", (int64_t)container->phase);
    json_member_int(json, "next", container->next_ms);
    json_member_int(json, "crashes", container->crashes);
    json_end_object(json);
}

static void assignments_write(struct json_writer *json, const struct emulator_device *device)
{
    json_begin_array(json);
    for (size_t i = 0; i < device->assignment_count; i++) {
        const struct emulator_assignment *assignment = &device->assignments[i];
        json_begin_object(json);
        json_member_string(json, "id", assignment->configuration_id);
        json_member_int(json, "order", (int64_t)assignment->order);
        json_member_bool(json, "base", assignment->base);
        json_member_bool(json, "applied", assignment->applied);
        json_end_object(json);
    }
    json_end_array(json);
}

static void device_write(struct json_writer *json, const struct emulator_device *device,
                         const struct emulator_document_table *table)
{
    line_begin(json, "device");
    json_member_string(json, "id", device->id);
    json_member_bool(json, "edge", device->edge);
    json_member_bool(json, "held", device->held);
    json_member_bool(json, "mute", device->mute);
    json_member_int(json, "pull", device->pull_at_ms);
    json_member_int(json, "back", device->back_at_ms);
    json_member_int(json, "connectionLie", (int64_t)device->connection_lie);
    json_member_int(json, "document", device->routes ? emulator_document_table_find(table, device->routes) : -1);
    json_name(json, "twin");
    twin_write(json, device, &device->twin, table);
    json_name(json, "modules");
    json_begin_array(json);
    for (size_t i = 0; i < device->module_count; i++)
        twin_write(json, device, device->modules[i], table);
    json_end_array(json);
    json_name(json, "containers");
    json_begin_array(json);
    for (size_t i = 0; i < device->container_count; i++)
        container_write(json, &device->containers[i], table);
    json_end_array(json);
    json_name(json, "assignments");
    assignments_write(json, device);
    line_end(json);
}

void emulator_state_write(const struct emulator *emulator, struct strbuf *out)
{
    const struct emulator_hub_state *state = &emulator->state;
    struct emulator_document_table table = {NULL, 0, 0};
    struct json_writer json = {.out = out};

    documents_collect(&table, &state->fleet);
    hub_write(&json, emulator);
    documents_write(&json, &table);
    for (size_t i = 0; i < state->configurations.count; i++)
        configuration_write(&json, state->configurations.items[i]);
    for (size_t i = 0; i < state->fleet.count; i++)
        device_write(&json, state->fleet.devices[i], &table);
    emulator_document_table_release(&table);
}
