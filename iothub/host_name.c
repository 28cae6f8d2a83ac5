#include "iothub/host_name.h"

#include "common/banned.h"

#include <ctype.h>
#include <string.h>

static bool port_is_valid(const char *text)
{
    unsigned port = 0;

    if (!*text || strlen(text) > 5)
        return false;
    for (; *text; text++) {
        if (!isdigit((unsigned char)*text))
            return false;
        port = port * 10 + (unsigned)(*text - '0');
    }
    return port > 0 && port <= 65535;
}

bool iothub_host_name_normalize(char *host)
{
    char *c = host;

    for (; isalnum((unsigned char)*c) || (*c && strchr("._-", *c)); c++)
        *c = (char)tolower((unsigned char)*c);
    if (c == host || (*c && (*c != ':' || !port_is_valid(c + 1))))
        return false;
    if (strcmp(c, ":443") == 0)
        *c = '\0';
    return true;
}
