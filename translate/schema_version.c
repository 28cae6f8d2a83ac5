#include "translate/schema_version.h"

#include <stdlib.h>
#include <string.h>

#define MAX_DIGITS 9

bool schema_version_read(const char *text, struct schema_version *ret_version)
{
    long numbers[3] = {-1, -1, -1};
    size_t count = 0;

    if (*text != '1')
        return false;
    for (text++; *text == '.' && count < 3; count++) {
        size_t digits = strspn(text + 1, "0123456789");

        /* The public schemas know no 1.00. */
        if (!digits || digits > MAX_DIGITS || (text[1] == '0' && digits > 1))
            return false;
        numbers[count] = strtol(text + 1, NULL, 10);
        text += 1 + digits;
    }
    *ret_version = (struct schema_version){numbers[0], numbers[1], numbers[2]};
    return count && !*text;
}
