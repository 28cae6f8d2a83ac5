#include "emulator/sas.h"

#include "emulator/memory.h"
#include "http/server.h"

#include <ctype.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

struct token {
    char *resource; /* raw */
    char *signature;
    char *expiry;
    char *policy;
};

static void token_release(struct token *token)
{
    free(token->resource);
    free(token->signature);
    free(token->expiry);
    free(token->policy);
}

char *emulator_sas_sign(const char *key, const char *resource, const char *expiry)
{
    size_t key_length = 0;
    cleanup_free unsigned char *secret = emulator_base64_bytes(key, &key_length);
    cleanup_free char *message = emulator_text_format("%s\n%s", resource, expiry);
    unsigned char digest[32];

    if (!secret || gnutls_hmac_fast(GNUTLS_MAC_SHA256, secret, key_length, message, strlen(message), digest) < 0)
        return NULL;
    return emulator_base64_text(digest, sizeof(digest));
}

static bool token_set(char **field, char *value)
{
    if (*field || !value) {
        free(value);
        return false;
    }
    *field = value;
    return true;
}

static bool token_parse(const char *text, struct token *token)
{
    for (const char *part = text; *part;) {
        size_t length = strcspn(part, "&");
        const char *equals = memchr(part, '=', length);
        if (!equals)
            return false;
        size_t name_length = (size_t)(equals - part);
        const char *value = equals + 1;
        size_t value_length = length - name_length - 1;
        bool fine = true;
        if (name_length == 2 && !strncmp(part, "sr", 2))
            fine = token_set(&token->resource, emulator_text_copy_length(value, value_length));
        else if (name_length == 3 && !strncmp(part, "sig", 3))
            fine = token_set(&token->signature, http_percent_decode(value, value_length));
        else if (name_length == 2 && !strncmp(part, "se", 2))
            fine = token_set(&token->expiry, emulator_text_copy_length(value, value_length));
        else if (name_length == 3 && !strncmp(part, "skn", 3))
            fine = token_set(&token->policy, http_percent_decode(value, value_length));
        if (!fine)
            return false;
        part += length + (part[length] == '&');
    }
    return token->resource && token->signature && token->expiry && token->policy;
}

/* Whether the resource, percent-decoded, is that host, with or without a port or a path behind it. */
static bool resource_is_of(const char *resource, const char *host)
{
    cleanup_free char *decoded = http_percent_decode(resource, strlen(resource));
    size_t length = strlen(host);

    if (!decoded || strncasecmp(decoded, host, length) != 0)
        return false;
    return decoded[length] == '\0' || decoded[length] == ':' || decoded[length] == '/';
}

static bool resource_is_known(const char *resource, const char *const *hosts)
{
    for (size_t i = 0; hosts[i]; i++)
        if (resource_is_of(resource, hosts[i]))
            return true;
    return false;
}

static bool signed_with(const struct token *token, const char *key)
{
    if (!key)
        return false;
    cleanup_free char *expected = emulator_sas_sign(key, token->resource, token->expiry);
    return expected && strlen(expected) == strlen(token->signature) &&
           gnutls_memcmp(expected, token->signature, strlen(expected)) == 0;
}

/* Seconds since 1970, or -1. */
static int64_t expiry_parse(const char *text)
{
    size_t length = strlen(text);

    if (length == 0 || length > 15 || strspn(text, "0123456789") != length)
        return -1;
    return strtoll(text, NULL, 10);
}

static enum emulator_sas_verdict token_judge(const struct token *token, const struct emulator_keys *keys,
                                             const char *const *hosts, int64_t wall_seconds)
{
    int64_t expiry = expiry_parse(token->expiry);

    if (expiry < 0)
        return EMULATOR_SAS_MALFORMED;
    if (expiry <= wall_seconds)
        return EMULATOR_SAS_EXPIRED;
    if (!resource_is_known(token->resource, hosts))
        return EMULATOR_SAS_WRONG_HOST;
    if (strcmp(token->policy, keys->policy) != 0)
        return EMULATOR_SAS_WRONG_POLICY;
    if (!signed_with(token, keys->primary) && !signed_with(token, keys->secondary))
        return EMULATOR_SAS_WRONG_KEY;
    return EMULATOR_SAS_GOOD;
}

static const char scheme[] = "SharedAccessSignature ";

char *emulator_sas_policy(const char *authorization)
{
    struct token token = {0};
    char *policy = NULL;

    if (!authorization || strncmp(authorization, scheme, strlen(scheme)) != 0)
        return NULL;
    if (token_parse(authorization + strlen(scheme), &token))
        policy = steal_ptr(token.policy);
    token_release(&token);
    return policy;
}

enum emulator_sas_verdict emulator_sas_verify(const char *authorization, const struct emulator_keys *keys,
                                              const char *const *hosts, int64_t wall_seconds)
{
    struct token token = {0};

    if (!authorization || !*authorization)
        return EMULATOR_SAS_MISSING;
    if (strncmp(authorization, scheme, strlen(scheme)) != 0)
        return EMULATOR_SAS_MALFORMED;
    enum emulator_sas_verdict verdict = token_parse(authorization + strlen(scheme), &token)
                                            ? token_judge(&token, keys, hosts, wall_seconds)
                                            : EMULATOR_SAS_MALFORMED;
    token_release(&token);
    return verdict;
}

const char *emulator_sas_verdict_text(enum emulator_sas_verdict verdict)
{
    switch (verdict) {
    case EMULATOR_SAS_GOOD:
        return "the token is good";
    case EMULATOR_SAS_MISSING:
        return "the request has no Authorization header";
    case EMULATOR_SAS_MALFORMED:
        return "the token is not a well-formed SharedAccessSignature with sr, sig, se and skn";
    case EMULATOR_SAS_EXPIRED:
        return "the token has expired; if it is fresh, compare the clocks";
    case EMULATOR_SAS_WRONG_HOST:
        return "the token is signed for another host";
    case EMULATOR_SAS_WRONG_POLICY:
        return "the token names an unknown shared access policy";
    case EMULATOR_SAS_WRONG_KEY:
        return "the token is signed with none of the policy's keys";
    }
    return "the token is not good";
}
