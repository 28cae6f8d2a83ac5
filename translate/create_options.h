/* The container's create options of a module: JSON text that the device hands to Docker, cut into pieces for the twin.
 */
#ifndef TRANSLATE_CREATE_OPTIONS_H
#define TRANSLATE_CREATE_OPTIONS_H

#include "common/error.h"
#include "common/json_writer.h"

#include <stddef.h>

/* The device joins createOptions, createOptions01 … createOptions99. Pieces were once limited to 512 bytes by the hub;
 * the device knows no more than 100 of them. */
#define CREATE_OPTIONS_PIECE  512
#define CREATE_OPTIONS_PIECES 100

/* The text without white space, every token as written; blank text and null give "{}", as the device reads them.
 * Refuses what is no JSON object, and what needs more pieces than there can be. The text belongs to the caller. */
int create_options_minify(const char *text, char **ret_minified, struct error *error);

/* Pieces of at most 512 bytes, cut between characters. */
size_t create_options_count_pieces(const char *minified);

/* Writes the members createOptions, createOptions01 … of an open object. */
void create_options_write(struct json_writer *writer, const char *minified);

#endif
