/* The command line of iothub-emulator. */
#ifndef EMULATOR_OPTIONS_H
#define EMULATOR_OPTIONS_H

#include "common/error.h"
#include "common/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EMULATOR_MAX_POLICY_KEYS 8
#define EMULATOR_MAX_TAGS        16

struct emulator_options {
    const char *address;
    uint16_t port, admin_port;
    const char *certificate_file, *key_file;
    const char *folder;
    const char *keys; /* primary[,secondary] */
    const char *policy;
    const char *policy_keys[EMULATOR_MAX_POLICY_KEYS]; /* NAME=KEY[,KEY] of other policies */
    size_t policy_key_count;
    const char *entra_client; /* NULL: any */
    unsigned entra_rights;
    int64_t token_lifetime_ms;
    const char *host;
    const char *fleet_file;
    size_t devices; /* to be generated */
    const char *tags[EMULATOR_MAX_TAGS];
    size_t tag_count;
    int64_t backoff_ms; /* of a module's first restart */
    const char *ready_file;
    const char *state_file;       /* NULL: nothing survives the end */
    int64_t evaluation_period_ms; /* 0: only when asked */
    int64_t first_evaluation_ms;  /* after a create */
    int64_t pull_delay_ms;
    size_t limit; /* of configurations */
    size_t units;
    size_t configuration_calls_per_minute; /* for each unit; 0: any number */
    size_t query_calls_per_minute;
    bool refuse_changed_content;
    enum log_level log_level;
    enum log_format log_format;
};

enum emulator_options_result { EMULATOR_OPTIONS_RUN, EMULATOR_OPTIONS_HELP, EMULATOR_OPTIONS_VERSION };

/* Returns one of the above, or -1. The texts in *options are those of argv. */
int emulator_options_parse(int argc, char **argv, struct emulator_options *options, struct error *error);

extern const char emulator_options_help[];

#endif
