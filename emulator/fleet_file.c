#include "emulator/fleet.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/json.h"
#include "common/yaml.h"
#include "emulator/memory.h"

#define FILE_LIMIT (64UL << 20)

static int failure_load(struct emulator_device *device, const cJSON *item, struct error *error)
{
    struct emulator_failure failure = {.exit_code = 1};
    const char *image = json_string(item, "image"), *crash = json_string(item, "crash");
    int64_t exit_code = 1;

    if (!cJSON_IsObject(item) || !image == !crash)
        return error_set(error, "failures.%s: either image or crash is needed", item->string);
    if (image && strcmp(image, "missing") != 0)
        return error_set(error, "failures.%s.image: the one thing that an image can be is missing", item->string);
    if (crash && !clock_parse_duration(crash, &failure.after_ms))
        return error_set(error, "failures.%s.crash: %s is no duration", item->string, crash);
    if ((json_get(item, "exitCode") &&
         (!json_int64(item, "exitCode", &exit_code) || exit_code < 0 || exit_code > 255)) ||
        (json_get(item, "times") && (!json_int64(item, "times", &failure.times) || failure.times < 0)))
        return error_set(error, "failures.%s: exitCode is from 0 to 255, times from 0", item->string);
    failure.image_missing = image != NULL;
    failure.crashes = crash != NULL;
    failure.exit_code = (int)exit_code;
    failure.module = emulator_text_copy(item->string);
    device->failures = emulator_array_grow(device->failures, device->failure_count, &device->failure_capacity,
                                           sizeof(*device->failures));
    device->failures[device->failure_count++] = failure;
    return 0;
}

static int failures_load(struct emulator_device *device, const cJSON *failures, struct error *error)
{
    const cJSON *item;

    if (failures && !cJSON_IsObject(failures))
        return error_set(error, "failures must be an object with the modules' names");
    cJSON_ArrayForEach(item, failures)
    {
        if (failure_load(device, item, error) < 0)
            return -1;
    }
    return 0;
}

static int device_load(struct emulator_fleet *fleet, const cJSON *item, int index, struct error *error)
{
    const char *id = json_string(item, "id");
    const cJSON *tags = json_get(item, "tags");
    const cJSON *reported = json_get(item, "reported");
    const cJSON *member;

    if (!id || !*id)
        return error_set(error, "devices[%d].id: a device needs an id", index);
    cJSON_ArrayForEach(member, item)
    {
        const char *name = member->string;
        if (strcmp(name, "id") && strcmp(name, "tags") && strcmp(name, "reported") && strcmp(name, "edge") &&
            strcmp(name, "held") && strcmp(name, "failures"))
            return error_set(error, "devices[%d].%s: unknown; a device has id, tags, reported, edge, held and failures",
                             index, name);
    }
    if ((tags && !cJSON_IsObject(tags)) || (reported && !cJSON_IsObject(reported)))
        return error_set(error, "devices[%d]: tags and reported must be objects", index);
    struct emulator_device *device = emulator_fleet_add(fleet, id, json_bool(item, "edge", true), tags, reported);
    if (!device)
        return error_set(error, "devices[%d].id: there is another device %s", index, id);
    device->held = json_bool(item, "held", false);
    if (failures_load(device, json_get(item, "failures"), error) < 0)
        return error_wrap(error, "devices[%d]", index);
    return 0;
}

int emulator_fleet_load(struct emulator_fleet *fleet, const char *path, struct error *error)
{
    cleanup_free char *text = NULL;
    cleanup_json cJSON *documents = NULL;
    size_t length = 0;
    int index = 0;

    if (file_read(path, FILE_LIMIT, &text, &length, error) < 0)
        return -1;
    if (yaml_parse(text, length, &documents, error) < 0)
        return error_wrap(error, "%s", path);
    const cJSON *devices = cJSON_GetArrayItem(documents, 0);
    const cJSON *images = json_get(devices, "images");
    if (images && emulator_fleet_images_set(fleet, json_get(images, "missing"), error) < 0)
        return error_wrap(error, "%s", path);
    if (cJSON_IsObject(devices))
        devices = json_get(devices, "devices");
    if (!cJSON_IsArray(devices) || cJSON_GetArraySize(documents) != 1)
        return error_set(error, "%s: one list of devices is expected, or an object whose `devices` is one", path);
    const cJSON *item;
    cJSON_ArrayForEach(item, devices)
    {
        if (device_load(fleet, item, index++, error) < 0)
            return error_wrap(error, "%s", path);
    }
    return 0;
}

void emulator_fleet_add_defaults(struct emulator_fleet *fleet)
{
    static const struct {
        const char *id, *testtag;
    } defaults[] = {{"device01", "A"}, {"device02", "B"}, {"device03", "A"}};

    for (size_t i = 0; i < array_length(defaults); i++) {
        cleanup_json cJSON *tags = cJSON_CreateObject();
        cJSON_AddStringToObject(tags, "testtag", defaults[i].testtag);
        emulator_fleet_add(fleet, defaults[i].id, true, tags, NULL);
    }
}
