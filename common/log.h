/* The log of a program: one line an event on stderr, as text or as JSON. Only programs log; libraries return errors.
 * Never give it a key, a token, a connection string or a body. Control characters are escaped. Thread-safe. */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include "common/error.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* Call before any thread starts. Default: info, text. */
void log_setup(enum log_level level, enum log_format format);

/* "error", "warning", "info" or "debug"; "text" or "json". */
int log_level_parse(const char *name, enum log_level *ret_level, struct error *error);
int log_format_parse(const char *name, enum log_format *ret_format, struct error *error);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
