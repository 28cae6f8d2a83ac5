#include "common/secret.h"

#include "common/banned.h"

#include <stdlib.h>
#include <string.h>

#define PIECE 8

void secret_free(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

bool secret_is_quoted(const char *text, const char *secret)
{
    size_t text_length = text ? strlen(text) : 0;
    size_t secret_length = secret ? strlen(secret) : 0;

    if (text_length < PIECE)
        return false;
    for (size_t i = 0; i + PIECE <= secret_length; i++)
        if (memmem(text, text_length, secret + i, PIECE))
            return true;
    return false;
}
