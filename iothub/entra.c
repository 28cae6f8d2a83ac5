#include "iothub/entra.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/secret.h"
#include "common/strbuf.h"
#include "http/client.h"
#include "iothub/ca_file.h"
#include "iothub/entra_answer.h"
#include "iothub/identity.h"
#include "iothub/observed.h"
#include "iothub/percent_encode.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define ASSERTION_LIMIT ((size_t)64 << 10)
#define ANSWER_LIMIT    ((size_t)128 << 10)
#define EXCHANGE_MS     15000 /* leaves the hub its part of a call's time */
#define RENEW_EARLY_S   300   /* before the end, and never more than a quarter of a token's life */
#define RETRY_S         30    /* while the old token still serves */

struct entra {
    struct workload_identity identity;
    struct http_client *http;
    struct iothub_observer observer;
    char *path;
    char *token; /* NULL: none */
    int64_t made_s, renew_s, end_s;
    char *trouble;
};

static bool is_jwt_character(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.' || c == '=';
}

/* The ServiceAccount's token as it is now: the kubelet renews the file. */
static int assertion_read(const char *path, char **ret_assertion, struct error *error)
{
    cleanup_secret char *text = NULL;
    size_t length = 0, at = 0;

    if (file_read(path, ASSERTION_LIMIT, &text, &length, error) < 0)
        return error_wrap(error, "token of the ServiceAccount");
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    while (is_jwt_character(text[at]))
        at++;
    if (length == 0 || at < length)
        return error_set(error, "token of the ServiceAccount: %s holds no token", path);
    *ret_assertion = steal_ptr(text);
    return 0;
}

static int http_prepare(struct entra *entra, const char *user_agent, struct error *error)
{
    const struct workload_identity *identity = &entra->identity;
    const struct http_client_options options = {
        .base_url = identity->authority_host, .ca_file = identity->authority_ca_file, .user_agent = user_agent};

    if (identity->authority_ca_file && iothub_ca_file_check(identity->authority_ca_file, error) < 0)
        return error_wrap(error, "workloadIdentity.authorityCaFile");
    if (http_client_new(&options, &entra->http, error) < 0)
        return error_wrap(error, "workloadIdentity.authorityHost");
    if (asprintf(&entra->path, "/%s/oauth2/v2.0/token", identity->tenant_id) >= 0)
        return 0;
    entra->path = NULL;
    return error_set(error, "out of memory");
}

int entra_new(const struct workload_identity *given, const char *user_agent, const struct iothub_observer *observer,
              struct entra **ret_entra, struct error *error)
{
    cleanup_secret char *assertion = NULL;
    struct entra *entra = calloc(1, sizeof *entra);

    if (!entra)
        return error_set(error, "out of memory");
    entra->observer = *observer;
    if (iothub_identity_complete(given, &entra->identity, error) < 0 ||
        assertion_read(entra->identity.token_file, &assertion, error) < 0 ||
        http_prepare(entra, user_agent, error) < 0) {
        entra_free(entra);
        return -1;
    }
    *ret_entra = entra;
    return 0;
}

static void token_forget(struct entra *entra)
{
    secret_free(entra->token);
    entra->token = NULL;
}

void entra_free(struct entra *entra)
{
    if (!entra)
        return;
    http_client_free(entra->http);
    token_forget(entra);
    workload_identity_release(&entra->identity);
    free(entra->path);
    free(entra->trouble);
    free(entra);
}

void entra_stop(struct entra *entra)
{
    http_client_stop(entra->http);
}

/* --- one exchange ----------------------------------------------------------------------------- */

static void field_add(struct strbuf *form, const char *name, const char *value)
{
    strbuf_add_format(form, "%s%s=", form->length ? "&" : "", name);
    iothub_percent_encode(form, value);
}

