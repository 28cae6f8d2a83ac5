#include "iothub/credentials.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/strbuf.h"

#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT      4096
#define TOKEN_LIFE_S    3600
#define TOKEN_RENEWAL_S (TOKEN_LIFE_S / 4 * 3)

static int file_parse(const char *file, struct iothub_connection_string *ret_parts, struct error *error)
{
    char *text = NULL;
    size_t length = 0;

    if (file_read(file, FILE_LIMIT, &text, &length, error) < 0)
        return error_wrap(error, "connection string of the IoT Hub");
    int result = strlen(text) == length ? iothub_connection_string_parse(text, ret_parts, error)
                                        : error_set(error, "it is no text");

    explicit_bzero(text, length);
    free(text);
    return result < 0 ? error_wrap(error, "connection string of the IoT Hub in %s", file) : 0;
}

static void header_forget(struct credentials *credentials)
{
    if (credentials->header)
        explicit_bzero(credentials->header, strlen(credentials->header));
    free(credentials->header);
    credentials->header = NULL;
}

int credentials_load(struct credentials *credentials, const char *file, struct error *error)
{
    struct credentials loaded = CREDENTIALS_INIT;

    if (file_parse(file, &loaded.parts, error) < 0)
        return -1;
    loaded.file = strdup(file);
    if (!loaded.file) {
        credentials_release(&loaded);
        return error_set(error, "out of memory");
    }
    *credentials = loaded;
    return 0;
}

void credentials_release(struct credentials *credentials)
{
    header_forget(credentials);
    iothub_connection_string_release(&credentials->parts);
    free(credentials->file);
    *credentials = (struct credentials)CREDENTIALS_INIT;
}

int credentials_reload(struct credentials *credentials, struct error *error)
{
    struct iothub_connection_string parts = IOTHUB_CONNECTION_STRING_INIT;

    if (file_parse(credentials->file, &parts, error) < 0)
        return -1;
    if (strcmp(parts.host, credentials->parts.host) != 0) {
        error_set(error, "%s names another IoT Hub now, %s instead of %s: restart the program to work with it",
                  credentials->file, parts.host, credentials->parts.host);
        iothub_connection_string_release(&parts);
        return -1;
    }
    iothub_connection_string_release(&credentials->parts);
    credentials->parts = parts;
    header_forget(credentials);
    return 0;
}

static int header_mint(struct credentials *credentials, int64_t now_s, struct error *error)
{
    cleanup_free char *token = NULL;

    header_forget(credentials);
    if (iothub_sas_token(&credentials->parts, now_s + TOKEN_LIFE_S, &token, error) < 0)
        return -1;
    if (asprintf(&credentials->header, "Authorization: %s", token) < 0) {
        credentials->header = NULL;
        return error_set(error, "out of memory");
    }
    credentials->minted_s = now_s;
    return 0;
}

const char *credentials_header(struct credentials *credentials, int64_t now_s, struct error *error)
{
    /* A clock that was set back would make the token look younger than it is. */
    bool fresh =
        credentials->header && now_s >= credentials->minted_s && now_s < credentials->minted_s + TOKEN_RENEWAL_S;

    if (!fresh && header_mint(credentials, now_s, error) < 0)
        return NULL;
    return credentials->header;
}
