#include "sync/configuration_id.h"

#include "common/banned.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>

#define SHA256_SIZE   32
#define READABLE_SIZE 100 /* of "<namespace>-<name>" */
#define ID_HASH_BYTES 10  /* 20 hex digits */

static const char hex_digits[] = "0123456789abcdef";

/* GnuTLS fails here only without memory or when its own self-tests failed; an id that is not certain must never reach a
 * hub, and there is no caller who could do better. */
static void must(int result)
{
    if (result < 0)
        abort();
}

static void hex_write(const unsigned char *bytes, size_t count, char *text)
{
    for (size_t i = 0; i < count; i++) {
        text[2 * i] = hex_digits[bytes[i] >> 4];
        text[2 * i + 1] = hex_digits[bytes[i] & 15];
    }
    text[2 * count] = '\0';
}

void content_hash(const char *content, char hash[CONTENT_HASH_SIZE])
{
    unsigned char digest[SHA256_SIZE];

    must(gnutls_hash_fast(GNUTLS_DIG_SHA256, content, strlen(content), digest));
    hex_write(digest, sizeof digest, hash);
}

/* "<length in decimal>:<bytes>", so that the end of a part is never in doubt. */
static void hash_part(gnutls_hash_hd_t hash, const char *part)
{
    char prefix[32];
    int length = snprintf(prefix, sizeof prefix, "%zu:", strlen(part));

    must(gnutls_hash(hash, prefix, (size_t)length));
    must(gnutls_hash(hash, part, strlen(part)));
}

/* Names of Kubernetes objects are [a-z0-9.-]; a hub takes neither dots nor upper case. Whatever else comes is made "-".
 */
static char id_character(char byte)
{
    if ((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9'))
        return byte;
    return '-';
}

static size_t readable_write(const char *namespace, const char *name, char *text)
{
    size_t length = 0;

    for (; *namespace && length < READABLE_SIZE; namespace ++)
        text[length++] = id_character(*namespace);
    if (length < READABLE_SIZE)
        text[length++] = '-';
    for (; *name && length < READABLE_SIZE; name++)
        text[length++] = id_character(*name);
    return length;
}

void configuration_id(const char *owner, const char *hub, const char *namespace, const char *name, unsigned salt,
                      const char *content, char id[CONFIGURATION_ID_SIZE])
{
    const char salt_text[] = {(char)('0' + salt % CONFIGURATION_SALTS), '\0'};
    const char *const parts[] = {owner, hub, namespace, name, salt_text, content};
    unsigned char digest[SHA256_SIZE];
    gnutls_hash_hd_t hash;

    must(gnutls_hash_init(&hash, GNUTLS_DIG_SHA256));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        hash_part(hash, parts[i]);
    gnutls_hash_deinit(hash, digest);

    size_t length = readable_write(namespace, name, id);

    id[length++] = '-';
    hex_write(digest, ID_HASH_BYTES, id + length);
}
