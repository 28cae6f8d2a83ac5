/* From $edgeAgent twins to what the pod's status says: design, "Status". */
#ifndef TRANSLATE_MODULE_STATE_H
#define TRANSLATE_MODULE_STATE_H

#include "translate/manifest.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

struct module_state_input {
    const char *configuration_id;
    const struct manifest *manifest; /* modules and images that are expected */
    int64_t now_wall_ms;
    int64_t offline_after_ms; /* a device pending for longer is offline, and not counted */
    /* When the hub got this configuration: since when a device without Applied waits. */
    int64_t configuration_since_wall_ms;
};

enum module_phase { MODULE_WAITING, MODULE_RUNNING, MODULE_BACKOFF, MODULE_FAILED, MODULE_STOPPED };

/* One container over all devices: the worst of them decides the phase, the sums say how many. */
struct module_summary {
    unsigned running;        /* devices on which it runs with the expected image */
    enum module_phase phase; /* the worst among the judged devices; MODULE_WAITING before any */
    unsigned restarts;       /* the highest restartCount */
    int exit_code;           /* of the worst device, when phase is backoff or failed or stopped */
    int64_t started_wall_ms; /* the latest start among running ones; 0: unknown */
    char *detail;            /* statusDescription of the worst device, cut; may be NULL */
    char *device;            /* the worst device; may be NULL */
};

struct module_states {
    unsigned targeted; /* devices whose twin names the configuration, Targeted or Applied */
    unsigned applied;
    unsigned succeeded; /* applied, latest version reported with code 200, and all modules running with their image */
    unsigned failed;    /* reported the latest version with another code, or a module backs off, failed or stopped */
    unsigned offline;   /* pending for longer than offline_after */
    struct module_summary *modules; /* in the order of the manifest */
    size_t module_count;
    char *worst;             /* sentence about the worst device, or NULL: "device01: code 400: …" */
    char *worst_device;      /* and its name, */
    unsigned worst_severity; /* to compare the next one with */
};

#define MODULE_STATES_INIT                                                                                             \
    {                                                                                                                  \
        .targeted = 0                                                                                                  \
    }

void module_states_release(struct module_states *states);

/* Starts a judgement, adds the twins ($edgeAgent's, as `SELECT * FROM devices.modules` gives them) one by one, reads
 * it. module_states_begin returns 0, or -1 without memory. A twin that does not name the configuration is not counted.
 */
int module_states_begin(const struct module_state_input *input, struct module_states *states);
void module_states_add_twin(const struct module_state_input *input, struct module_states *states, const cJSON *twin);

/* Whether the container of that index is ready: its module runs with this image on ready_percent of the judged devices
 * (the targeted that are not offline), each of which reported the latest version with code 200; at least one was
 * judged. */
bool module_states_ready(const struct module_states *states, size_t module, unsigned ready_percent);

/* "2 devices targeted, 2 applied, 1 succeeded, 0 failed", with the offline and the worst when there are some; for no
 * targeted device: "the target condition matches no device". For the caller to free. */
char *module_states_message(const struct module_states *states);

#endif
