#include "iothub/hub_error.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

#define CODE_PREFIX  "ErrorCode:"
#define LONGEST_CODE 100
#define LONGEST_TEXT 400
#define LONGEST_BODY 65536 /* of a refusal that IoT Hub itself wrote; a proxy may send anything */

void hub_error_release(struct hub_error *hub_error)
{
    free(hub_error->code);
    free(hub_error->text);
    *hub_error = (struct hub_error)HUB_ERROR_INIT;
}

/* "ErrorCode:<Name>;<text>", or any sentence. */
static void message_read(const char *message, struct hub_error *hub_error)
{
    const char *semicolon = strchr(message, ';');

    if (strncmp(message, CODE_PREFIX, strlen(CODE_PREFIX)) == 0) {
        const char *code = message + strlen(CODE_PREFIX);
        size_t length = semicolon ? (size_t)(semicolon - code) : strlen(code);

        if (!hub_error->code)
            hub_error->code = text_printable(code, length, LONGEST_CODE);
        message = semicolon ? semicolon + 1 : "";
    }
    if (!hub_error->text)
        hub_error->text = text_printable(message, strlen(message), LONGEST_TEXT);
}

static void number_read(const cJSON *envelope, struct hub_error *hub_error)
{
    int64_t number;

    if (!hub_error->code && json_int64(envelope, "errorCode", &number) &&
        asprintf(&hub_error->code, "%lld", (long long)number) < 0)
        hub_error->code = NULL;
}

static void envelope_read(const cJSON *envelope, struct hub_error *hub_error)
{
    const char *message = json_string(envelope, "Message");

    if (!message)
        message = json_string(envelope, "message");
    if (message)
        message_read(message, hub_error);
    number_read(envelope, hub_error);
}

/* The second envelope may come as a string within the first one's Message. */
static bool nested_read(const cJSON *outer, struct hub_error *hub_error)
{
    const char *message = json_string(outer, "Message");
    cleanup_json cJSON *inner = NULL;

    if (!message || *message != '{' || json_parse(message, strlen(message), &inner, NULL) < 0)
        return false;
    envelope_read(inner, hub_error);
    return true;
}

void hub_error_read(const struct http_client_answer *answer, struct hub_error *ret_hub_error)
{
    cleanup_free char *header = http_client_answer_header(answer, "iothub-errorcode");
    cleanup_json cJSON *tree = NULL;

    *ret_hub_error = (struct hub_error)HUB_ERROR_INIT;
    if (header)
        ret_hub_error->code = text_printable(header, strlen(header), LONGEST_CODE);
    if (answer->body_length > LONGEST_BODY || json_parse(answer->body, answer->body_length, &tree, NULL) < 0) {
        ret_hub_error->text = text_printable(answer->body, answer->body_length, LONGEST_TEXT);
        return;
    }
    if (!nested_read(tree, ret_hub_error))
        envelope_read(tree, ret_hub_error);
}

static bool code_is(const char *code, const char *name, const char *number)
{
    return code && (strcmp(code, name) == 0 || strcmp(code, number) == 0);
}

enum iothub_result hub_error_result(int status, const char *code)
{
    if (code_is(code, "ConfigurationCountLimitExceeded", "413101") || code_is(code, "IotHubQuotaExceeded", "403002"))
        return IOTHUB_LIMIT_REACHED;
    if (code_is(code, "EtagDoesNotMatch", "400023"))
        return IOTHUB_PRECONDITION_FAILED;
    switch (status) {
    case 401:
    case 403:
        return IOTHUB_UNAUTHORIZED;
    case 404:
        return IOTHUB_NOT_FOUND;
    case 409:
        return IOTHUB_CONFLICT;
    case 412:
        return IOTHUB_PRECONDITION_FAILED;
    case 429:
        return IOTHUB_THROTTLED;
    default:
        return status >= 400 && status < 500 ? IOTHUB_REFUSED : IOTHUB_SERVER_ERROR;
    }
}
