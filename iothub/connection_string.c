#include "iothub/connection_string.h"

#include "common/banned.h"
#include "common/base64.h"
#include "common/cleanup.h"
#include "iothub/host_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LONGEST_PART 1024 /* far above what Azure hands out */

/* A part of the text, not ended by NUL. */
struct slice {
    const char *text; /* NULL: missing */
    size_t length;
};

struct parts {
    struct slice host, policy, key;
};

static bool slice_is(struct slice slice, const char *name)
{
    return slice.length == strlen(name) && strncasecmp(slice.text, name, slice.length) == 0;
}

static struct slice trimmed(const char *text)
{
    size_t length = strlen(text);

    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    while (length > 0 && isspace((unsigned char)*text))
        text++, length--;
    return (struct slice){text, length};
}

/* An unknown name is not shown: it may be a piece of the key, when the text was pasted wrongly. */
static int part_refuse(struct slice name, struct error *error)
{
    if (slice_is(name, "DeviceId") || slice_is(name, "ModuleId") || slice_is(name, "GatewayHostName"))
        return error_set(error, "this is the connection string of a device; take the one of a shared access policy of "
                                "the IoT Hub, with the rights registry write and service connect");
    if (slice_is(name, "SharedAccessSignature"))
        return error_set(error,
                         "a SharedAccessSignature ends after a while; give the policy's SharedAccessKey instead");
    return error_set(error, "there is a part other than HostName, SharedAccessKeyName and SharedAccessKey");
}

static int part_read(struct slice part, struct parts *parts, struct error *error)
{
    const char *equals = memchr(part.text, '=', part.length);

    if (!equals)
        return error_set(error, "it must read HostName=...;SharedAccessKeyName=...;SharedAccessKey=..., but a part has "
                                "no equals sign");
    struct slice name = {part.text, (size_t)(equals - part.text)};
    struct slice *target = slice_is(name, "HostName")              ? &parts->host
                           : slice_is(name, "SharedAccessKeyName") ? &parts->policy
                           : slice_is(name, "SharedAccessKey")     ? &parts->key
                                                                   : NULL;

    if (!target)
        return part_refuse(name, error);
    if (target->text)
        return error_set(error, "%.*s is there twice", (int)name.length, name.text);
    *target = (struct slice){equals + 1, part.length - name.length - 1};
    if (target->length > LONGEST_PART)
        return error_set(error, "%.*s is too long", (int)name.length, name.text);
    return 0;
}

static int parts_split(struct slice whole, struct parts *parts, struct error *error)
{
    while (whole.length > 0) {
        const char *semicolon = memchr(whole.text, ';', whole.length);
        struct slice part = {whole.text, semicolon ? (size_t)(semicolon - whole.text) : whole.length};
        size_t step = part.length + (semicolon ? 1 : 0);

        if (part.length > 0 && part_read(part, parts, error) < 0)
            return -1;
        whole.text += step;
        whole.length -= step;
    }
    return 0;
}

static int parts_complete(const struct parts *parts, struct error *error)
{
    if (!parts->host.length)
        return error_set(error, "HostName is missing");
    if (!parts->policy.length)
        return error_set(error, "SharedAccessKeyName is missing");
    if (!parts->key.length)
        return error_set(error, "SharedAccessKey is missing");
    return 0;
}

static bool policy_is_valid(const char *policy)
{
    for (; *policy; policy++)
        if (!isalnum((unsigned char)*policy) && !strchr("_-@.", *policy))
            return false;
    return true;
}

static int key_decode(struct slice key, struct iothub_connection_string *parts, struct error *error)
{
    parts->key = malloc(BASE64_DECODED_SIZE(key.length) + 1);
    if (!parts->key)
        return error_set(error, "out of memory");
    parts->key_length = BASE64_DECODED_SIZE(key.length); /* what a release overwrites, should the decoding fail */
    if (base64_decode(key.text, key.length, parts->key, &parts->key_length) < 0)
        return error_set(error,
                         "SharedAccessKey is not Base64: copy the connection string again, whole and in one line");
    return 0;
}

static int parts_take(const struct parts *parts, struct iothub_connection_string *taken, struct error *error)
{
    taken->host = strndup(parts->host.text, parts->host.length);
    taken->policy = strndup(parts->policy.text, parts->policy.length);
    if (!taken->host || !taken->policy)
        return error_set(error, "out of memory");
    if (!iothub_host_name_normalize(taken->host))
        return error_set(error, "HostName must be a host name such as myhub.azure-devices.net, with or without a port");
    if (!policy_is_valid(taken->policy))
        return error_set(error, "SharedAccessKeyName may only have letters, digits and _ - @ .");
    return key_decode(parts->key, taken, error);
}

int iothub_connection_string_parse(const char *text, struct iothub_connection_string *ret_parts, struct error *error)
{
    struct iothub_connection_string taken = IOTHUB_CONNECTION_STRING_INIT;
    struct parts parts = {0};
    struct slice whole = trimmed(text);

    if (whole.length == 0)
        return error_set(error, "it is empty");
    if (parts_split(whole, &parts, error) < 0 || parts_complete(&parts, error) < 0)
        return -1;
    if (parts_take(&parts, &taken, error) < 0) {
        iothub_connection_string_release(&taken);
        return -1;
    }
    *ret_parts = taken;
    return 0;
}

void iothub_connection_string_release(struct iothub_connection_string *parts)
{
    if (parts->key)
        explicit_bzero(parts->key, parts->key_length);
    free(parts->key);
    free(parts->policy);
    free(parts->host);
    *parts = (struct iothub_connection_string)IOTHUB_CONNECTION_STRING_INIT;
}
