#include "iothub/percent_encode.h"

#include "common/banned.h"

#include <stdbool.h>

static bool is_unreserved(unsigned char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

void iothub_percent_encode(struct strbuf *out, const char *text)
{
    for (; *text; text++) {
        if (is_unreserved((unsigned char)*text))
            strbuf_add_char(out, *text);
        else
            strbuf_add_format(out, "%%%02X", (unsigned char)*text);
    }
}
