/* What of a configuration's content decides how it stands to others: whether it is a base deployment or a layer, and
 * the system modules that a base brings. */
#ifndef SYNC_BASE_CONTENT_H
#define SYNC_BASE_CONTENT_H

#include "sync/configuration_id.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

struct base_content {
    bool is_edge, is_base;                 /* a base says all of the edge agent's properties, a layer dotted keys */
    const char *agent_image, *hub_image;   /* owned by the tree; NULL where nothing is said */
    char system_digest[CONTENT_HASH_SIZE]; /* over both images and edgeHub's createOptions; "" without system modules */
};

/* 0, or -1 without memory. content may be NULL. */
int base_content_read(const cJSON *content, struct base_content *ret_content);

#endif