static char *form_write(const struct workload_identity *identity, const char *assertion)
{
    struct strbuf form = STRBUF_INIT;

    /* So that no growing leaves the assertion in memory that was given back. */
    strbuf_reserve(&form, 3 * (strlen(assertion) + strlen(identity->client_id) + strlen(identity->scope)) + 512);
    field_add(&form, "client_id", identity->client_id);
    field_add(&form, "scope", identity->scope);
    field_add(&form, "grant_type", "client_credentials");
    field_add(&form, "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    field_add(&form, "client_assertion", assertion);
    return strbuf_steal(&form);
}

static enum iothub_result post(struct entra *entra, const char *form, int64_t deadline_ms,
                               struct http_client_answer *answer, struct error *error)
{
    static const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded", "Accept: application/json",
                                          NULL};
    int64_t own_deadline_ms = clock_now_ms() + EXCHANGE_MS;
    const struct http_client_request request = {
        .method = "POST",
        .path = entra->path,
        .headers = headers,
        .body = form,
        .body_length = strlen(form),
        .deadline_ms = own_deadline_ms < deadline_ms ? own_deadline_ms : deadline_ms,
        .answer_limit = ANSWER_LIMIT,
    };
    int result = iothub_observed_perform(entra->http, &entra->observer, IOTHUB_TOKEN, &request, answer, error);

    /* The connection of the last time, an hour ago, has ended. */
    if (result == HTTP_CLIENT_FAILED)
        result = iothub_observed_perform(entra->http, &entra->observer, IOTHUB_TOKEN, &request, answer, error);
    if (result == HTTP_CLIENT_STOPPED)
        return IOTHUB_STOPPED;
    return result == 0 ? IOTHUB_OK : IOTHUB_UNSENT;
}

static enum iothub_result answer_take(struct entra *entra, const struct http_client_answer *answer,
                                      const char *assertion, int64_t now_s, struct error *error)
{
    char *token = NULL;
    int64_t lifetime_s = 0;

    if (answer->status != 200) {
        entra_answer_explain(answer, assertion, error);
        return answer->status >= 400 && answer->status < 500 && answer->status != 429 ? IOTHUB_UNAUTHORIZED
                                                                                      : IOTHUB_UNSENT;
    }
    if (entra_answer_read(answer, &token, &lifetime_s, error) < 0)
        return IOTHUB_UNSENT;
    int64_t early_s = lifetime_s / 4 < RENEW_EARLY_S ? lifetime_s / 4 : RENEW_EARLY_S;

    token_forget(entra);
    entra->token = token;
    entra->made_s = now_s;
    entra->end_s = now_s + lifetime_s;
    entra->renew_s = entra->end_s - early_s;
    return IOTHUB_OK;
}

static enum iothub_result token_fetch(struct entra *entra, int64_t now_s, int64_t deadline_ms, struct error *error)
{
    cleanup_http_client_answer struct http_client_answer answer = HTTP_CLIENT_ANSWER_INIT;
    cleanup_secret char *assertion = NULL;
    cleanup_secret char *form = NULL;

    if (assertion_read(entra->identity.token_file, &assertion, error) < 0)
        return IOTHUB_UNAUTHORIZED;
    form = form_write(&entra->identity, assertion);
    if (!form) {
        error_set(error, "out of memory");
        return IOTHUB_UNSENT;
    }
    enum iothub_result result = post(entra, form, deadline_ms, &answer, error);

    if (result != IOTHUB_OK)
        return result;
    result = answer_take(entra, &answer, assertion, now_s, error);
    explicit_bzero(answer.body, answer.body_length);
    if (result != IOTHUB_OK)
        error_wrap(error, "POST %s%s", entra->identity.authority_host, entra->path);
    return result;
}

/* --- the token in use ------------------------------------------------------------------------- */

static void trouble_note(struct entra *entra, const char *trouble)
{
    free(entra->trouble);
    entra->trouble = trouble ? strdup(trouble) : NULL;
}

enum iothub_result entra_token(struct entra *entra, int64_t now_s, int64_t deadline_ms, const char **ret_token,
                               struct error *error)
{
    cleanup_error struct error reason = {NULL};
    enum iothub_result result = IOTHUB_OK;

    /* A clock that was set back would make the token look younger than it is. */
    if (entra->token && (now_s < entra->made_s || now_s >= entra->end_s))
        token_forget(entra);
    if (!entra->token || now_s >= entra->renew_s) {
        result = token_fetch(entra, now_s, deadline_ms, &reason);
        trouble_note(entra, result == IOTHUB_OK ? NULL : error_message(&reason));
    }
    if (!entra->token || result == IOTHUB_STOPPED) {
        error_set(error, "no token of Microsoft Entra ID: %s", error_message(&reason));
        return result;
    }
    if (result != IOTHUB_OK)
        entra->renew_s = now_s + RETRY_S;
    *ret_token = entra->token;
    return IOTHUB_OK;
}

bool entra_forget(struct entra *entra, int64_t since_s)
{
    bool older = entra->token && entra->made_s < since_s;

    token_forget(entra);
    return older;
}

const char *entra_trouble(const struct entra *entra)
{
    return entra->token ? entra->trouble : NULL;
}

const char *entra_client_id(const struct entra *entra)
{
    return entra->identity.client_id;
}
