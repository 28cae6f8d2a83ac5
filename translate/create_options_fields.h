/* The create options that Docker knows, and what they look like. Private to the room. */
#ifndef TRANSLATE_CREATE_OPTIONS_FIELDS_H
#define TRANSLATE_CREATE_OPTIONS_FIELDS_H

#include <cjson/cJSON.h>
#include <stdbool.h>

enum option_kind {
    OPTION_ANY,
    OPTION_STRING,
    OPTION_BOOL,
    OPTION_INTEGER,  /* 64 bits */
    OPTION_UNSIGNED, /* 63 bits, as no one needs more */
    OPTION_WEIGHT,   /* 0 … 65535 */
    OPTION_STRINGS,
    OPTION_UNSIGNEDS,
    OPTION_STRING_MAP, /* {"name":"text"} */
    OPTION_EMPTY_MAP,  /* {"name":{}} */
    OPTION_OBJECT,     /* with members, as the following */
    OPTION_OBJECTS,    /* [{…}] */
    OPTION_OBJECT_MAP, /* {"name":{…}} */
    OPTION_LIST_MAP,   /* {"name":[{…}]} */
};

struct option_field {
    const char *name; /* Docker's spelling; NULL ends a table */
    enum option_kind kind;
    /* edgeAgent reads this one itself and writes it anew: in the right letter case, and text, numbers and booleans made
     * of each other where that is possible. All else must be right. */
    bool corrected;
    const struct option_field *members; /* NULL: any */
    /* edgeAgent or edgelet fail on null here; of a map, as a value in it. Elsewhere null is like a missing one. */
    bool never_null;
};

extern const struct option_field option_fields[];
extern const struct option_field option_host_config_fields[];

/* The field of that name, else the one that differs in the letter case only, else NULL. */
const struct option_field *option_field_find(const struct option_field *fields, const char *name);

/* What was probably meant, or NULL. */
const char *option_field_nearest(const struct option_field *fields, const char *name);

/* A member in any letter case, Docker's spelling first; NULL when it is missing or null. */
const cJSON *option_get(const cJSON *object, const char *name);

#endif
