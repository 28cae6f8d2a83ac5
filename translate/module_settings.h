/* What the ConfigMap of a container's name says about its module. Private to the room. */
#ifndef TRANSLATE_MODULE_SETTINGS_H
#define TRANSLATE_MODULE_SETTINGS_H

#include "translate/field_error.h"

#include <cjson/cJSON.h>
#include <stdint.h>

struct module_settings {
    const char *status;         /* these three are owned by the data, or constant */
    const char *restart_policy; /* NULL: nothing said */
    const char *version;
    const char *pull_policy;  /* "on-create", "never", or NULL */
    int64_t startup_order;    /* 0 … 4294967295, or -1 */
    cJSON *env;               /* names and values: strings, numbers, booleans; NULL when there are none */
    char *create_options;     /* without white space */
    char *desired_properties; /* the same; NULL when there are none */
};

#define MODULE_SETTINGS_INIT                                                                                           \
    {                                                                                                                  \
        .startup_order = -1                                                                                            \
    }

void module_settings_release(struct module_settings *settings);

#define cleanup_module_settings __attribute__((cleanup(module_settings_release)))

/* restartPolicy where neither ConfigMap nor container say one. */
#define DEFAULT_RESTART_POLICY "always"

/* data may be NULL: then all are defaults. What is wrong becomes a finding, and is left at its default. */
void module_settings_read(const cJSON *data, const char *prefix, struct module_settings *ret_settings,
                          struct findings *findings);

/* A variable of env, of a module or of a system module: its name, and a value that is a string, a number or a boolean
 * that a twin can hold. */
void module_env_check(const char *name, const cJSON *value, const char *path, struct findings *findings);

#endif
