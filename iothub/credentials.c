#include "iothub/credentials.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/secret.h"
#include "iothub/entra.h"
#include "iothub/host_name.h"
#include "iothub/key_file.h"

#include <stdlib.h>
#include <string.h>

/* A signature is made for each call; this covers a clock that is behind, and a call that takes long. */
#define SIGNATURE_LIFE_S 1200

struct credentials {
    char *host;
    struct key_file key;
    struct entra *entra; /* instead of the key; or NULL */
    char *header;
    const char *secret; /* the part of the header that proves something */
};

static int host_take(struct credentials *credentials, const char *name, struct error *error)
{
    credentials->host = strdup(name);
    if (!credentials->host)
        return error_set(error, "out of memory");
    if (!iothub_host_name_normalize(credentials->host))
        return error_set(error, "hostName: \"%s\" is no host name such as myhub.azure-devices.net", name);
    return 0;
}

static int credentials_fill(struct credentials *credentials, const struct credentials_options *options,
                            struct error *error)
{
    if (!options->connection_string_file) {
        if (host_take(credentials, options->host_name, error) < 0)
            return -1;
        return entra_new(options->identity, options->user_agent, &options->observer, &credentials->entra, error);
    }
    if (key_file_load(options->connection_string_file, &credentials->key, error) < 0)
        return -1;
    return host_take(credentials, credentials->key.parts.host, error);
}

int credentials_new(const struct credentials_options *options, struct credentials **ret_credentials,
                    struct error *error)
{
    struct credentials *credentials = calloc(1, sizeof *credentials);

    if (!credentials)
        return error_set(error, "out of memory");
    if (credentials_fill(credentials, options, error) < 0) {
        credentials_free(credentials);
        return -1;
    }
    *ret_credentials = credentials;
    return 0;
}

static void header_forget(struct credentials *credentials)
{
    secret_free(credentials->header);
    credentials->header = NULL;
    credentials->secret = NULL;
}

void credentials_free(struct credentials *credentials)
{
    if (!credentials)
        return;
    header_forget(credentials);
    key_file_release(&credentials->key);
    entra_free(credentials->entra);
    free(credentials->host);
    free(credentials);
}

void credentials_stop(struct credentials *credentials)
{
    if (credentials->entra)
        entra_stop(credentials->entra);
}

const char *credentials_host(const struct credentials *credentials)
{
    return credentials->host;
}

/* mark: where the secret part begins. */
static enum iothub_result header_write(struct credentials *credentials, const char *scheme, const char *token,
                                       const char *mark, struct error *error)
{
    if (asprintf(&credentials->header, "Authorization: %s%s", scheme, token) < 0) {
        credentials->header = NULL;
        error_set(error, "out of memory");
        return IOTHUB_UNSENT;
    }
    const char *found = strstr(credentials->header, mark);

    credentials->secret = found ? found + strlen(mark) : credentials->header;
    return IOTHUB_OK;
}

static enum iothub_result sign(struct credentials *credentials, int64_t now_s, struct error *error)
{
    cleanup_secret char *token = NULL;

    key_file_refresh(&credentials->key);
    if (iothub_sas_token(&credentials->key.parts, now_s + SIGNATURE_LIFE_S, &token, error) < 0)
        return IOTHUB_UNSENT;
    return header_write(credentials, "", token, "&sig=", error);
}

enum iothub_result credentials_header(struct credentials *credentials, int64_t now_s, int64_t deadline_ms,
                                      const char **ret_header, struct error *error)
{
    const char *token = NULL;
    enum iothub_result result;

    header_forget(credentials);
    if (credentials->entra) {
        result = entra_token(credentials->entra, now_s, deadline_ms, &token, error);
        if (result == IOTHUB_OK)
            result = header_write(credentials, "Bearer ", token, "Bearer ", error);
    } else {
        result = sign(credentials, now_s, error);
    }
    *ret_header = credentials->header;
    return result;
}

bool credentials_renew(struct credentials *credentials, int64_t since_s)
{
    if (credentials->entra)
        return entra_forget(credentials->entra, since_s);
    return key_file_refresh(&credentials->key);
}

char *credentials_advice(const struct credentials *credentials)
{
    const struct key_file *key = &credentials->key;
    char *advice;
    int length;

    if (credentials->entra)
        length = asprintf(&advice, "check that application %s has the role IoT Hub Data Contributor on the hub",
                          entra_client_id(credentials->entra));
    else
        length = asprintf(&advice,
                          "check the key of policy %s in %s, and that the policy has the rights registry write and "
                          "service connect%s%s",
                          key->parts.policy, key->path, key->trouble ? "; reading it again failed: " : "",
                          key->trouble ? key->trouble : "");
    return length < 0 ? NULL : advice;
}

const char *credentials_trouble(const struct credentials *credentials)
{
    return credentials->entra ? entra_trouble(credentials->entra) : credentials->key.trouble;
}

/* What follows the signature in a header, expiry and name of the policy, is no secret. */
bool credentials_are_quoted(const struct credentials *credentials, const char *text)
{
    cleanup_secret char *secret = credentials->secret ? strdup(credentials->secret) : NULL;

    if (secret && !credentials->entra)
        secret[strcspn(secret, "&")] = '\0';
    return secret_is_quoted(text, secret);
}
