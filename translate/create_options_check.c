/* Three programs read create options: edgeAgent (C#) types some fields, in any letter case, and refuses the whole
 * configuration of the device when a shape is wrong; edgelet (Rust) and Docker (Go) take the rest as it is. */
#include "translate/create_options_check.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "translate/create_options_fields.h"
#include "translate/create_options_rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_WEIGHT  65535
#define MAX_ADVICES 16
/* As a double, which the highest number is rounded up to. */
#define INTEGER_HIGH 9223372036854775808.0

struct check {
    enum create_options_origin origin;
    unsigned advices; /* how often a nearest name was looked for */
    struct findings *findings;
};

static void check_fields(struct check *check, const cJSON *object, const struct option_field *fields, const char *path);

/* --- scalars --- */

static void fail_type(struct check *check, const cJSON *item, const char *path, const char *wanted)
{
    char number[32];

    (void)snprintf(number, sizeof(number), "%.17g", item->valuedouble);
    findings_add_error(check->findings, FIELD_INVALID, path,
                       cJSON_IsString(item)   ? item->valuestring
                       : cJSON_IsNumber(item) ? number
                       : cJSON_IsBool(item)   ? cJSON_IsTrue(item) ? "true" : "false"
                                              : json_type_name(item),
                       "must be %s", wanted);
}

static void warn_corrected(struct check *check, const cJSON *item, const char *path, const char *wanted)
{
    findings_add_warning(check->findings, "%s: the device makes %s of this %s", path, wanted, json_type_name(item));
}

static void check_string(struct check *check, const cJSON *item, bool corrected, const char *path)
{
    if (cJSON_IsString(item))
        return;
    if (corrected && (cJSON_IsNumber(item) || cJSON_IsBool(item)))
        warn_corrected(check, item, path, "a string");
    else
        fail_type(check, item, path, "a string");
}

static void check_bool(struct check *check, const cJSON *item, bool corrected, const char *path)
{
    if (cJSON_IsBool(item))
        return;
    if (corrected && (cJSON_IsNumber(item) || (cJSON_IsString(item) && (strcasecmp(item->valuestring, "true") == 0 ||
                                                                        strcasecmp(item->valuestring, "false") == 0))))
        warn_corrected(check, item, path, "true or false");
    else
        fail_type(check, item, path, "true or false");
}

/* As a number in text: blanks around, a sign, digits. */
static bool read_integer(const char *text, double *ret_number)
{
    const char *digits;
    size_t length;

    text += strspn(text, " \t\r\n");
    digits = text + (*text == '-' || *text == '+');
    length = strspn(digits, "0123456789");
    *ret_number = strtod(text, NULL);
    return length && !digits[length + strspn(digits + length, " \t\r\n")];
}

static bool is_in_range(double number, enum option_kind kind)
{
    return floor(number) >= number && number <= INTEGER_HIGH && number >= -INTEGER_HIGH &&
           (kind == OPTION_INTEGER || number >= 0) && (kind != OPTION_WEIGHT || number <= MAX_WEIGHT);
}

static void check_integer(struct check *check, const cJSON *item, const struct option_field *field, const char *path)
{
    const char *wanted = field->kind == OPTION_WEIGHT    ? "a whole number from 0 to 65535"
                         : field->kind == OPTION_INTEGER ? "a whole number"
                                                         : "a whole number, not below 0";
    double number = item->valuedouble;
    bool is_text = field->corrected && cJSON_IsString(item) && read_integer(item->valuestring, &number);

    if ((!cJSON_IsNumber(item) && !is_text) || !is_in_range(number, field->kind))
        fail_type(check, item, path, wanted);
    else if (is_text)
        warn_corrected(check, item, path, "a number");
}

/* --- lists and maps --- */

static bool is_container(struct check *check, const cJSON *item, bool is_array, const char *path, const char *wanted)
{
    if (is_array ? cJSON_IsArray(item) : cJSON_IsObject(item))
        return true;
    fail_type(check, item, path, wanted);
    return false;
}

