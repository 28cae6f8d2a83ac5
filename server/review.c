#include "server/review.h"

#include "common/banned.h"
#include "common/base64.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "common/text.h"

#include <string.h>

static int check_type(const cJSON *tree, struct review *review, struct error *error)
{
    if (!cJSON_IsObject(tree))
        return error_set(error, "the body is %s, not an AdmissionReview object", json_type_name(tree));
    if (!text_is_same(json_string(tree, "kind"), "AdmissionReview"))
        return error_set(error, "kind must be AdmissionReview");
    review->api_version = json_string(tree, "apiVersion");
    if (!text_is_same(review->api_version, "admission.k8s.io/v1") &&
        !text_is_same(review->api_version, "admission.k8s.io/v1beta1"))
        return error_set(error, "apiVersion must be admission.k8s.io/v1 or admission.k8s.io/v1beta1");
    return 0;
}

/* What the request is about, as far as we judge it: whole objects that are created or updated, no subresources. */
static enum review_subject subject_of(const cJSON *request)
{
    const char *operation = json_string_or(request, "operation", "");
    if (!text_is_same(operation, "CREATE") && !text_is_same(operation, "UPDATE"))
        return REVIEW_OTHER;
    if (json_string_or(request, "subResource", "")[0] != '\0')
        return REVIEW_OTHER;
    const cJSON *type = json_get(request, "kind");
    const char *group = json_string_or(type, "group", "");
    const char *kind = json_string_or(type, "kind", "");
    if (text_is_same(group, "apps") && text_is_same(kind, "Deployment"))
        return REVIEW_DEPLOYMENT;
    if (text_is_same(group, "") && text_is_same(kind, "ConfigMap"))
        return REVIEW_CONFIG_MAP;
    return REVIEW_OTHER;
}

int review_read(const cJSON *tree, struct review *ret_review, struct error *error)
{
    struct review review = {0};
    if (check_type(tree, &review, error) < 0)
        return -1;
    const cJSON *request = json_get(tree, "request");
    if (!cJSON_IsObject(request))
        return error_set(error, "request must be an object");
    review.uid = json_string(request, "uid");
    if (!review.uid || review.uid[0] == '\0')
        return error_set(error, "request.uid is missing");
    review.subject = subject_of(request);
    review.namespace = json_string(request, "namespace");
    review.update = text_is_same(json_string(request, "operation"), "UPDATE");
    if (review.subject != REVIEW_OTHER) {
        review.object = json_get(request, "object");
        if (!cJSON_IsObject(review.object))
            return error_set(error, "request.object must be an object");
        const cJSON *old = json_get(request, "oldObject");
        review.old_object = cJSON_IsObject(old) ? old : NULL;
    }
    *ret_review = review;
    return 0;
}

static void write_causes(const struct review_answer *answer, struct json_writer *writer)
{
    json_name(writer, "causes");
    json_begin_array(writer);
    for (size_t i = 0; i < answer->cause_count; i++) {
        json_begin_object(writer);
        json_member_string(writer, "reason", answer->causes[i].reason);
        json_member_string(writer, "message", answer->causes[i].message);
        json_member_string(writer, "field", answer->causes[i].field);
        json_end_object(writer);
    }
    json_end_array(writer);
}

/* A denial in the form of the API server's own validation, so that kubectl prints it as it prints that one. */
static void write_status(const struct review_answer *answer, struct json_writer *writer)
{
    json_name(writer, "status");
    json_begin_object(writer);
    json_member_string(writer, "status", "Failure");
    json_member_string(writer, "message", answer->message);
    json_member_string(writer, "reason", "Invalid");
    json_name(writer, "details");
    json_begin_object(writer);
    json_member_string(writer, "name", answer->name);
    json_member_string(writer, "group", answer->group);
    json_member_string(writer, "kind", answer->kind);
    write_causes(answer, writer);
    json_end_object(writer);
    json_member_int(writer, "code", 422);
    json_end_object(writer);
}

static void write_patch(const struct review_answer *answer, struct json_writer *writer)
{
    json_member_string(writer, "patchType", "JSONPatch");
    json_name(writer, "patch");
    json_add_raw(writer, "\"");
    base64_encode(answer->patch, answer->patch_length, writer->out);
    strbuf_add_char(writer->out, '"');
}

static void write_warnings(const struct review_answer *answer, struct json_writer *writer)
{
    json_name(writer, "warnings");
    json_begin_array(writer);
    for (size_t i = 0; i < answer->warning_count; i++)
        json_add_string(writer, answer->warnings[i]);
    json_end_array(writer);
}

void review_write(const struct review *review, const struct review_answer *answer, struct strbuf *out)
{
    struct json_writer writer = {.out = out};
    strbuf_reserve(out, 512 + answer->patch_length * 2 + answer->cause_count * 768);
    json_begin_object(&writer);
    json_member_string(&writer, "apiVersion", review->api_version);
    json_member_string(&writer, "kind", "AdmissionReview");
    json_name(&writer, "response");
    json_begin_object(&writer);
    json_member_string(&writer, "uid", review->uid);
    json_member_bool(&writer, "allowed", answer->allowed);
    if (!answer->allowed)
        write_status(answer, &writer);
    if (answer->patch)
        write_patch(answer, &writer);
    if (answer->warning_count > 0)
        write_warnings(answer, &writer);
    json_end_object(&writer);
    json_end_object(&writer);
}
