/* Memory for the emulator. Running out of it ends the program: it is a tool for tests and demos, and a hub with half of
 * a change in it would be worse than none. */
#ifndef EMULATOR_MEMORY_H
#define EMULATOR_MEMORY_H

#include "common/cleanup.h"

#include <stddef.h>

/* Zeroed memory, for the caller to free. Never NULL. */
void *emulator_allocate(size_t size);

/* A copy of the text, or NULL for NULL. */
char *emulator_text_copy(const char *text);
char *emulator_text_copy_length(const char *text, size_t length);
char *emulator_text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Base64 of bytes, and the bytes of strict Base64 with a NUL behind them that is not counted: NULL when it is none.
 * Both for the caller to free. */
char *emulator_base64_text(const void *data, size_t length);
unsigned char *emulator_base64_bytes(const char *text, size_t *ret_length);

/* Makes room for one more item in a growing array. Returns the array, which may have moved. */
void *emulator_array_grow(void *items, size_t count, size_t *capacity, size_t item_size);
/* Gives the room behind the first count items back. */
void *emulator_array_trim(void *items, size_t count, size_t item_size);

#endif
