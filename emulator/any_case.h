/* Members of JSON objects by their names in any letter case, as Newtonsoft's JSON reader, edgeAgent's, finds them. */
#ifndef EMULATOR_ANY_CASE_H
#define EMULATOR_ANY_CASE_H

#include <cjson/cJSON.h>

/* The first of that name, or NULL; object may be NULL or no object. */
cJSON *emulator_any_case_get(const cJSON *object, const char *name);

/* A number, also when it is written as a string; 0 when it is missing. */
double emulator_any_case_number(const cJSON *object, const char *name);

/* A text, or "". Owned by the tree. */
const char *emulator_any_case_text(const cJSON *object, const char *name);

#endif
