/* The two webhook configurations as they are to be stored. Pure. */
#ifndef SERVER_REGISTRATION_OBJECTS_H
#define SERVER_REGISTRATION_OBJECTS_H

#include "server/registration.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

/* The objects of manifests/webhook.yaml with clientConfig filled in, as a JSON array that belongs to the caller. ca is
 * PEM. */
int registration_objects_make(const struct registration *registration, const char *ca, cJSON **ret_objects,
                              struct error *error);

/* Whether what is stored says what we want: the same webhooks, and our labels among its own. */
bool registration_objects_equal(const cJSON *stored, const cJSON *wanted);

/* Puts our webhooks and labels into what is stored; the rest of it stays. 0, or -1 without memory. */
int registration_objects_merge(cJSON *stored, const cJSON *wanted, struct error *error);

#endif
