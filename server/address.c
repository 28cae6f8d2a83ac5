#include "server/address.h"

#include "common/banned.h"

#include <arpa/inet.h>
#include <string.h>

#define LABEL_MOST 63
#define NAME_MOST  253

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

static bool is_label(const char *text, size_t length, const char *allowed)
{
    return length > 0 && length <= LABEL_MOST && strspn(text, allowed) >= length && text[0] != '-' &&
           text[length - 1] != '-';
}

bool address_is_label(const char *text)
{
    return is_label(text, strlen(text), LOWER DIGIT "-");
}

/* With its brackets. */
static size_t ipv6_length(const char *text)
{
    char address[INET6_ADDRSTRLEN];
    struct in6_addr parsed;
    size_t length = strcspn(text + 1, "]");

    if (text[1 + length] != ']' || length >= sizeof address)
        return 0;
    memcpy(address, text + 1, length);
    address[length] = '\0';
    return inet_pton(AF_INET6, address, &parsed) == 1 ? length + 2 : 0;
}

size_t address_host_length(const char *text)
{
    if (text[0] == '[')
        return ipv6_length(text);
    size_t length = strcspn(text, ":");
    if (length > NAME_MOST)
        return 0;
    for (size_t at = 0; at < length;) {
        size_t label = strcspn(text + at, ".:");
        if (!is_label(text + at, label, LOWER UPPER DIGIT "-"))
            return 0;
        at += label + (text[at + label] == '.');
    }
    return length;
}
