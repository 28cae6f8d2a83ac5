#include "iothub/client.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "iothub/ca_file.h"
#include "iothub/client_private.h"

#include <stdlib.h>

#define DEFAULT_TIMEOUT_MS 30000

static int connection_prepare(struct iothub_client *client, const struct iothub_client_options *options,
                              struct error *error)
{
    cleanup_free char *base_url = NULL;
    const struct credentials_options credentials = {
        .connection_string_file = options->connection_string_file,
        .host_name = options->host_name,
        .identity = options->identity,
        .user_agent = options->user_agent,
        .observer = options->observer,
    };

    if (credentials_new(&credentials, &client->credentials, error) < 0)
        return -1;
    if (options->ca_file && iothub_ca_file_check(options->ca_file, error) < 0)
        return error_wrap(error, "caFile");
    if (asprintf(&base_url, "https://%s", credentials_host(client->credentials)) < 0) {
        base_url = NULL;
        return error_set(error, "out of memory");
    }
    const struct http_client_options http = {
        .base_url = base_url,
        .ca_file = options->ca_file,
        .user_agent = options->user_agent,
    };

    return http_client_new(&http, &client->http, error);
}

int iothub_client_new(const struct iothub_client_options *options, struct iothub_client **ret_client,
                      struct error *error)
{
    struct iothub_client *client = calloc(1, sizeof *client);

    if (!client)
        return error_set(error, "out of memory");
    client->timeout_ms = options->timeout_ms ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
    client->retry_after_ms = -1;
    client->observer = options->observer;
    if (connection_prepare(client, options, error) < 0) {
        iothub_client_free(client);
        return -1;
    }
    *ret_client = client;
    return 0;
}

void iothub_client_free(struct iothub_client *client)
{
    if (!client)
        return;
    if (client->http)
        http_client_free(client->http);
    credentials_free(client->credentials);
    free(client);
}

void iothub_client_stop(struct iothub_client *client)
{
    credentials_stop(client->credentials);
    http_client_stop(client->http);
}

const char *iothub_client_host(const struct iothub_client *client)
{
    return credentials_host(client->credentials);
}

const char *iothub_client_credentials_trouble(const struct iothub_client *client)
{
    return credentials_trouble(client->credentials);
}

int64_t iothub_client_retry_after_ms(const struct iothub_client *client)
{
    return client->retry_after_ms;
}

const char *iothub_result_name(enum iothub_result result)
{
    static const char *const names[] = {
        [IOTHUB_OK] = "ok",
        [IOTHUB_UNSENT] = "unsent",
        [IOTHUB_UNKNOWN] = "unknown",
        [IOTHUB_STOPPED] = "stopped",
        [IOTHUB_UNAUTHORIZED] = "unauthorized",
        [IOTHUB_NOT_FOUND] = "not found",
        [IOTHUB_CONFLICT] = "conflict",
        [IOTHUB_PRECONDITION_FAILED] = "precondition failed",
        [IOTHUB_LIMIT_REACHED] = "limit reached",
        [IOTHUB_THROTTLED] = "throttled",
        [IOTHUB_REFUSED] = "refused",
        [IOTHUB_SERVER_ERROR] = "server error",
    };

    return (size_t)result < array_length(names) ? names[result] : "?";
}
