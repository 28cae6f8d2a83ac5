/* Secrets in memory and in texts. */
#ifndef COMMON_SECRET_H
#define COMMON_SECRET_H

#include <stdbool.h>

/* Overwrites a text and frees it. NULL is nothing. */
void secret_free(char *text);

static inline void cleanup_secret_pointer(char **text)
{
    secret_free(*text);
}

#define cleanup_secret __attribute__((cleanup(cleanup_secret_pointer)))

/* Whether a text quotes a secret: eight or more characters in a row stand in both. Either may be NULL. */
bool secret_is_quoted(const char *text, const char *secret);

#endif
