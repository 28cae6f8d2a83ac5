#include "iothub/client.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/strbuf.h"
#include "iothub/call.h"
#include "iothub/percent_encode.h"

#include <stdlib.h>

#define MIB        ((size_t)1024 * 1024)
#define LIST_LIMIT (16 * MIB) /* 100 configurations, each with content for several devices' twins */
#define ONE_LIMIT  (2 * MIB)

#define LONGEST_ETAG 256 /* IoT Hub's are a number in Base64 */

static enum iothub_result out_of_memory(struct error *error)
{
    error_set(error, "out of memory");
    return IOTHUB_UNSENT;
}

static const char *path_write(struct strbuf *path, const char *id)
{
    strbuf_add_string(path, "/configurations/");
    iothub_percent_encode(path, id);
    return path->failed ? NULL : path->data;
}

/* The hub wants the quotes: without them it answers 409, and an empty etag it takes for none. */
static enum iothub_result if_match_write(struct strbuf *header, const char *etag, struct error *error)
{
    if (strlen(etag) > LONGEST_ETAG)
        etag = "";
    for (const char *c = etag; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7F || *c == '"')
            etag = "";
    if (!*etag) {
        error_set(error, "the configuration's etag is empty, too long or cannot be sent");
        return IOTHUB_UNSENT;
    }
    strbuf_add_format(header, "If-Match: \"%s\"", etag);
    return header->failed ? out_of_memory(error) : IOTHUB_OK;
}

static const struct iothub_call list_call = {
    .operation = IOTHUB_LIST, .method = "GET", .path = "/configurations", .is_read = true, .answer_limit = LIST_LIMIT};

enum iothub_result iothub_configurations_fetch(struct iothub_client *client, struct iothub_list *ret_list,
                                               struct error *error)
{
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    enum iothub_result result = iothub_call_perform(client, &list_call, &answer, error);

    if (result != IOTHUB_OK)
        return result;
    *ret_list = (struct iothub_list){steal_ptr(answer.body), answer.body_length};
    return IOTHUB_OK;
}

enum iothub_result iothub_configurations_parse(const struct iothub_list *list, cJSON **ret_array, struct error *error)
{
    const struct http_client_answer answer = {.body = list->text, .body_length = list->length};

    return iothub_call_parse(&list_call, &answer, true, ret_array, error);
}

void iothub_list_release(struct iothub_list *list)
{
    free(list->text);
    *list = (struct iothub_list){NULL, 0};
}

enum iothub_result iothub_configurations_list(struct iothub_client *client, cJSON **ret_array, struct error *error)
{
    cleanup_iothub_list struct iothub_list list = {NULL, 0};
    enum iothub_result result = iothub_configurations_fetch(client, &list, error);

    return result == IOTHUB_OK ? iothub_configurations_parse(&list, ret_array, error) : result;
}

enum iothub_result iothub_configuration_get(struct iothub_client *client, const char *id, cJSON **ret_configuration,
                                            struct error *error)
{
    cleanup_strbuf struct strbuf path = STRBUF_INIT;
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    const struct iothub_call call = {.operation = IOTHUB_GET,
                                     .method = "GET",
                                     .path = path_write(&path, id),
                                     .is_read = true,
                                     .answer_limit = ONE_LIMIT};

    if (!call.path)
        return out_of_memory(error);
    enum iothub_result result = iothub_call_perform(client, &call, &answer, error);

    return result == IOTHUB_OK ? iothub_call_parse(&call, &answer, false, ret_configuration, error) : result;
}

enum iothub_result iothub_configuration_put(struct iothub_client *client, const char *id, const char *etag,
                                            const char *body, cJSON **ret_configuration, struct error *error)
{
    cleanup_strbuf struct strbuf path = STRBUF_INIT, if_match = STRBUF_INIT;
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    enum iothub_result result = etag ? if_match_write(&if_match, etag, error) : IOTHUB_OK;
    const char *const headers[] = {if_match.data, NULL};
    const struct iothub_call call = {.operation = etag ? IOTHUB_UPDATE : IOTHUB_CREATE,
                                     .method = "PUT",
                                     .path = path_write(&path, id),
                                     .headers = headers,
                                     .body = body,
                                     .answer_limit = ONE_LIMIT};

    if (!call.path)
        return out_of_memory(error);
    if (result == IOTHUB_OK)
        result = iothub_call_perform(client, &call, &answer, error);
    if (result != IOTHUB_OK || !ret_configuration)
        return result;
    return iothub_call_parse(&call, &answer, false, ret_configuration, error);
}

enum iothub_result iothub_configuration_delete(struct iothub_client *client, const char *id, const char *etag,
                                               struct error *error)
{
    cleanup_strbuf struct strbuf path = STRBUF_INIT, if_match = STRBUF_INIT;
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    enum iothub_result result = etag ? if_match_write(&if_match, etag, error) : IOTHUB_OK;
    const char *const headers[] = {if_match.data, NULL};
    const struct iothub_call call = {.operation = IOTHUB_DELETE,
                                     .method = "DELETE",
                                     .path = path_write(&path, id),
                                     .headers = headers,
                                     .answer_limit = ONE_LIMIT};

    if (!call.path)
        return out_of_memory(error);
    return result == IOTHUB_OK ? iothub_call_perform(client, &call, &answer, error) : result;
}
