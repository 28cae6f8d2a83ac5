#include "server/admission.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json.h"
#include "server/admission_change.h"
#include "server/arena.h"
#include "server/review.h"
#include "server/warnings.h"
#include "translate/defaults.h"
#include "translate/validate.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Most patches fit without growing. */
#define USUAL_PATCH 2048

/* What an answer is made of, for as long as it is written. */
struct verdict {
    struct review_answer answer; /* points into what follows */
    struct strbuf patch;
    struct findings findings;
    struct warnings warnings;
    struct review_cause *causes;
    char *message;
    uint64_t denials[FIELD_ERROR_TYPES]; /* causes by their kind */
};

#define VERDICT_INIT                                                                                                   \
    {                                                                                                                  \
        {.allowed = true}, STRBUF_INIT, FINDINGS_INIT, WARNINGS_INIT, NULL, NULL,                                      \
        {                                                                                                              \
            0                                                                                                          \
        }                                                                                                              \
    }

static void verdict_release(struct verdict *verdict)
{
    strbuf_release(&verdict->patch);
    findings_release(&verdict->findings);
    warnings_release(&verdict->warnings);
    free(verdict->causes);
    free(verdict->message);
}

#define cleanup_verdict __attribute__((cleanup(verdict_release)))

static bool is_being_deleted(const cJSON *object)
{
    return json_string(json_get(object, "metadata"), "deletionTimestamp") != NULL;
}

/* Whether an UPDATE leaves alone what we judge (a Deployment's spec, a ConfigMap's data): a label put on an old object
 * must neither roll it out nor be refused for what the object has always said. */
static bool is_unchanged(const struct review *review, const char *member)
{
    if (!review->update || !review->old_object)
        return false;
    const cJSON *now = json_get(review->object, member);
    const cJSON *before = json_get(review->old_object, member);
    return now && before && json_equal(now, before);
}

static void show_warnings(struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->findings.warning_count; i++)
        warnings_add(&verdict->warnings, NULL, verdict->findings.warnings[i]);
    warnings_finish(&verdict->warnings);
    verdict->answer.warnings = (const char *const *)verdict->warnings.texts;
    verdict->answer.warning_count = verdict->warnings.count;
}

/* /mutate: the JSONPatch of what is missing. */
static int complete(const struct review *review, struct verdict *verdict)
{
    if (review->subject != REVIEW_DEPLOYMENT || is_being_deleted(review->object) || is_unchanged(review, "spec"))
        return 0;
    strbuf_reserve(&verdict->patch, USUAL_PATCH);
    if (defaults_patch(review->object, &verdict->patch) == 0)
        return 0;
    defaults_warn(review->object, &verdict->findings);
    if (verdict->patch.failed || verdict->findings.failed)
        return -1;
    show_warnings(verdict);
    verdict->answer.patch = strbuf_string(&verdict->patch);
    verdict->answer.patch_length = verdict->patch.length;
    return 0;
}

/* Says no, with every cause and the same as one sentence: `Deployment.apps "x" is invalid: [a, b]`. */
static int deny(const struct review *review, const struct findings *findings, struct verdict *verdict)
{
    struct review_answer *answer = &verdict->answer;
    const cJSON *metadata = json_get(review->object, "metadata");
    bool deployment = review->subject == REVIEW_DEPLOYMENT;

    answer->allowed = false;
    answer->name = json_string_or(metadata, "name", json_string_or(metadata, "generateName", ""));
    answer->group = deployment ? "apps" : "";
    answer->kind = deployment ? "Deployment" : "ConfigMap";

    verdict->causes = calloc(findings->error_count, sizeof *verdict->causes);
    cleanup_free char *summary = findings_summary(findings);
    cleanup_strbuf struct strbuf message = STRBUF_INIT;
    if (!verdict->causes || !summary)
        return -1;
    for (size_t i = 0; i < findings->error_count; i++) {
        const struct field_error *found = &findings->errors[i];
        verdict->causes[i] = (struct review_cause){field_error_reason(found->type), found->field, found->message};
        verdict->denials[found->type]++;
    }
    answer->causes = verdict->causes;
    answer->cause_count = findings->error_count;

    strbuf_add_format(&message, "%s \"%s\" is invalid: %s", deployment ? "Deployment.apps" : "ConfigMap", answer->name,
                      summary);
    verdict->message = strbuf_steal(&message);
    answer->message = verdict->message;
    return verdict->message ? 0 : -1;
}

/* Errors that are not enforced are shown as warnings. */
static void warn_of_error(struct verdict *verdict, const struct field_error *found)
{
    warnings_add(&verdict->warnings, found->field, found->message);
}

/* The spec stays: what the update's own annotations get wrong is refused, what was wrong before is told where it is
 * about annotations. */
static int judge_annotations(const struct review *review, const struct validate_settings *settings,
                             struct verdict *verdict)
{
    static const char prefix[] = "metadata.annotations";
    const struct findings *findings = &verdict->findings;
    cleanup_findings struct findings old = FINDINGS_INIT;
    cleanup_free struct field_error *brought = calloc(findings->error_count, sizeof *brought);
    struct findings denied = {.errors = brought}; /* the texts are the verdict's */

    validate_deployment_with(review->old_object, settings, &old);
    if (!brought || old.failed)
        return -1;
    for (size_t i = 0; i < findings->error_count; i++) {
        const struct field_error *found = &findings->errors[i];
        if (admission_change_brought(review, &old, found))
            brought[denied.error_count++] = *found;
        else if (strncmp(found->field, prefix, sizeof prefix - 1) == 0)
            warn_of_error(verdict, found);
    }
    return denied.error_count > 0 ? deny(review, &denied, verdict) : 0;
}

