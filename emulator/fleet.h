/* The devices of the emulated hub, their twins and what runs on them. */
#ifndef EMULATOR_FLEET_H
#define EMULATOR_FLEET_H

#include "common/error.h"
#include "emulator/document.h"
#include "emulator/logs.h"
#include "emulator/quirks.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Desired or reported properties. */
struct emulator_section {
    struct emulator_document *document; /* never NULL */
    int64_t version;                    /* $version */
    int64_t updated;                    /* ticks */
};

/* What a module reported of the desired properties that it took last. */
struct emulator_outcome {
    int64_t version; /* 0: it never took any */
    int code;
    char *description; /* NULL: "" */
};

struct emulator_twin {
    char *module_id; /* NULL: the device's own twin */
    cJSON *tags;     /* of a device's own twin; an object */
    struct emulator_section desired, reported;
    struct emulator_outcome outcome; /* of $edgeAgent and $edgeHub */
    int64_t version;
    uint64_t etag;
};

enum emulator_phase {
    EMULATOR_RUNS,  /* or is stopped, when that is desired */
    EMULATOR_WAITS, /* it exited, and is started again later */
    EMULATOR_DOWN,  /* it exited, and stays so */
};

/* A container on a device, as its agent knows it. */
struct emulator_container {
    char *name;
    bool system;                          /* edgeAgent, edgeHub */
    struct emulator_document *definition; /* the module's object in the desired properties that it was started from */
    int64_t started, exited, restarted;   /* ticks; 0: never */
    int64_t restart_count;
    int exit_code;
    char *forced_status; /* runtimeStatus by order of a test; NULL: as desired */
    char *forced_description;
    enum emulator_phase phase; /* see life.h */
    int64_t next_ms;           /* on clock_now_ms: when something happens to it; -1: nothing will */
    int64_t crashes;           /* since it was made */
    struct emulator_log *log;  /* NULL: it never wrote anything */
};

/* What goes wrong with a module on a device, by the fleet file. */
struct emulator_failure {
    char *module;
    bool image_missing;
    bool crashes; /* after_ms after each start */
    int64_t after_ms;
    int64_t times; /* then it is well; 0: for ever */
    int exit_code;
};

/* A message that a device sent to the hub. */
struct emulator_message {
    int64_t wall_ms;
    char *source; /* module/output */
    char *body;
};

/* What a configuration is to a device. */
struct emulator_assignment {
    char *configuration_id;
    uint64_t order; /* see emulator_configuration: ids come back, orders do not */
    bool base;      /* no layer */
    bool applied;   /* "Applied", else "Targeted" */
};

/* What a configuration of twins (see twin_configurations.h) is to a twin of the device. */
struct emulator_twin_assignment {
    char *configuration_id;
    char *module_id; /* NULL: the device's own twin */
    uint64_t order;
};

struct emulator_device {
    char *id;
    bool edge;
    bool held; /* takes nothing and reports nothing */
    enum emulator_connection_lie connection_lie;
    struct emulator_twin twin;
    struct emulator_twin **modules; /* in the order of their ids */
    size_t module_count, module_capacity;
    struct emulator_assignment *assignments;
    size_t assignment_count;
    struct emulator_twin_assignment *twin_assignments;
    size_t twin_assignment_count, twin_assignment_capacity;
    struct emulator_container *containers;
    size_t container_count, container_capacity;
    int64_t pull_at_ms; /* on clock_now_ms: when its agent takes the desired properties; -1: nothing to take */
    int64_t life_at_ms; /* likewise: when something happens to a container */
    int64_t back_at_ms; /* likewise: when it comes back online */
    bool mute;          /* hears direct methods and does not answer */
    struct emulator_failure *failures;
    size_t failure_count, failure_capacity;
    struct emulator_document *routes; /* $edgeHub's desired properties by which it routes now, or NULL */
    struct emulator_message *upstream;
    size_t upstream_count, upstream_capacity;
    const struct emulator_fleet *fleet;
    struct emulator_document *targets; /* names of the modules that it should have, or NULL; see coverage.h */
    char *covering;                    /* id of a configuration with modules that matches, or NULL; see coverage.h */
};

struct emulator_fleet {
    struct emulator_device **devices; /* in the order of their ids */
    size_t count, capacity;
    char **missing_images; /* that cannot be pulled */
    size_t missing_count, missing_capacity;
    int64_t backoff_ms; /* of a first restart; see life.h */
};

#define EMULATOR_BACKOFF_MS 10000

/* Adds a device with the two system modules when it is an edge device; tags and reported (both may be NULL) are copied.
 * NULL when there is one of that id. */
struct emulator_device *emulator_fleet_add(struct emulator_fleet *fleet, const char *id, bool edge, const cJSON *tags,
                                           const cJSON *reported);
struct emulator_device *emulator_fleet_find(const struct emulator_fleet *fleet, const char *id);
void emulator_fleet_release(struct emulator_fleet *fleet);

struct emulator_twin *emulator_device_module(const struct emulator_device *device, const char *module_id);
/* The twin of that module, made when it is missing. */
struct emulator_twin *emulator_device_module_add(struct emulator_device *device, const char *module_id, int64_t now);
void emulator_device_module_remove(struct emulator_device *device, const char *module_id);

/* The assignment of the configuration, or NULL. */
const struct emulator_assignment *emulator_device_assignment(const struct emulator_device *device, uint64_t order);
/* Replaces all assignments; takes the array and its texts over. */
void emulator_device_assign(struct emulator_device *device, struct emulator_assignment *assignments, size_t count);

/* Forgets what configurations its twins follow. */
void emulator_device_twins_unassign(struct emulator_device *device);

void emulator_container_release(struct emulator_container *container);

/* Whether that image cannot be pulled for the module of the device. */
bool emulator_device_lacks_image(const struct emulator_device *device, const char *module, const char *image);
/* Replaces the list of images that cannot be pulled by an array of texts. */
int emulator_fleet_images_set(struct emulator_fleet *fleet, const cJSON *missing, struct error *error);

/* The device has sent a message to the hub; of many the oldest are forgotten. */
void emulator_device_send(struct emulator_device *device, const char *source, const char *body, int64_t wall_ms);

/* Reads devices from a YAML or JSON file: a list, or an object whose `devices` is one. A device is an object of id,
 * tags, reported, edge (true by default), held and failures: by the module's name {"image": "missing"} or {"crash":
 * "2s", "exitCode": 1, "times": 0}. Beside `devices` there may be `images`: {"missing": [names]}. */
int emulator_fleet_load(struct emulator_fleet *fleet, const char *path, struct error *error);
/* Adds so many devices, device00001 and so on. tags: texts as "name=value:percent[,value:percent…]", such as
 * "testtag=A:50%": that share of the devices, spread evenly, has the tag with that value; without a percentage all
 * have. */
int emulator_fleet_generate(struct emulator_fleet *fleet, size_t count, const char *const *tags, size_t tag_count,
                            struct error *error);

/* device01 and device03 with tags.testtag 'A', device02 with 'B'. */
void emulator_fleet_add_defaults(struct emulator_fleet *fleet);

#endif
