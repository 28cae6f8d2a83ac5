/* The grammar is that of the distribution project (reference/regexp.go); the agent's own check (DockerConfig of the IoT
 * Edge agent) is looser, except that it refuses a tag with a digest and knows $upstream. */
#include "translate/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define UPSTREAM       "$upstream:"
#define MAX_NAME       255
#define MAX_TAG        128
#define SHA256_DIGITS  64
#define MIN_DIGITS     32
#define MAX_REFERENCE  1000
#define BLANKS         " \t\r\n"
#define LOWER_OR_DIGIT "abcdefghijklmnopqrstuvwxyz0123456789"
#define DIGITS         "0123456789"
#define LETTERS        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool is_digest(const char *text)
{
    static const char sha256[] = "sha256:";
    size_t algorithm = strspn(text, LETTERS DIGITS "+._-");
    const char *digits = text + algorithm + 1;
    size_t count;

    if (!algorithm || text[algorithm] != ':')
        return false;
    count = strspn(digits, DIGITS "abcdefABCDEF");
    if (digits[count])
        return false;
    return strncmp(text, sha256, strlen(sha256)) == 0 ? count == SHA256_DIGITS : count >= MIN_DIGITS;
}

static bool is_tag(const char *text, size_t length)
{
    return length && length <= MAX_TAG && text[0] != '.' && text[0] != '-' &&
           strspn(text, LETTERS DIGITS "_.-") >= length;
}

/* Host name or bracketed IPv6 address, and perhaps a port. */
static bool is_domain(const char *text, size_t length)
{
    size_t host = text[0] == '[' ? 1 + strspn(text + 1, DIGITS "abcdefABCDEF:.") : strspn(text, LETTERS DIGITS ".-");

    if (text[0] == '[') {
        if (host < 3 || text[host] != ']')
            return false;
        host++;
    } else if (!host || text[0] == '-' || text[0] == '.' || text[host - 1] == '-' || text[host - 1] == '.') {
        return false;
    }
    if (host == length)
        return true;
    return text[host] == ':' && host + 1 < length && host + 1 + strspn(text + host + 1, DIGITS) >= length;
}

/* Bytes of a separator between the parts of a path component: one dot, one or two underscores, any dashes. */
static size_t separator_length(const char *text)
{
    if (text[0] == '.')
        return 1;
    if (text[0] == '_')
        return text[1] == '_' ? 2 : 1;
    return strspn(text, "-");
}

static bool is_path(const char *text, const char *end)
{
    while (text < end) {
        size_t length = strspn(text, LOWER_OR_DIGIT);

        if (!length)
            return false;
        text += length;
        if (text >= end)
            return true;
        length = *text == '/' ? 1 : separator_length(text);
        if (!length)
            return false;
        text += length;
    }
    return false;
}

static bool has_upper(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] >= 'A' && text[i] <= 'Z')
            return true;
    }
    return false;
}

/* What stands before the first slash is a host when it could not be a part of the path. */
static bool begins_with_domain(const char *text, size_t length)
{
    return memchr(text, '.', length) || memchr(text, ':', length) || text[0] == '[' || has_upper(text, length) ||
           (length == strlen("localhost") && strncmp(text, "localhost", length) == 0);
}

static const char *name_problem(const char *image, const char *end)
{
    const char *slash = memchr(image, '/', (size_t)(end - image));
    const char *path = image;

    if (slash && begins_with_domain(image, (size_t)(slash - image))) {
        if (!is_domain(image, (size_t)(slash - image)))
            return "what stands before the first / must be a host name, and perhaps a port";
        path = slash + 1;
    }
    if (has_upper(path, (size_t)(end - path)))
        return "the name of a repository has lower-case letters only";
    if (!is_path(path, end))
        return "must be [host[:port]/]name[:tag] or [host[:port]/]name@digest";
    if (end - path > MAX_NAME)
        return "the name of the repository is longer than 255 characters";
    return NULL;
}

/* Where the tag's colon is: the last one behind the last slash, before end. */
static const char *find_tag(const char *image, const char *end)
{
    for (const char *at = end; at > image; at--) {
        if (at[-1] == '/')
            return NULL;
        if (at[-1] == ':')
            return at - 1;
    }
    return NULL;
}

/* The agent takes no notice of blanks around a reference. */
static const char *trim(const char *image, size_t *ret_length)
{
    size_t length;

    image += strspn(image, BLANKS);
    length = strlen(image);
    while (length && strchr(BLANKS, image[length - 1]))
        length--;
    *ret_length = length;
    return image;
}

static const char *reference_problem(const char *image)
{
    const char *at = strchr(image, '@');
    const char *end = at ? at : image + strlen(image);
    const char *tag;

    if (strncmp(image, UPSTREAM, strlen(UPSTREAM)) == 0) {
        const char *port = image + strlen(UPSTREAM);
        size_t digits = strspn(port, DIGITS);

        if (!digits || *port == '0' || port[digits] != '/')
            return "$upstream stands for the parent device and needs a port: $upstream:443/name:tag";
        image = port + digits + 1;
    }
    if (at && !is_digest(at + 1))
        return "what stands behind @ must be a digest: sha256: and 64 hexadecimal digits";
    tag = find_tag(image, end);
    if (tag && !is_tag(tag + 1, (size_t)(end - tag - 1)))
        return "what stands behind the last : must be a tag: letters, digits, _ . -, at most 128";
    return name_problem(image, tag ? tag : end);
}

const char *image_problem(const char *image)
{
    char trimmed[MAX_REFERENCE + 1];
    size_t length;

    image = trim(image, &length);
    if (!length)
        return "must not be empty";
    if (length > MAX_REFERENCE)
        return "is longer than 1000 characters";
    memcpy(trimmed, image, length);
    trimmed[length] = '\0';
    return reference_problem(trimmed);
}

bool image_has_tag_and_digest(const char *image)
{
    const char *at = strchr(image, '@');
    const char *slash = at ? strrchr(image, '/') : NULL;
    const char *tag = at ? strchr(slash ? slash : image, ':') : NULL;

    return tag && tag < at;
}

void image_add_for_device(struct strbuf *out, const char *image)
{
    size_t length;
    const char *start = trim(image, &length);
    const char *at = memchr(start, '@', length);
    const char *tag = at ? find_tag(start, at) : NULL;

    if (!tag) {
        strbuf_add(out, start, length);
        return;
    }
    strbuf_add(out, start, (size_t)(tag - start));
    strbuf_add(out, at, length - (size_t)(at - start));
}