static int judge_deployment(const struct admission *admission, const struct review *review, struct verdict *verdict)
{
    const struct validate_settings settings = {namespaces_have(admission->secrets_from, review->namespace)};
    validate_deployment_with(review->object, &settings, &verdict->findings);
    admission_change_warn(review, &verdict->findings);
    if (verdict->findings.error_count == 0)
        return 0;
    return is_unchanged(review, "spec") ? judge_annotations(review, &settings, verdict)
                                        : deny(review, &verdict->findings, verdict);
}

static int judge_config_map(const struct review *review, struct verdict *verdict)
{
    validate_config_map(review->object, &verdict->findings);
    if (verdict->findings.error_count == 0)
        return 0;
    if (validate_config_map_is_ours(review->object) && !is_unchanged(review, "data"))
        return deny(review, &verdict->findings, verdict);
    for (size_t i = 0; i < verdict->findings.error_count; i++)
        warn_of_error(verdict, &verdict->findings.errors[i]);
    return 0;
}

/* /validate: judges the final object. */
static int judge(const struct admission *admission, const struct review *review, struct verdict *verdict)
{
    if (review->subject == REVIEW_OTHER || is_being_deleted(review->object))
        return 0;
    bool deployment = review->subject == REVIEW_DEPLOYMENT;
    int failed = deployment ? judge_deployment(admission, review, verdict) : judge_config_map(review, verdict);
    if (failed || verdict->findings.failed)
        return -1;
    show_warnings(verdict);
    return 0;
}

static void count(_Atomic uint64_t *counter, uint64_t more)
{
    atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

static void refuse(struct metrics *metrics, enum webhook_path path, struct http_response *response, int status,
                   const char *sentence)
{
    metrics_count_review(metrics, path, status);
    http_response_text(response, status, "%s", sentence);
}

static void count_verdict(struct metrics *metrics, enum webhook_path path, const struct verdict *verdict)
{
    const struct review_answer *answer = &verdict->answer;
    metrics_count_review(metrics, path, answer->allowed ? 200 : 422);
    for (size_t type = 0; type < FIELD_ERROR_TYPES; type++)
        if (verdict->denials[type] > 0)
            count(&metrics->rejections[type], verdict->denials[type]);
    if (answer->warning_count > 0)
        count(&metrics->warnings, answer->warning_count);
}

/* Decides about a parsed body. */
static void answer_tree(const struct admission *admission, enum webhook_path path, const cJSON *tree,
                        struct http_response *response)
{
    struct metrics *metrics = admission->metrics;
    cleanup_error struct error error = {0};
    struct review review;
    if (review_read(tree, &review, &error) < 0) {
        refuse(metrics, path, response, 400, error_message(&error));
        return;
    }
    cleanup_verdict struct verdict verdict = VERDICT_INIT;
    cleanup_strbuf struct strbuf out = STRBUF_INIT;
    int failed = path == WEBHOOK_MUTATE ? complete(&review, &verdict) : judge(admission, &review, &verdict);
    if (!failed)
        review_write(&review, &verdict.answer, &out);
    response->body_length = out.length;
    response->body = failed ? NULL : strbuf_steal(&out);
    if (!response->body) {
        refuse(metrics, path, response, 500, "memory ran out");
        return;
    }
    response->status = 200;
    response->content_type = "application/json";
    count_verdict(metrics, path, &verdict);
}

void admission_answer(const struct admission *admission, enum webhook_path path, const char *body, size_t length,
                      struct http_response *response)
{
    cleanup_error struct error error = {0};
    cJSON *tree = NULL;
    arena_begin();
    if (json_parse(body, length, &tree, &error) < 0)
        refuse(admission->metrics, path, response, 400, error_message(&error));
    else
        answer_tree(admission, path, tree, response);
    arena_end(tree);
}

/* application/json, with or without parameters. */
static bool is_json(const char *content_type)
{
    static const char wanted[] = "application/json";
    if (!content_type || strncasecmp(content_type, wanted, sizeof wanted - 1) != 0)
        return false;
    char next = content_type[sizeof wanted - 1];
    return next == '\0' || next == ';' || next == ' ' || next == '\t';
}

static bool path_read(const char *text, enum webhook_path *ret_path)
{
    if (strcmp(text, "/mutate") == 0)
        *ret_path = WEBHOOK_MUTATE;
    else if (strcmp(text, "/validate") == 0)
        *ret_path = WEBHOOK_VALIDATE;
    else
        return false;
    return true;
}

/* Refuses what is no review before its body is looked at. */
static bool check_request(struct metrics *metrics, enum webhook_path path, const struct http_request *request,
                          struct http_response *response)
{
    if (strcmp(request->method, "POST") != 0) {
        refuse(metrics, path, response, 405, "an AdmissionReview is sent with POST");
        http_response_add_header(response, "Allow", "POST");
        return false;
    }
    if (!is_json(http_request_header(request, "Content-Type"))) {
        refuse(metrics, path, response, 415, "Content-Type must be application/json");
        return false;
    }
    return true;
}

void admission_handle(void *context, const struct http_request *request, struct http_response *response)
{
    const struct admission *admission = context;
    struct metrics *metrics = admission->metrics;
    int64_t begun = clock_now_ns();
    enum webhook_path path;
    if (!path_read(request->path, &path)) {
        http_response_text(response, 404, "there are /mutate and /validate here");
        return;
    }
    if (!check_request(metrics, path, request, response))
        return;
    atomic_fetch_add_explicit(&metrics->in_flight[path], 1, memory_order_relaxed);
    admission_answer(admission, path, request->body, request->body_length, response);
    atomic_fetch_sub_explicit(&metrics->in_flight[path], 1, memory_order_relaxed);
    metrics_observe_latency(metrics, path, clock_now_ns() - begun);
}
