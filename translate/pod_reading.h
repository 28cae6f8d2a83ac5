/* Reading a pod template field by field: each field is judged, and said to IoT Edge, in one place. Without a module to
 * write to it is judged alone; that is what admission does. Private to the room.
 *
 * What each field becomes is in docs/reference.md; reference_table.c has the words. */
#ifndef TRANSLATE_POD_READING_H
#define TRANSLATE_POD_READING_H

#include "translate/annotations.h"
#include "translate/field_error.h"
#include "translate/item_index.h"
#include "translate/manifest.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the fields say to one module. */
struct module_wishes {
    cJSON *options;                /* container create options; NULL while only judging */
    cJSON *env;                    /* names and their values, strings all */
    const char *image_pull_policy; /* "never", or NULL */
    const char *restart_policy;    /* NULL: nothing said */
};

void module_wishes_release(struct module_wishes *wishes);

#define cleanup_module_wishes __attribute__((cleanup(module_wishes_release)))

/* A port of the device that a container asks for. */
struct host_port_wish {
    int64_t port;
    const char *protocol;
    size_t order;
    const cJSON *item, *container;
};

struct pod_reading {
    const cJSON *deployment;
    const cJSON *template;
    const cJSON *pod_spec;
    const struct edge_annotations *annotations;
    const struct manifest_input *input; /* NULL while only judging */
    bool secrets;                       /* values of Secrets may be used */
    struct findings *findings;          /* NULL: what is read was judged before */

    const cJSON *container; /* NULL while the pod's own fields are read */
    size_t index;
    struct item_index env_names, mount_paths; /* of the container */
    struct item_index env_from;               /* what envFrom set */
    size_t env_size;                          /* bytes that envFrom brought */
    cJSON *env_replaced;                      /* of that, what something else was set in place of */
    struct item_index volumes, mounts;        /* of the pod by the volume's name; filled when they are needed */
    struct host_port_wish *host_ports;        /* of the pod, sorted; filled when they are needed */
    size_t host_port_count, compared_ports;
    struct module_wishes *wishes; /* NULL while only judging */
    bool failed;                  /* memory ran out */
    /* What is said once a Deployment. */
    bool warned_of_secrets;
    bool warned_of_config_maps;
    void (*used_config_map)(struct pod_reading *reading, const char *name);
    void *user;
};

/* A field of the pod or of a container, and who reads it. */
struct pod_field {
    const char *name;
    void (*read)(struct pod_reading *reading, const cJSON *item); /* NULL: nothing for a device */
};

/* Both tables end with a NULL name. */
extern const struct pod_field pod_fields[];
extern const struct pod_field container_fields[];

/* restartPolicy of a container or of the pod. */
void pod_read_restart_policy(struct pod_reading *reading, const cJSON *item);

/* Judges the whole pod template. secrets: whether values of Secrets may leave the cluster. */
void pod_judge(const cJSON *deployment, const struct edge_annotations *annotations, bool secrets,
               struct findings *findings);

/* Reads one container, and what the pod says to all of them. reading has everything but container, index and wishes.
 * The wishes are to be released. */
void pod_read_container(struct pod_reading *reading, const cJSON *container, size_t index,
                        struct module_wishes *ret_wishes);

/* What it remembers. */
void pod_reading_release(struct pod_reading *reading);

#define cleanup_pod_reading __attribute__((cleanup(pod_reading_release)))

/* Whether a member says nothing: null, false, zero length. */
bool pod_item_is_empty(const cJSON *item);

/* A finding at a place below the container, or below the pod spec when no container is being read. */
void pod_error(struct pod_reading *reading, enum field_error_type type, const char *place, const char *value,
               const char *format, ...) __attribute__((format(printf, 5, 6)));
void pod_warning(struct pod_reading *reading, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The value as a finding shows it: text and numbers as they are, of anything else what it is. */
#define POD_VALUE_SIZE 32
const char *pod_value(const cJSON *item, char buffer[POD_VALUE_SIZE]);

/* The name of the container being read. */
const char *pod_container_name(const struct pod_reading *reading);

/* Where the create options are written; NULL while only judging. The members are made when they are missing. */
cJSON *pod_options(struct pod_reading *reading);
cJSON *pod_host_config(struct pod_reading *reading);
cJSON *pod_member_object(struct pod_reading *reading, cJSON *parent, const char *name);
cJSON *pod_member_array(struct pod_reading *reading, cJSON *parent, const char *name);

/* Each does nothing with a NULL parent. */
void pod_add_string(struct pod_reading *reading, cJSON *object, const char *name, const char *text);
void pod_add_number(struct pod_reading *reading, cJSON *object, const char *name, double number);
void pod_add_true(struct pod_reading *reading, cJSON *object, const char *name);
void pod_append_string(struct pod_reading *reading, cJSON *array, const char *text);

/* Whether an item is an array of strings; a finding when it is not. */
bool pod_check_strings(struct pod_reading *reading, const cJSON *item, const char *place);

#endif
