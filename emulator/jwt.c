#include "emulator/jwt.h"

#include "common/json.h"
#include "emulator/memory.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

/* Base64 with the letters for URLs and without padding. */
static char *part_encode(const void *data, size_t length)
{
    char *text = emulator_base64_text(data, length);

    for (char *at = text; *at; at++) {
        if (*at == '+')
            *at = '-';
        else if (*at == '/')
            *at = '_';
        else if (*at == '=')
            *at = '\0';
    }
    return text;
}

static unsigned char *part_decode(const char *part, size_t length, size_t *ret_length)
{
    static const char padding[] = "==";
    size_t missing = (4 - length % 4) % 4;

    if (missing == 3)
        return NULL;
    cleanup_free char *text = emulator_text_format("%.*s%.*s", (int)length, part, (int)missing, padding);
    for (char *at = text; *at; at++) {
        if (*at == '-')
            *at = '+';
        else if (*at == '_')
            *at = '/';
    }
    return emulator_base64_bytes(text, ret_length);
}

cJSON *emulator_jwt_claims(const char *token)
{
    const char *first = strchr(token, '.');
    const char *second = first ? strchr(first + 1, '.') : NULL;
    size_t length = 0;
    cJSON *claims = NULL;

    if (!second || strchr(second + 1, '.') || second[1] == '\0')
        return NULL;
    cleanup_free unsigned char *text = part_decode(first + 1, (size_t)(second - first - 1), &length);
    if (!text || json_parse((const char *)text, length, &claims, NULL) < 0)
        return NULL;
    if (cJSON_IsObject(claims))
        return claims;
    cJSON_Delete(claims);
    return NULL;
}

static char *signature_make(const char *text, size_t length, const void *key, size_t key_length)
{
    unsigned char digest[32] = {0};

    gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, key_length, text, length, digest);
    return part_encode(digest, sizeof(digest));
}

char *emulator_jwt_sign(const char *claims, const void *key, size_t key_length)
{
    static const char header[] = "{\"typ\":\"JWT\",\"alg\":\"HS256\"}";
    cleanup_free char *first = part_encode(header, strlen(header));
    cleanup_free char *second = part_encode(claims, strlen(claims));
    cleanup_free char *both = emulator_text_format("%s.%s", first, second);
    cleanup_free char *signature = signature_make(both, strlen(both), key, key_length);

    return emulator_text_format("%s.%s", both, signature);
}

bool emulator_jwt_is_signed(const char *token, const void *key, size_t key_length)
{
    const char *last = strrchr(token, '.');

    if (!last)
        return false;
    cleanup_free char *expected = signature_make(token, (size_t)(last - token), key, key_length);
    return strlen(expected) == strlen(last + 1) && gnutls_memcmp(expected, last + 1, strlen(expected)) == 0;
}
