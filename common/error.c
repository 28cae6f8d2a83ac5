#include "common/error.h"

#include "common/cleanup.h"

#include <stdarg.h>
#include <string.h>

void error_release(struct error *error)
{
    free(error->message);
    error->message = NULL;
}

/* The new sentence is complete before the old one goes: its arguments may point into the old one. */
static void error_take(struct error *error, char *message)
{
    free(error->message);
    error->message = message;
}

int error_set(struct error *error, const char *format, ...)
{
    va_list arguments;
    char *message;

    if (!error)
        return -1;
    va_start(arguments, format);
    if (vasprintf(&message, format, arguments) < 0)
        message = NULL;
    va_end(arguments);
    error_take(error, message);
    return -1;
}

/* "<context>: <sentence>" */
static __attribute__((format(printf, 3, 0))) void error_put(struct error *error, const char *sentence,
                                                            const char *format, va_list arguments)
{
    cleanup_free char *context = NULL;
    char *message;

    if (vasprintf(&context, format, arguments) < 0)
        context = NULL;
    else if (asprintf(&message, "%s: %s", context, sentence) >= 0)
        error_take(error, message);
}

int error_set_errno(struct error *error, int number, const char *format, ...)
{
    char words[128];
    va_list arguments;

    if (!error)
        return -1;
    va_start(arguments, format);
    error_put(error, strerror_r(number, words, sizeof(words)), format, arguments);
    va_end(arguments);
    return -1;
}

int error_wrap(struct error *error, const char *format, ...)
{
    va_list arguments;

    if (!error)
        return -1;
    va_start(arguments, format);
    error_put(error, error_message(error), format, arguments);
    va_end(arguments);
    return -1;
}

const char *error_message(const struct error *error)
{
    return error && error->message ? error->message : "unknown error";
}
