#include "translate/probes.h"

#include "common/json.h"

#include <string.h>

#define NANOSECONDS 1000000000.0

static void add_seconds(struct pod_reading *reading, cJSON *check, const char *option, const cJSON *probe,
                        const char *name, int64_t otherwise)
{
    int64_t seconds;

    if (!json_int64(probe, name, &seconds) || seconds < 0)
        seconds = otherwise;
    if (seconds)
        pod_add_number(reading, check, option, (double)seconds * NANOSECONDS);
}

/* With the API server's defaults for what is not given. */
static void write_health_check(struct pod_reading *reading, const cJSON *probe, const cJSON *command)
{
    cJSON *check = pod_member_object(reading, pod_options(reading), "Healthcheck");
    cJSON *test = pod_member_array(reading, check, "Test");
    const cJSON *word;
    int64_t retries;

    if (!test)
        return;
    pod_append_string(reading, test, "CMD");
    cJSON_ArrayForEach(word, command) pod_append_string(reading, test, word->valuestring);
    add_seconds(reading, check, "Interval", probe, "periodSeconds", 10);
    add_seconds(reading, check, "Timeout", probe, "timeoutSeconds", 1);
    add_seconds(reading, check, "StartPeriod", probe, "initialDelaySeconds", 0);
    if (!json_int64(probe, "failureThreshold", &retries) || retries < 1)
        retries = 3;
    pod_add_number(reading, check, "Retries", (double)retries);
}

void probes_read_liveness(struct pod_reading *reading, const cJSON *item)
{
    const cJSON *exec = json_get(item, "exec");
    const cJSON *command = json_get(exec, "command");

    if (pod_item_is_empty(item))
        return;
    if (!exec || cJSON_IsNull(exec)) {
        probes_read_other(reading, item);
        return;
    }
    if (pod_item_is_empty(command)) {
        pod_error(reading, FIELD_REQUIRED, "livenessProbe.exec.command", NULL, "the command that checks");
        return;
    }
    if (!pod_check_strings(reading, command, "livenessProbe.exec.command"))
        return;
    pod_warning(reading,
                "container %s: livenessProbe becomes a Docker health check, on which the edge agent does not "
                "act",
                pod_container_name(reading));
    if (reading->wishes)
        write_health_check(reading, item, command);
}

void probes_read_other(struct pod_reading *reading, const cJSON *item)
{
    if (!pod_item_is_empty(item))
        pod_warning(reading, "container %s: nobody on a device runs its %s", pod_container_name(reading), item->string);
}

void probes_read_lifecycle(struct pod_reading *reading, const cJSON *item)
{
    const char *signal = json_string_or(item, "stopSignal", "");

    if (!pod_item_is_empty(json_get(item, "postStart")))
        pod_error(reading, FIELD_FORBIDDEN, "lifecycle.postStart", NULL,
                  "nobody on a device runs it: do it in the container's command");
    if (!pod_item_is_empty(json_get(item, "preStop")))
        pod_warning(reading, "container %s: nobody on a device runs its preStop; it gets a signal to stop",
                    pod_container_name(reading));
    if (*signal)
        pod_add_string(reading, pod_options(reading), "StopSignal", signal);
}
