/* What Docker refuses of create options that have the right shape. Private to the room. */
#ifndef TRANSLATE_CREATE_OPTIONS_RULES_H
#define TRANSLATE_CREATE_OPTIONS_RULES_H

#include "translate/field_error.h"

#include <cjson/cJSON.h>

/* Values of a wrong type are not looked at: they were found before. */
void create_options_check_rules(const cJSON *options, const char *field, struct findings *findings);

/* The same for lists: variables, capabilities, hosts, mounts. */
void create_options_check_lists(const cJSON *options, const char *field, struct findings *findings);

/* Ports in their two places. */
void create_options_check_ports(const cJSON *options, const char *field, struct findings *findings);

#endif
