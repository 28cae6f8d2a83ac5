#include "translate/resources.h"

#include "common/json.h"
#include "translate/quantity.h"

#include <string.h>

/* The least that Docker takes. */
#define MIN_MEMORY    INT64_C(6291456)
#define MIN_NANO_CPUS INT64_C(10000000)

static void read_amount(struct pod_reading *reading, const cJSON *item, unsigned decimals, int64_t least,
                        const char *least_text, const char *option)
{
    char place[FIELD_PATH_SIZE], shown[POD_VALUE_SIZE];
    int64_t amount;

    field_path(place, "resources.limits.%s", item->string);
    if (!quantity_read(item, decimals, &amount))
        pod_error(reading, FIELD_INVALID, place, pod_value(item, shown), "must be a quantity such as %s",
                  decimals ? "250m" : "64Mi");
    else if (amount < least)
        pod_error(reading, FIELD_INVALID, place, pod_value(item, shown), "Docker takes no less than %s", least_text);
    else
        pod_add_number(reading, pod_host_config(reading), option, (double)amount);
}

static void read_limit(struct pod_reading *reading, const cJSON *item)
{
    const char *name = item->string;
    char place[FIELD_PATH_SIZE];

    if (strcmp(name, "memory") == 0)
        read_amount(reading, item, 0, MIN_MEMORY, "6Mi", "Memory");
    else if (strcmp(name, "cpu") == 0)
        read_amount(reading, item, 9, MIN_NANO_CPUS, "10m", "NanoCpus");
    else if (strcmp(name, "ephemeral-storage") == 0 || strncmp(name, "hugepages-", 10) == 0)
        pod_warning(reading, "container %s: a device does not limit %s", pod_container_name(reading), name);
    else
        pod_error(reading, FIELD_FORBIDDEN, field_path(place, "resources.limits[%s]", name), NULL,
                  "a device has no device plugins: give HostConfig.DeviceRequests or Devices in the createOptions of "
                  "the module's ConfigMap");
}

void resources_read(struct pod_reading *reading, const cJSON *item)
{
    const cJSON *limits = json_get(item, "limits");

    for (const cJSON *limit = limits ? limits->child : NULL; limit && limit->string; limit = limit->next)
        read_limit(reading, limit);
    if (!pod_item_is_empty(json_get(item, "claims")))
        pod_error(reading, FIELD_FORBIDDEN, "resources.claims", NULL,
                  "a device has no resource claims: give HostConfig.DeviceRequests or Devices in the createOptions of "
                  "the module's ConfigMap");
}
