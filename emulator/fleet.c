#include "emulator/fleet.h"

#include "common/json.h"
#include "emulator/memory.h"
#include "emulator/timestamp.h"
#include "emulator/twin.h"

/* The place of the id in the order, whether it is there or not. */
static size_t device_place(const struct emulator_fleet *fleet, const char *id)
{
    size_t low = 0, high = fleet->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(fleet->devices[middle]->id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct emulator_device *emulator_fleet_find(const struct emulator_fleet *fleet, const char *id)
{
    size_t place = device_place(fleet, id);

    if (place == fleet->count || strcmp(fleet->devices[place]->id, id) != 0)
        return NULL;
    return fleet->devices[place];
}

static void tags_set(struct emulator_twin *twin, const cJSON *tags)
{
    if (!tags)
        return;
    cJSON_Delete(twin->tags);
    twin->tags = cJSON_Duplicate(tags, true);
}

static void reported_set(struct emulator_twin *twin, const cJSON *reported, int64_t now)
{
    if (!reported)
        return;
    struct emulator_document *document = emulator_document_new(cJSON_Duplicate(reported, true));
    emulator_twin_set(twin, &twin->reported, document, now);
    emulator_document_drop(document);
}

struct emulator_device *emulator_fleet_add(struct emulator_fleet *fleet, const char *id, bool edge, const cJSON *tags,
                                           const cJSON *reported)
{
    size_t place = device_place(fleet, id);
    int64_t now = emulator_ticks_now();

    if (place < fleet->count && strcmp(fleet->devices[place]->id, id) == 0)
        return NULL;
    struct emulator_device *device = emulator_allocate(sizeof(*device));
    device->id = emulator_text_copy(id);
    device->edge = edge;
    device->pull_at_ms = device->life_at_ms = device->back_at_ms = -1;
    device->fleet = fleet;
    if (!fleet->backoff_ms)
        fleet->backoff_ms = EMULATOR_BACKOFF_MS;
    emulator_twin_init(&device->twin, NULL, now);
    tags_set(&device->twin, tags);
    reported_set(&device->twin, reported, now);
    if (edge) {
        emulator_device_module_add(device, "$edgeAgent", now);
        emulator_device_module_add(device, "$edgeHub", now);
    }
    fleet->devices = emulator_array_grow(fleet->devices, fleet->count, &fleet->capacity, sizeof(*fleet->devices));
    memmove(fleet->devices + place + 1, fleet->devices + place, (fleet->count - place) * sizeof(*fleet->devices));
    fleet->devices[place] = device;
    fleet->count++;
    return device;
}

void emulator_container_release(struct emulator_container *container)
{
    free(container->name);
    free(container->forced_status);
    free(container->forced_description);
    emulator_document_drop(container->definition);
    emulator_log_free(container->log);
}

static void messages_free(struct emulator_device *device)
{
    for (size_t i = 0; i < device->upstream_count; i++) {
        free(device->upstream[i].source);
        free(device->upstream[i].body);
    }
    free(device->upstream);
}

static void device_free(struct emulator_device *device)
{
    free(device->id);
    emulator_twin_release(&device->twin);
    for (size_t i = 0; i < device->module_count; i++) {
        emulator_twin_release(device->modules[i]);
        free(device->modules[i]);
    }
    free(device->modules);
    emulator_device_assign(device, NULL, 0);
    emulator_device_twins_unassign(device);
    free(device->twin_assignments);
    for (size_t i = 0; i < device->container_count; i++)
        emulator_container_release(&device->containers[i]);
    free(device->containers);
    for (size_t i = 0; i < device->failure_count; i++)
        free(device->failures[i].module);
    free(device->failures);
    emulator_document_drop(device->routes);
    messages_free(device);
    emulator_document_drop(device->targets);
    free(device->covering);
    free(device);
}

static void images_forget(struct emulator_fleet *fleet)
{
    for (size_t i = 0; i < fleet->missing_count; i++)
        free(fleet->missing_images[i]);
    fleet->missing_count = 0;
}

void emulator_fleet_release(struct emulator_fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++)
        device_free(fleet->devices[i]);
    free(fleet->devices);
    images_forget(fleet);
    free(fleet->missing_images);
    *fleet = (struct emulator_fleet){.devices = NULL};
}

static size_t module_place(const struct emulator_device *device, const char *module_id)
{
    size_t place = 0;

    while (place < device->module_count && strcmp(device->modules[place]->module_id, module_id) < 0)
        place++;
    return place;
}

struct emulator_twin *emulator_device_module(const struct emulator_device *device, const char *module_id)
{
    size_t place = module_place(device, module_id);

    if (place == device->module_count || strcmp(device->modules[place]->module_id, module_id) != 0)
        return NULL;
    return device->modules[place];
}

struct emulator_twin *emulator_device_module_add(struct emulator_device *device, const char *module_id, int64_t now)
{
    struct emulator_twin *twin = emulator_device_module(device, module_id);
    size_t place = module_place(device, module_id);

    if (twin)
        return twin;
    twin = emulator_allocate(sizeof(*twin));
    emulator_twin_init(twin, module_id, now);
    device->modules =
        emulator_array_grow(device->modules, device->module_count, &device->module_capacity, sizeof(*device->modules));
    memmove(device->modules + place + 1, device->modules + place,
            (device->module_count - place) * sizeof(*device->modules));
    device->modules[place] = twin;
    device->module_count++;
    return twin;
}

void emulator_device_module_remove(struct emulator_device *device, const char *module_id)
{
    size_t place = module_place(device, module_id);

    if (place == device->module_count || strcmp(device->modules[place]->module_id, module_id) != 0)
        return;
    emulator_twin_release(device->modules[place]);
    free(device->modules[place]);
    device->module_count--;
    memmove(device->modules + place, device->modules + place + 1,
            (device->module_count - place) * sizeof(*device->modules));
}

const struct emulator_assignment *emulator_device_assignment(const struct emulator_device *device, uint64_t order)
{
    for (size_t i = 0; i < device->assignment_count; i++)
        if (device->assignments[i].order == order)
            return &device->assignments[i];
    return NULL;
}

void emulator_device_assign(struct emulator_device *device, struct emulator_assignment *assignments, size_t count)
{
    for (size_t i = 0; i < device->assignment_count; i++)
        free(device->assignments[i].configuration_id);
    free(device->assignments);
    device->assignments = assignments;
    device->assignment_count = count;
}

bool emulator_device_lacks_image(const struct emulator_device *device, const char *module, const char *image)
{
    for (size_t i = 0; i < device->failure_count; i++)
        if (device->failures[i].image_missing && strcmp(device->failures[i].module, module) == 0)
            return true;
    for (size_t i = 0; i < device->fleet->missing_count; i++)
        if (strcmp(device->fleet->missing_images[i], image) == 0)
            return true;
    return false;
}

int emulator_fleet_images_set(struct emulator_fleet *fleet, const cJSON *missing, struct error *error)
{
    const cJSON *image;

    if (!cJSON_IsArray(missing))
        return error_set(error, "images.missing must be an array of names");
    cJSON_ArrayForEach(image, missing)
    {
        if (!cJSON_IsString(image))
            return error_set(error, "images.missing must be an array of names");
    }
    images_forget(fleet);
    cJSON_ArrayForEach(image, missing)
    {
        fleet->missing_images = emulator_array_grow(fleet->missing_images, fleet->missing_count,
                                                    &fleet->missing_capacity, sizeof(*fleet->missing_images));
        fleet->missing_images[fleet->missing_count++] = emulator_text_copy(image->valuestring);
    }
    return 0;
}

#define MOST_MESSAGES 1000

void emulator_device_send(struct emulator_device *device, const char *source, const char *body, int64_t wall_ms)
{
    if (device->upstream_count == MOST_MESSAGES) {
        free(device->upstream[0].source);
        free(device->upstream[0].body);
        device->upstream_count--;
        memmove(device->upstream, device->upstream + 1, device->upstream_count * sizeof(*device->upstream));
    }
    device->upstream = emulator_array_grow(device->upstream, device->upstream_count, &device->upstream_capacity,
                                           sizeof(*device->upstream));
    device->upstream[device->upstream_count++] =
        (struct emulator_message){wall_ms, emulator_text_copy(source), emulator_text_copy(body)};
}

void emulator_device_twins_unassign(struct emulator_device *device)
{
    for (size_t i = 0; i < device->twin_assignment_count; i++) {
        free(device->twin_assignments[i].configuration_id);
        free(device->twin_assignments[i].module_id);
    }
    device->twin_assignment_count = 0;
}
