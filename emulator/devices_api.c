#include "emulator/api.h"

#include "common/json.h"
#include "emulator/memory.h"
#include "emulator/query.h"

#define DEFAULT_PAGE 100
#define LARGEST_PAGE 1000

/* A continuation token belongs to one query: it begins with this. */
static uint64_t text_hash(const char *text)
{
    uint64_t hash = 14695981039346656037ULL;

    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211ULL;
    return hash;
}

static char *token_make(const char *query, const struct emulator_query_place *place)
{
    cleanup_free char *text =
        emulator_text_format("%016llx\n%zu\n%s\n%s", (unsigned long long)text_hash(query), place->rows,
                             place->device_id, place->module_id ? place->module_id : "");

    return emulator_base64_text(text, strlen(text));
}

static bool token_read(const char *token, const char *query, struct emulator_query_place *place)
{
    size_t length = 0;
    cleanup_free unsigned char *bytes = emulator_base64_bytes(token, &length);
    cleanup_free char *prefix = emulator_text_format("%016llx\n", (unsigned long long)text_hash(query));
    const char *text = (const char *)bytes;

    if (!text || strlen(text) != length || strncmp(text, prefix, strlen(prefix)) != 0)
        return false;
    char *device = NULL;
    place->rows = strtoul(text + strlen(prefix), &device, 10);
    if (*device++ != '\n')
        return false;
    const char *end = strchr(device, '\n');
    if (!end)
        return false;
    place->device_id = emulator_text_copy_length(device, (size_t)(end - device));
    place->module_id = end[1] ? emulator_text_copy(end + 1) : NULL;
    return true;
}

static bool page_size_read(struct emulator_call *call, size_t *ret_size)
{
    const char *text = http_request_header(call->request, "x-ms-max-item-count");

    *ret_size = DEFAULT_PAGE;
    if (!text)
        return true;
    size_t length = strlen(text);
    if (length > 0 && length < 9 && strspn(text, "0123456789") == length && strtoul(text, NULL, 10) > 0) {
        *ret_size = strtoul(text, NULL, 10);
        if (*ret_size > LARGEST_PAGE)
            *ret_size = LARGEST_PAGE;
        return true;
    }
    emulator_response_refuse(call->response, EMULATOR_ARGUMENT_INVALID, "x-ms-max-item-count must be a number above 0");
    return false;
}

static bool place_read(struct emulator_call *call, const char *query, struct emulator_query_place *place)
{
    const char *token = http_request_header(call->request, "x-ms-continuation");

    if (!token || !*token || token_read(token, query, place))
        return true;
    emulator_response_refuse(call->response, EMULATOR_ARGUMENT_INVALID, "the continuation token is not of this query");
    return false;
}

static void answer_page(struct emulator_call *call, const char *text, const struct emulator_query *query)
{
    cleanup_query_place struct emulator_query_place place = EMULATOR_QUERY_PLACE_INIT;
    cleanup_strbuf struct strbuf out = STRBUF_INIT;
    struct json_writer json = {.out = &out};
    bool raw = query->count_name || query->column_count;
    size_t page_size;

    if (!page_size_read(call, &page_size) || !place_read(call, text, &place))
        return;
    bool more = emulator_query_run(query, &call->emulator->state.fleet, page_size, &place, &json);
    emulator_call_answer(call, &out);
    http_response_add_header(call->response, "x-ms-item-type", "%s", raw ? "Raw" : "Twin");
    if (more) {
        cleanup_free char *token = token_make(text, &place);
        http_response_add_header(call->response, "x-ms-continuation", "%s", token);
    }
}

static void query(struct emulator_call *call)
{
    cleanup_error struct error error = {NULL};
    cleanup_query struct emulator_query parsed = EMULATOR_QUERY_INIT;
    cleanup_json cJSON *body = emulator_call_body(call);

    if (!body)
        return;
    const char *text = json_string(body, "query");
    if (!text)
        emulator_response_refuse(call->response, EMULATOR_ARGUMENT_INVALID, "BadRequest: the body has no query");
    else if (emulator_query_parse(text, &parsed, &error) < 0)
        emulator_response_refuse(call->response, EMULATOR_ARGUMENT_INVALID, "BadRequest: %s", error_message(&error));
    else
        answer_page(call, text, &parsed);
}

void emulator_devices_handle(struct emulator_call *call)
{
    if (call->url.count == 3 && emulator_url_has(&call->url, 2, "applyConfigurationContent"))
        emulator_apply_handle(call);
    else if (call->url.count != 2 || !emulator_url_has(&call->url, 1, "query"))
        emulator_call_refuse_path(call);
    else if (strcmp(call->request->method, "POST") != 0)
        emulator_call_refuse_method(call);
    else
        query(call);
}