static void check_items(struct check *check, const cJSON *list, const struct option_field *field, const char *path)
{
    const struct option_field unsigned_field = {field->name, OPTION_UNSIGNED, field->corrected, NULL, true};
    size_t index = 0;

    if (!is_container(check, list, true, path,
                      field->kind == OPTION_STRINGS ? "a list of strings" : "a list of numbers"))
        return;
    for (const cJSON *item = list->child; item; item = item->next, index++) {
        char place[FIELD_PATH_SIZE];

        /* What is right needs no path. */
        if (field->kind == OPTION_STRINGS ? cJSON_IsString(item)
                                          : cJSON_IsNumber(item) && is_in_range(item->valuedouble, OPTION_UNSIGNED))
            continue;
        if (findings_is_full(check->findings))
            return;
        field_path(place, "%s[%zu]", path, index);
        if (field->kind == OPTION_STRINGS)
            check_string(check, item, field->corrected, place);
        else
            check_integer(check, item, &unsigned_field, place);
    }
}

static void check_string_map(struct check *check, const cJSON *map, const struct option_field *field, const char *path)
{
    if (!is_container(check, map, false, path, "an object of strings"))
        return;
    for (const cJSON *item = map->child; item; item = item->next) {
        char place[FIELD_PATH_SIZE];

        if ((!cJSON_IsNull(item) || field->never_null) && !cJSON_IsString(item) && !findings_is_full(check->findings))
            check_string(check, item, field->corrected, field_path(place, "%s[%s]", path, item->string));
    }
}

static void check_empty_map(struct check *check, const cJSON *map, const struct option_field *field, const char *path)
{
    if (!is_container(check, map, false, path, "an object of empty objects: {\"name\":{}}"))
        return;
    for (const cJSON *item = map->child; item; item = item->next) {
        char place[FIELD_PATH_SIZE];

        if ((!cJSON_IsNull(item) || field->never_null) && !cJSON_IsObject(item) && !findings_is_full(check->findings))
            fail_type(check, item, field_path(place, "%s[%s]", path, item->string), "an empty object: {}");
    }
}

static void check_object(struct check *check, const cJSON *item, const struct option_field *field, const char *path)
{
    if (is_container(check, item, false, path, "an object"))
        check_fields(check, item, field->members, path);
}

static void check_objects(struct check *check, const cJSON *list, const struct option_field *field, const char *path)
{
    size_t index = 0;

    if (!is_container(check, list, true, path, "a list of objects"))
        return;
    for (const cJSON *item = list->child; item && !findings_is_full(check->findings); item = item->next, index++) {
        char place[FIELD_PATH_SIZE];

        field_path(place, "%s[%zu]", path, index);
        if (check->origin == CREATE_OPTIONS_STORED && cJSON_IsString(item) && strcmp(field->name, "Devices") == 0)
            findings_add_warning(check->findings, "%s: the device refuses a string here; write {\"PathOnHost\":…}",
                                 place);
        else
            check_object(check, item, field, place);
    }
}

static void check_map_of(struct check *check, const cJSON *map, const struct option_field *field, const char *path)
{
    if (!is_container(check, map, false, path, field->kind == OPTION_LIST_MAP ? "an object of lists" : "an object"))
        return;
    for (const cJSON *item = map->child; item && !findings_is_full(check->findings); item = item->next) {
        char place[FIELD_PATH_SIZE];

        field_path(place, "%s[%s]", path, item->string);
        if (cJSON_IsNull(item) && !field->never_null)
            continue;
        if (field->kind == OPTION_LIST_MAP)
            check_objects(check, item, field, place);
        else
            check_object(check, item, field, place);
    }
}

static void check_value(struct check *check, const cJSON *item, const struct option_field *field, const char *path)
{
    switch (field->kind) {
    case OPTION_ANY:
        return;
    case OPTION_STRING:
        check_string(check, item, field->corrected, path);
        return;
    case OPTION_BOOL:
        check_bool(check, item, field->corrected, path);
        return;
    case OPTION_INTEGER:
    case OPTION_UNSIGNED:
    case OPTION_WEIGHT:
        check_integer(check, item, field, path);
        return;
    case OPTION_STRINGS:
    case OPTION_UNSIGNEDS:
        check_items(check, item, field, path);
        return;
    case OPTION_STRING_MAP:
        check_string_map(check, item, field, path);
        return;
    case OPTION_EMPTY_MAP:
        check_empty_map(check, item, field, path);
        return;
    case OPTION_OBJECT:
        check_object(check, item, field, path);
        return;
    case OPTION_OBJECTS:
        check_objects(check, item, field, path);
        return;
    case OPTION_OBJECT_MAP:
    case OPTION_LIST_MAP:
        check_map_of(check, item, field, path);
        return;
    }
}

