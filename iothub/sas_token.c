#include "iothub/connection_string.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/strbuf.h"
#include "iothub/percent_encode.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#define SHA256_SIZE 32
#define BASE64_SIZE 64 /* 44 characters for 32 bytes, and more */

/* Base64 of HMAC-SHA256(key, "<resource>\n<expiry>"), percent-encoded, appended to out. */
static int signature_write(const struct iothub_connection_string *parts, const char *resource, long long expiry_s,
                           struct strbuf *out, struct error *error)
{
    cleanup_strbuf struct strbuf message = STRBUF_INIT;
    unsigned char digest[SHA256_SIZE];
    const gnutls_datum_t digest_datum = {digest, sizeof digest};
    char text[BASE64_SIZE];
    gnutls_datum_t encoded;

    strbuf_add_format(&message, "%s\n%lld", resource, expiry_s);
    if (message.failed)
        return error_set(error, "out of memory");
    int result =
        gnutls_hmac_fast(GNUTLS_MAC_SHA256, parts->key, parts->key_length, message.data, message.length, digest);

    if (result < 0)
        return error_set(error, "cannot sign a token for the IoT Hub: %s", gnutls_strerror(result));
    result = gnutls_base64_encode2(&digest_datum, &encoded);
    if (result < 0)
        return error_set(error, "cannot encode a token for the IoT Hub: %s", gnutls_strerror(result));
    memcpy(text, encoded.data, encoded.size);
    text[encoded.size] = '\0';
    gnutls_free(encoded.data);
    iothub_percent_encode(out, text);
    return 0;
}

/* The hub signs sr as it stands in the header, so it is encoded before it is signed. */
int iothub_sas_token(const struct iothub_connection_string *parts, long long expiry_s, char **ret_token,
                     struct error *error)
{
    cleanup_strbuf struct strbuf resource = STRBUF_INIT, token = STRBUF_INIT;

    iothub_percent_encode(&resource, parts->host);
    strbuf_add_format(&token, "SharedAccessSignature sr=%s&sig=", strbuf_string(&resource));
    if (resource.failed)
        return error_set(error, "out of memory");
    if (signature_write(parts, resource.data, expiry_s, &token, error) < 0)
        return -1;
    strbuf_add_format(&token, "&se=%lld&skn=", expiry_s);
    iothub_percent_encode(&token, parts->policy);
    *ret_token = strbuf_steal(&token);
    return *ret_token ? 0 : error_set(error, "out of memory");
}
