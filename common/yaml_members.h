/* The members of a YAML mapping while it is read: its own keys and those that << merges into it. */
#ifndef COMMON_YAML_MEMBERS_H
#define COMMON_YAML_MEMBERS_H

#include "common/error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

struct yaml_member {
    char *name;
    cJSON *value;
    bool merged;
    size_t order; /* in which it was added */
    size_t line, column;
};

struct yaml_members {
    struct yaml_member *items;
    size_t count;
    size_t capacity;
};

#define YAML_MEMBERS_INIT                                                                                              \
    {                                                                                                                  \
        NULL, 0, 0                                                                                                     \
    }

void yaml_members_release(struct yaml_members *members);

#define cleanup_yaml_members __attribute__((cleanup(yaml_members_release)))

/* Takes name and value, also on failure. */
int yaml_members_add(struct yaml_members *members, const struct yaml_member *member, struct error *error);

/* Makes the object, which belongs to the caller, and empties the list. Of a name that a merge and a key give, the last
 * one stays, whichever that is: so it is in kubectl. The others go into the array dropped, since an alias may still
 * stand for them. A key that the mapping itself has twice is an error. */
int yaml_members_to_object(struct yaml_members *members, cJSON *dropped, cJSON **ret_object, struct error *error);

#endif