/* --- names --- */

static void warn_unknown(struct check *check, const struct option_field *fields, const char *name, const char *path)
{
    const struct option_field *elsewhere = NULL;
    const char *nearest = NULL;

    if (check->findings->warning_count >= FINDINGS_MAX_WARNINGS)
        return;
    if (fields == option_fields)
        elsewhere = option_field_find(option_host_config_fields, name);
    if (elsewhere) {
        findings_add_warning(check->findings, "%s.%.30s does nothing: it belongs into HostConfig", path, name);
        return;
    }
    if (check->advices++ < MAX_ADVICES)
        nearest = option_field_nearest(fields, name);
    if (nearest)
        findings_add_warning(check->findings, "%s.%.30s is unknown; %s was probably meant", path, name, nearest);
    else
        findings_add_warning(check->findings, "%s.%.30s is unknown to Docker", path, name);
}

/* Nothing can be said of it, so that its path is not needed. */
static bool is_plainly_right(const cJSON *item, const struct option_field *field)
{
    switch (field->kind) {
    case OPTION_ANY:
        return true;
    case OPTION_STRING:
        return cJSON_IsString(item);
    case OPTION_BOOL:
        return cJSON_IsBool(item);
    case OPTION_INTEGER:
    case OPTION_UNSIGNED:
    case OPTION_WEIGHT:
        return cJSON_IsNumber(item) && is_in_range(item->valuedouble, field->kind);
    default:
        return false;
    }
}

static bool is_null_taken(const cJSON *item, const struct option_field *field)
{
    return cJSON_IsNull(item) && (!field->never_null || field->kind > OPTION_WEIGHT);
}

static void check_fields(struct check *check, const cJSON *object, const struct option_field *fields, const char *path)
{
    for (const cJSON *item = object->child; item; item = item->next) {
        const struct option_field *field = option_field_find(fields, item->string);
        char place[FIELD_PATH_SIZE];

        if (!field) {
            warn_unknown(check, fields, item->string, path);
            continue;
        }
        if (strcmp(field->name, item->string) != 0)
            findings_add_warning(check->findings, "%s.%s: Docker's spelling is %s", path, item->string, field->name);
        if (!is_null_taken(item, field) && !is_plainly_right(item, field))
            check_value(check, item, field, field_path(place, "%s.%s", path, field->name));
    }
}

/* What no rule asks for, so that each need not look past it. */
static void forget_unknown(cJSON *object, const struct option_field *fields)
{
    cJSON *next;

    for (cJSON *item = cJSON_IsObject(object) ? object->child : NULL; item; item = next) {
        next = item->next;
        if (!option_field_find(fields, item->string))
            cJSON_Delete(cJSON_DetachItemViaPointer(object, item));
    }
}

void create_options_check(const char *minified, const char *field, enum create_options_origin origin,
                          struct findings *findings)
{
    struct check check = {.origin = origin, .findings = findings};
    cleanup_error struct error error = {NULL};
    cleanup_json cJSON *options = NULL;
    size_t errors = findings->error_count;
    cJSON *host;

    if (json_parse(minified, strlen(minified), &options, &error) < 0 || !cJSON_IsObject(options)) {
        findings_add_error(findings, FIELD_INVALID, field, NULL, "%s",
                           error.message ? error.message : "must be a JSON object");
        return;
    }
    check_fields(&check, options, option_fields, field);
    if (findings->error_count > errors)
        return;
    forget_unknown(options, option_fields);
    cJSON_ArrayForEach(host, options)
    {
        if (option_field_find(option_fields, host->string)->members == option_host_config_fields)
            forget_unknown(host, option_host_config_fields);
    }
    create_options_check_rules(options, field, findings);
    create_options_check_lists(options, field, findings);
    create_options_check_ports(options, field, findings);
}
