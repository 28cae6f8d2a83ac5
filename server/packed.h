/* A JSON object that is kept for long, as text: its tree would take six times the memory. */
#ifndef SERVER_PACKED_H
#define SERVER_PACKED_H

#include <cjson/cJSON.h>

/* The text, in the order of the tree, for the caller to free; NULL without memory. */
char *packed_text(const cJSON *object);

/* The tree of such a text, for the caller to delete; NULL for NULL, or without memory. */
cJSON *packed_open(const char *text);

#endif
