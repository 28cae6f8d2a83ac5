/* Overwriting what may hold the value of a Secret before its memory is given back. */
#ifndef SERVER_WIPE_H
#define SERVER_WIPE_H

#include "common/strbuf.h"

#include <cjson/cJSON.h>

/* NULL is nothing. The memory is not freed. */
void wipe_text(char *text);
void wipe_strbuf(struct strbuf *buffer);

/* All texts in a tree but the names of members. */
void wipe_json(cJSON *tree);

/* Overwrites a tree and deletes it; for a local that owns one. */
void wipe_and_delete_json(cJSON **tree);

#define cleanup_secret_json __attribute__((cleanup(wipe_and_delete_json)))

#endif
