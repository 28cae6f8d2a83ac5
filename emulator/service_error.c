#include "emulator/service_error.h"

#include "common/cleanup.h"
#include "common/json_writer.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdarg.h>
#include <time.h>

static const struct {
    enum emulator_code code;
    const char *name;
} names[] = {
    {EMULATOR_BAD_REQUEST, "GenericBadRequest"},
    {EMULATOR_INVALID_PROTOCOL_VERSION, "InvalidProtocolVersion"},
    {EMULATOR_ARGUMENT_INVALID, "ArgumentInvalid"},
    {EMULATOR_FORMAT_ERROR, "IotHubFormatError"},
    {EMULATOR_INVALID_TARGET_CONDITION, "InvalidConfigurationTargetCondition"},
    {EMULATOR_INVALID_CONTENT, "InvalidConfigurationContent"},
    {EMULATOR_IMMUTABLE_CONTENT, "CannotModifyImmutableConfigurationContent"},
    {EMULATOR_INVALID_METRICS_QUERY, "InvalidConfigurationCustomMetricsQuery"},
    {EMULATOR_UNAUTHORIZED_ACCESS, "IotHubUnauthorizedAccess"},
    {EMULATOR_UNAUTHORIZED, "IotHubUnauthorized"},
    {EMULATOR_SYSTEM_MODULE, "SystemModuleModifyUnauthorizedAccess"},
    {EMULATOR_NOT_FOUND, "GenericNotFound"},
    {EMULATOR_DEVICE_NOT_FOUND, "DeviceNotFound"},
    {EMULATOR_DEVICE_NOT_ONLINE, "DeviceNotOnline"},
    {EMULATOR_CONFIGURATION_NOT_FOUND, "ConfigurationNotFound"},
    {EMULATOR_METHOD_NOT_ALLOWED, "GenericMethodNotAllowed"},
    {EMULATOR_CONFIGURATION_EXISTS, "ConfigurationAlreadyExists"},
    {EMULATOR_PRECONDITION_FAILED, "PreconditionFailed"},
    {EMULATOR_TOO_LARGE, "RequestEntityTooLarge"},
    {EMULATOR_CONFIGURATION_LIMIT, "ConfigurationCountLimitExceeded"},
    {EMULATOR_THROTTLED, "ThrottlingBacklogTimeout"},
    {EMULATOR_SERVER_ERROR, "ServerError"},
    {EMULATOR_NOT_IMPLEMENTED, "GenericNotImplemented"},
    {EMULATOR_SERVICE_UNAVAILABLE, "ServiceUnavailable"},
    {EMULATOR_GATEWAY_TIMEOUT, "GatewayTimeout"},
};

enum emulator_code emulator_code_of_status(int status)
{
    switch (status) {
    case 401:
        return EMULATOR_UNAUTHORIZED;
    case 412:
        return EMULATOR_PRECONDITION_FAILED;
    case 429:
        return EMULATOR_THROTTLED;
    case 500:
        return EMULATOR_SERVER_ERROR;
    case 503:
        return EMULATOR_SERVICE_UNAVAILABLE;
    case 504:
        return EMULATOR_GATEWAY_TIMEOUT;
    default:
        return (enum emulator_code)(status * 1000);
    }
}

const char *emulator_code_name(enum emulator_code code)
{
    for (size_t i = 0; i < array_length(names); i++)
        if (names[i].code == code)
            return names[i].name;
    return "Generic";
}

void emulator_response_reset(struct http_response *response)
{
    free(response->body);
    for (size_t i = 0; i < response->header_count; i++)
        free(response->headers[i].value);
    memset(response, 0, sizeof(*response));
}

/* "<32 hex>-G:0" */
static void tracking_id_add(struct strbuf *text)
{
    unsigned char random[16] = {0};

    gnutls_rnd(GNUTLS_RND_NONCE, random, sizeof(random));
    for (size_t i = 0; i < sizeof(random); i++)
        strbuf_add_format(text, "%02x", random[i]);
    strbuf_add_string(text, "-G:0");
}

static struct tm utc_now(void)
{
    time_t now = time(NULL);
    struct tm parts = {0};

    gmtime_r(&now, &parts);
    return parts;
}

/* "Tracking ID:<32 hex>-G:0-TimeStamp:11/23/2026 06:45:36" */
static void exception_add(struct json_writer *json)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct tm now = utc_now();
    char stamp[32];

    strbuf_add_string(&text, "Tracking ID:");
    tracking_id_add(&text);
    strftime(stamp, sizeof(stamp), "%m/%d/%Y %H:%M:%S", &now);
    strbuf_add_format(&text, "-TimeStamp:%s", stamp);
    json_member_string(json, "ExceptionMessage", strbuf_string(&text));
}

/* Fills the response with a body that is emptied. */
static void respond(struct http_response *response, enum emulator_code code, struct strbuf *body)
{
    emulator_response_reset(response);
    response->status = (int)code / 1000;
    response->content_type = "application/json; charset=utf-8";
    response->body_length = body->length;
    response->body = strbuf_steal(body);
    http_response_add_header(response, "iothub-errorcode", "%s", emulator_code_name(code));
    /* Seen from the service: a throttled call ends its connection, and no Retry-After says when to come back. */
    if (response->status == 429)
        response->close = true;
}

void emulator_response_refuse_nested(struct http_response *response, enum emulator_code code, const char *message)
{
    cleanup_strbuf struct strbuf inner = STRBUF_INIT, id = STRBUF_INIT;
    struct strbuf body = STRBUF_INIT;
    struct json_writer inside = {.out = &inner}, json = {.out = &body};
    struct tm now = utc_now();
    char stamp[32];

    tracking_id_add(&id);
    strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &now);
    json_begin_object(&inside);
    json_member_int(&inside, "errorCode", code);
    json_member_string(&inside, "trackingId", strbuf_string(&id));
    json_member_string(&inside, "message", message);
    json_member_string(&inside, "timestampUtc", stamp);
    json_end_object(&inside);
    json_begin_object(&json);
    json_member_string(&json, "Message", strbuf_string(&inner));
    json_member_string(&json, "ExceptionMessage", "");
    json_end_object(&json);
    respond(response, code, &body);
}

void emulator_response_refuse(struct http_response *response, enum emulator_code code, const char *format, ...)
{
    cleanup_strbuf struct strbuf message = STRBUF_INIT;
    struct strbuf body = STRBUF_INIT;
    struct json_writer json = {.out = &body};
    va_list arguments;

    strbuf_add_format(&message, "ErrorCode:%s;", emulator_code_name(code));
    va_start(arguments, format);
    strbuf_add_vformat(&message, format, arguments);
    va_end(arguments);
    json_begin_object(&json);
    json_member_string(&json, "Message", strbuf_string(&message));
    exception_add(&json);
    json_end_object(&json);
    respond(response, code, &body);
}
