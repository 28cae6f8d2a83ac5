/* As edgeAgent reads it (JsonEx.ChunkedValue of IoT Edge). */
#include "translate/create_options_join.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME           "createOptions"
#define MAX_NUMBER     9 /* digits */
#define MAX_SHOWN_NAME 60

static int compare_names(const void *a, const void *b)
{
    return strcasecmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

static size_t collect(const cJSON *settings, const cJSON **pieces)
{
    size_t count = 0;

    for (const cJSON *item = settings ? settings->child : NULL; item; item = item->next) {
        if (item->string && strcasestr(item->string, NAME))
            pieces[count++] = item;
    }
    return count;
}

/* The digits behind the name; more than the device reads, or something else, is no number. */
static int check_number(const cJSON *piece, size_t expected, struct error *error)
{
    const char *number = strcasestr(piece->string, NAME) + strlen(NAME);
    size_t digits = strspn(number, "0123456789");

    if (number != piece->string + strlen(NAME) || number[digits] || digits > MAX_NUMBER)
        return error_set(error, "the device takes %.*s for a piece of " NAME ", since its name contains that",
                         MAX_SHOWN_NAME, piece->string);
    if (!expected && digits)
        return error_set(error, "expected " NAME " without a number, and found %.*s", MAX_SHOWN_NAME, piece->string);
    if (expected && (!digits || strtoul(number, NULL, 10) != expected))
        return error_set(error, "expected " NAME "%02zu, and found %.*s", expected, MAX_SHOWN_NAME, piece->string);
    return 0;
}

static int add_piece(struct strbuf *out, const cJSON *piece, struct error *error)
{
    struct json_writer writer = {.out = out};

    if (cJSON_IsString(piece))
        strbuf_add_string(out, piece->valuestring);
    else if (cJSON_IsObject(piece))
        json_add_value(&writer, piece);
    else if (!cJSON_IsNull(piece))
        return error_set(error, "%.*s must be a JSON object or its text", MAX_SHOWN_NAME, piece->string);
    return 0;
}

int create_options_join(const cJSON *settings, char **ret_text, struct error *error)
{
    cleanup_free const cJSON **pieces = calloc((size_t)cJSON_GetArraySize(settings) + 1, sizeof(cJSON *));
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    size_t count;

    if (!pieces)
        return error_set(error, "memory ran out");
    count = collect(settings, pieces);
    qsort(pieces, count, sizeof(*pieces), compare_names);
    for (size_t i = 0; i < count; i++) {
        if (check_number(pieces[i], i, error) < 0 || add_piece(&text, pieces[i], error) < 0)
            return -1;
    }
    *ret_text = strbuf_steal(&text);
    return *ret_text ? 0 : error_set(error, "memory ran out");
}
