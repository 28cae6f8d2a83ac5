#include "common/text.h"

#include "common/banned.h"

bool text_is_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}
