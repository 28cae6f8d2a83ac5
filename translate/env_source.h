/* Values of variables that stand somewhere else: in ConfigMaps, in Secrets, in the Deployment itself. Private to the
 * room. */
#ifndef TRANSLATE_ENV_SOURCE_H
#define TRANSLATE_ENV_SOURCE_H

#include "common/strbuf.h"
#include "translate/pod_reading.h"

/* valueFrom of the variable of that index. Returns true when there is a value, appended to out; while only judging
 * nothing is appended. */
bool env_source_read(struct pod_reading *reading, const cJSON *from, size_t index, struct strbuf *out);

/* The data of the ConfigMap or Secret that a reference names. Returns true when it may be used; *ret_data is NULL when
 * it is optional and not there, and while only judging. */
bool env_source_find(struct pod_reading *reading, const cJSON *reference, bool secret, const char *place,
                     const cJSON **ret_data);

/* Appends one value of such data; a Secret's is decoded. */
bool env_source_value(struct pod_reading *reading, const cJSON *item, bool secret, const char *place,
                      struct strbuf *out);

/* Says once a Deployment what becomes of the values of Secrets. Returns whether they may be used at all. */
bool env_source_secrets_allowed(struct pod_reading *reading, const char *place);

#endif
