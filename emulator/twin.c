#include "emulator/twin.h"

#include "common/json.h"
#include "emulator/memory.h"
#include "emulator/timestamp.h"
#include "emulator/twin_limits.h"

void emulator_twin_init(struct emulator_twin *twin, const char *module_id, int64_t now)
{
    *twin = (struct emulator_twin){.module_id = emulator_text_copy(module_id), .version = 1, .etag = 1};
    if (!module_id)
        twin->tags = cJSON_CreateObject();
    twin->desired = (struct emulator_section){emulator_document_new(cJSON_CreateObject()), 1, now};
    twin->reported = (struct emulator_section){emulator_document_share(twin->desired.document), 1, now};
}

void emulator_twin_release(struct emulator_twin *twin)
{
    free(twin->module_id);
    cJSON_Delete(twin->tags);
    emulator_document_drop(twin->desired.document);
    emulator_document_drop(twin->reported.document);
    free(twin->outcome.description);
}

bool emulator_twin_set(struct emulator_twin *twin, struct emulator_section *section, struct emulator_document *document,
                       int64_t now)
{
    if (section->document == document)
        return false;
    bool equal = emulator_document_equal(section->document, document);
    emulator_document_drop(section->document);
    section->document = emulator_document_share(document);
    if (equal)
        return false;
    section->version++;
    section->updated = now;
    twin->version++;
    if (section == &twin->desired)
        twin->etag++;
    return true;
}

void emulator_twin_resend(struct emulator_twin *twin, int64_t now)
{
    twin->desired.version++;
    twin->desired.updated = now;
    twin->version++;
    twin->etag++;
}

/* RFC 7396, which is what twins follow, within the depth that json_parse allows. */
static void merge(cJSON *target, const cJSON *patch)
{
    const cJSON *change;

    cJSON_ArrayForEach(change, patch)
    {
        cJSON *present = json_get(target, change->string);
        if (cJSON_IsNull(change)) {
            if (present)
                cJSON_Delete(cJSON_DetachItemViaPointer(target, present));
        } else if (cJSON_IsObject(change)) {
            if (!cJSON_IsObject(present)) {
                if (present)
                    cJSON_Delete(cJSON_DetachItemViaPointer(target, present));
                present = cJSON_AddObjectToObject(target, change->string);
            }
            merge(present, change);
        } else {
            if (present)
                cJSON_Delete(cJSON_DetachItemViaPointer(target, present));
            cJSON_AddItemToObject(target, change->string, cJSON_Duplicate(change, true));
        }
    }
}

static bool is_object_or_missing(const cJSON *value)
{
    return !value || cJSON_IsObject(value);
}

static int shape_check(const struct emulator_twin *twin, const cJSON *given, struct error *error)
{
    const cJSON *tags = json_get(given, "tags");

    if (!cJSON_IsObject(given) || !is_object_or_missing(tags) || !is_object_or_missing(json_get(given, "properties")) ||
        !is_object_or_missing(json_at(given, "properties", "desired", NULL)))
        return error_set(error, "a twin, its tags, its properties and its desired properties must be objects");
    /* Java's client sends empty ones with a module's twin. */
    return tags && tags->child && !twin->tags ? error_set(error, "a module's twin has no tags") : 0;
}

/* The section after the change. A client that sends back what it read sends $metadata and $version too: they are not
 * ours. */
static cJSON *section_make(cJSON *present, const cJSON *change)
{
    cleanup_json cJSON *wanted = change ? cJSON_Duplicate(change, true) : cJSON_CreateObject();

    cJSON_DeleteItemFromObjectCaseSensitive(wanted, "$metadata");
    cJSON_DeleteItemFromObjectCaseSensitive(wanted, "$version");
    merge(present, wanted);
    return present;
}

/* Takes both trees over; tags NULL: they stay. */
static int sections_set(struct emulator_twin *twin, cJSON *tags, cJSON *desired, int64_t now, struct error *error)
{
    if ((tags && emulator_twin_limits_check(tags, "tags", EMULATOR_TWIN_TAGS_LIMIT, error) < 0) ||
        emulator_twin_limits_check(desired, "properties.desired", EMULATOR_TWIN_DESIRED_LIMIT, error) < 0) {
        cJSON_Delete(tags);
        cJSON_Delete(desired);
        return -1;
    }
    if (tags) {
        cJSON_Delete(twin->tags);
        twin->tags = tags;
    }
    struct emulator_document *document = emulator_document_new(desired);
    if (!emulator_twin_set(twin, &twin->desired, document, now)) {
        twin->version++;
        twin->etag++;
    }
    emulator_document_drop(document);
    return 0;
}

int emulator_twin_patch(struct emulator_twin *twin, const cJSON *patch, int64_t now, struct error *error)
{
    const cJSON *tags = json_get(patch, "tags");

    if (shape_check(twin, patch, error) < 0)
        return -1;
    return sections_set(
        twin, tags && twin->tags ? section_make(cJSON_Duplicate(twin->tags, true), tags) : NULL,
        section_make(emulator_document_copy(twin->desired.document), json_at(patch, "properties", "desired", NULL)),
        now, error);
}

