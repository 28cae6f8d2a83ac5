/* One configuration: an IoT Edge deployment, as the service keeps it. */
#ifndef EMULATOR_CONFIGURATION_H
#define EMULATOR_CONFIGURATION_H

#include "common/error.h"
#include "common/json_writer.h"
#include "emulator/content.h"
#include "emulator/service_error.h"
#include "emulator/target_condition.h"

#include <stdint.h>

struct emulator_counts {
    int64_t targeted, applied, succeeded, failed;
};

/* What a PUT may change. */
struct emulator_settings {
    char *schema_version; /* or NULL */
    cJSON *labels;        /* an object of texts, or NULL */
    char *condition_text;
    struct emulator_target_condition condition;
    int64_t priority;
    cJSON *metric_queries; /* an object of texts */
};

struct emulator_configuration {
    char *id;
    uint64_t order; /* 1, 2, …: of creation, never given twice; breaks ties between equal priorities */
    struct emulator_settings settings;
    cJSON *content; /* never changes */
    struct emulator_content_facts facts;
    uint64_t etag;
    int64_t created, updated; /* ticks */
    bool evaluated;           /* the counts mean something */
    struct emulator_counts counts;
    cJSON *metric_results; /* an object of numbers */
};

/* Why the service refuses. */
struct emulator_refusal {
    enum emulator_code code;
    struct error message;
};

#define EMULATOR_REFUSAL_INIT                                                                                          \
    {                                                                                                                  \
        EMULATOR_OK,                                                                                                   \
        {                                                                                                              \
            NULL                                                                                                       \
        }                                                                                                              \
    }

void emulator_refusal_release(struct emulator_refusal *refusal);

#define cleanup_refusal __attribute__((cleanup(emulator_refusal_release)))

/* Sets the refusal; returns -1. */
int emulator_refuse(struct emulator_refusal *refusal, enum emulator_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The service takes lower-case letters, digits and -+%_*!' up to 128 characters. */
bool emulator_configuration_id_is_valid(const char *id);

/* What follows FROM devices.modules WHERE, with which a condition for modules' twins begins; the text itself when it
 * does not. */
const char *emulator_condition_of_modules(const char *text);

/* Reads what may be changed from the JSON of a PUT. */
int emulator_settings_read(const cJSON *body, enum emulator_content_kind kind, struct emulator_settings *ret_settings,
                           struct emulator_refusal *refusal);
void emulator_settings_release(struct emulator_settings *settings);

void emulator_configuration_free(struct emulator_configuration *configuration);

/* base64 of the counter, as the service makes etags: "MQ==" for the first. For the caller to free. */
char *emulator_configuration_etag(const struct emulator_configuration *configuration);

void emulator_configuration_write(struct json_writer *json, const struct emulator_configuration *configuration);

#endif
