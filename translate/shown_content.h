/* The content of a configuration as it may be shown to people who may not read the devices: values that can be secret
 * are covered. Pure. */
#ifndef TRANSLATE_SHOWN_CONTENT_H
#define TRANSLATE_SHOWN_CONTENT_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#define SHOWN_HIDDEN "(hidden)"
#define SHOWN_OTHER  "(hidden, another value)"

/* A copy of a content, createOptions taken together and as objects. Covered are passwords of registries, always, and
 * with secrets all that a value of a Secret can get into: values of env, commands, health checks, user names of
 * registries. What is covered reads SHOWN_HIDDEN; where `other` (may be NULL), a content as well, has something else
 * in its place it reads SHOWN_OTHER. To compare two contents show one of them without the other. For the caller to
 * delete; NULL without memory. */
cJSON *shown_content(const cJSON *content, const cJSON *other, bool secrets);

#endif
