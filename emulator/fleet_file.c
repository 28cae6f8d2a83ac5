#include "emulator/fleet.h"

#include "common/cleanup.h"
#include "common/file.h"
#include "common/json.h"
#include "common/yaml.h"

#define FILE_LIMIT (64UL << 20)

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
            strcmp(name, "held"))
            return error_set(error, "devices[%d].%s: unknown; a device has id, tags, reported, edge and held", index,
                             name);
    }
    if ((tags && !cJSON_IsObject(tags)) || (reported && !cJSON_IsObject(reported)))
        return error_set(error, "devices[%d]: tags and reported must be objects", index);
    struct emulator_device *device = emulator_fleet_add(fleet, id, json_bool(item, "edge", true), tags, reported);
    if (!device)
        return error_set(error, "devices[%d].id: there is another device %s", index, id);
    device->held = json_bool(item, "held", false);
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
