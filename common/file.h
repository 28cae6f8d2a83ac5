/* Files, whole. */
#ifndef COMMON_FILE_H
#define COMMON_FILE_H

#include "common/error.h"

#include <stddef.h>
#include <sys/types.h>

/* Reads a file of at most limit bytes. The text belongs to the caller and ends in NUL, which is not counted. */
int file_read(const char *path, size_t limit, char **ret_text, size_t *ret_length, struct error *error);

/* Writes a file so that a reader sees the old one or the new one, never a part: temporary file, fsync, rename. */
int file_write(const char *path, const char *text, size_t length, mode_t mode, struct error *error);

#endif