int emulator_twin_replace(struct emulator_twin *twin, const cJSON *whole, int64_t now, struct error *error)
{
    if (shape_check(twin, whole, error) < 0)
        return -1;
    return sections_set(twin, twin->tags ? section_make(cJSON_CreateObject(), json_get(whole, "tags")) : NULL,
                        section_make(cJSON_CreateObject(), json_at(whole, "properties", "desired", NULL)), now, error);
}

char *emulator_twin_etag(const struct emulator_twin *twin)
{
    unsigned char bytes[8];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(twin->etag >> (56 - 8 * i));
    return emulator_base64_text(bytes, sizeof(bytes));
}

static void section_add(cJSON *properties, const char *name, const struct emulator_section *section)
{
    cJSON *shown = section->document->tree ? cJSON_CreateObject() : emulator_document_copy(section->document);
    char time[EMULATOR_TIMESTAMP_SIZE];
    cJSON *member;

    cJSON_AddItemToObject(properties, name, shown);
    cJSON_ArrayForEach(member, section->document->tree) cJSON_AddItemReferenceToObject(shown, member->string, member);
    cJSON *metadata = cJSON_AddObjectToObject(shown, "$metadata");
    emulator_ticks_format(section->updated, time);
    cJSON_AddStringToObject(metadata, "$lastUpdated", time);
    cJSON_AddNumberToObject(metadata, "$lastUpdatedVersion", (double)section->version);
    cJSON_AddNumberToObject(shown, "$version", (double)section->version);
}

static void assignments_add(cJSON *tree, const struct emulator_device *device)
{
    cJSON *configurations = cJSON_AddObjectToObject(tree, "configurations");

    for (size_t i = 0; i < device->assignment_count; i++) {
        const struct emulator_assignment *assignment = &device->assignments[i];
        cJSON *shown = cJSON_AddObjectToObject(configurations, assignment->configuration_id);
        cJSON_AddStringToObject(shown, "status", assignment->applied ? "Applied" : "Targeted");
    }
}

static void twin_assignments_add(cJSON *tree, const struct emulator_device *device, const struct emulator_twin *twin)
{
    cJSON *configurations = cJSON_AddObjectToObject(tree, "configurations");

    for (size_t i = 0; i < device->twin_assignment_count; i++) {
        const struct emulator_twin_assignment *assignment = &device->twin_assignments[i];
        if (twin->module_id ? assignment->module_id && strcmp(assignment->module_id, twin->module_id) == 0
                            : !assignment->module_id)
            cJSON_AddStringToObject(cJSON_AddObjectToObject(configurations, assignment->configuration_id), "status",
                                    "Applied");
    }
}

/* Only those that hold the agent's own connection know of the device's state. */
static bool is_connected(const struct emulator_device *device, const struct emulator_twin *twin)
{
    bool connected = !device->held && device->container_count > 0 && twin->module_id;

    switch (device->connection_lie) {
    case EMULATOR_CONNECTION_CONNECTED:
        return true;
    case EMULATOR_CONNECTION_DISCONNECTED:
        return false;
    case EMULATOR_CONNECTION_INVERTED:
        return !connected;
    case EMULATOR_CONNECTION_TRUE:
        break;
    }
    return connected;
}

static void thumbprints_add(cJSON *tree)
{
    cJSON *thumbprints = cJSON_AddObjectToObject(tree, "x509Thumbprint");

    cJSON_AddNullToObject(thumbprints, "primaryThumbprint");
    cJSON_AddNullToObject(thumbprints, "secondaryThumbprint");
}

cJSON *emulator_twin_tree(const struct emulator_device *device, const struct emulator_twin *twin)
{
    cJSON *tree = cJSON_CreateObject();
    cleanup_free char *etag = emulator_twin_etag(twin);

    cJSON_AddStringToObject(tree, "deviceId", device->id);
    if (twin->module_id)
        cJSON_AddStringToObject(tree, "moduleId", twin->module_id);
    cJSON_AddStringToObject(tree, "etag", etag);
    cJSON_AddStringToObject(tree, "status", "enabled");
    cJSON_AddStringToObject(tree, "statusUpdateTime", "0001-01-01T00:00:00Z");
    cJSON_AddStringToObject(tree, "connectionState", is_connected(device, twin) ? "Connected" : "Disconnected");
    cJSON_AddStringToObject(tree, "lastActivityTime", "0001-01-01T00:00:00Z");
    cJSON_AddNumberToObject(tree, "cloudToDeviceMessageCount", 0);
    cJSON_AddStringToObject(tree, "authenticationType", "sas");
    thumbprints_add(tree);
    cJSON_AddStringToObject(tree, "modelId", "");
    cJSON_AddNumberToObject(tree, "version", (double)twin->version);
    if (!twin->module_id) {
        cJSON_AddItemReferenceToObject(tree, "tags", twin->tags);
        cJSON_AddBoolToObject(cJSON_AddObjectToObject(tree, "capabilities"), "iotEdge", device->edge);
    }
    cJSON *properties = cJSON_AddObjectToObject(tree, "properties");
    section_add(properties, "desired", &twin->desired);
    section_add(properties, "reported", &twin->reported);
    if (twin->module_id && strcmp(twin->module_id, "$edgeAgent") == 0)
        assignments_add(tree, device);
    else if (device->twin_assignment_count)
        twin_assignments_add(tree, device, twin);
    return tree;
}
