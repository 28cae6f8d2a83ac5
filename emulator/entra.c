#include "emulator/entra.h"

#include "common/json.h"
#include "common/json_writer.h"
#include "emulator/jwt.h"
#include "emulator/memory.h"
#include "emulator/policies.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <time.h>

static const char resource[] = "https://iothubs.azure.net";
static const char assertion_audience[] = "api://AzureADTokenExchange";

void emulator_entra_init(struct emulator_entra *entra, const char *client, unsigned rights, int64_t lifetime_s)
{
    *entra = (struct emulator_entra){.client = client, .rights = rights, .lifetime_s = lifetime_s};
    gnutls_rnd(GNUTLS_RND_KEY, entra->secret, sizeof(entra->secret));
}

int emulator_entra_role_parse(const char *name, unsigned *ret_rights, struct error *error)
{
    static const struct {
        const char *name;
        unsigned rights;
    } roles[] = {
        {"contributor", EMULATOR_RIGHTS_ALL & ~(unsigned)EMULATOR_RIGHT_DEVICE_CONNECT},
        {"reader", EMULATOR_RIGHT_REGISTRY_READ | EMULATOR_RIGHT_TWIN_READ},
        {"twin-contributor", EMULATOR_RIGHT_TWIN_READ | EMULATOR_RIGHT_TWIN_WRITE},
        {"none", 0},
    };

    for (size_t i = 0; i < array_length(roles); i++) {
        if (strcmp(roles[i].name, name) != 0)
            continue;
        *ret_rights = roles[i].rights;
        return 0;
    }
    return error_set(error, "%s is none of contributor, reader, twin-contributor and none", name);
}

/* Why no token is given. */
struct refusal {
    int status;
    const char *error; /* as OAuth names it */
    int number;        /* AADSTS… */
    const char *text;
};

static void refuse(struct http_response *response, const struct refusal *refusal, int64_t wall_seconds)
{
    struct strbuf body = STRBUF_INIT;
    struct json_writer json = {.out = &body};
    time_t now = (time_t)wall_seconds;
    struct tm parts = {0};
    char stamp[32];

    gmtime_r(&now, &parts);
    strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%SZ", &parts);
    cleanup_free char *text =
        emulator_text_format("AADSTS%d: %s Trace ID: 00000000-0000-0000-0000-000000000000 Correlation ID: "
                             "00000000-0000-0000-0000-000000000000 Timestamp: %s",
                             refusal->number, refusal->text, stamp);
    json_begin_object(&json);
    json_member_string(&json, "error", refusal->error);
    json_member_string(&json, "error_description", text);
    json_name(&json, "error_codes");
    json_begin_array(&json);
    json_add_int(&json, refusal->number);
    json_end_array(&json);
    json_member_string(&json, "timestamp", stamp);
    json_end_object(&json);
    response->status = refusal->status;
    response->content_type = "application/json; charset=utf-8";
    response->body_length = body.length;
    response->body = strbuf_steal(&body);
}

/* A text, or an array with it: both are audiences. */
static bool audience_is(const cJSON *audience, const char *text)
{
    const cJSON *item;

    if (cJSON_IsString(audience))
        return strcmp(audience->valuestring, text) == 0;
    cJSON_ArrayForEach(item, audience)
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, text) == 0)
            return true;
    }
    return false;
}

/* The service account's token. Its signature is the cluster's and cannot be checked here; its claims are. */
static const struct refusal *assertion_check(const char *assertion, int64_t wall_seconds)
{
    static const struct refusal malformed = {401, "invalid_client", 50027, "JWT token is invalid or malformed."};
    static const struct refusal audience = {
        401, "invalid_client", 700212, "No matching federated identity record found for presented assertion audience."};
    static const struct refusal expired = {401, "invalid_client", 700024,
                                           "Client assertion is not within its valid time range."};
    cleanup_json cJSON *claims = emulator_jwt_claims(assertion);
    int64_t expiry;

    if (!claims)
        return &malformed;
    if (!audience_is(json_get(claims, "aud"), assertion_audience))
        return &audience;
    return json_int64(claims, "exp", &expiry) && expiry > wall_seconds ? NULL : &expired;
}

/* What the form says. */
struct form {
    char *grant, *scope, *client, *assertion_type, *assertion;
};

static void form_release(struct form *form)
{
    free(form->grant);
    free(form->scope);
    free(form->client);
    free(form->assertion_type);
    free(form->assertion);
}

/* A form in a body has the looks of a query. */
static struct form form_read(const struct http_request *request)
{
    struct http_request as_query = *request;

    as_query.query = request->body;
    return (struct form){
        .grant = http_request_query(&as_query, "grant_type"),
        .scope = http_request_query(&as_query, "scope"),
        .client = http_request_query(&as_query, "client_id"),
        .assertion_type = http_request_query(&as_query, "client_assertion_type"),
        .assertion = http_request_query(&as_query, "client_assertion"),
    };
}

static bool is(const char *text, const char *expected)
{
    return text && strcmp(text, expected) == 0;
}

static const struct refusal *form_check(const struct emulator_entra *entra, const struct form *form,
                                        int64_t wall_seconds)
{
    static const struct refusal incomplete = {
        400, "invalid_request", 900144, "The request body must contain grant_type, client_id, scope and an assertion."};
    static const struct refusal grant = {400, "unsupported_grant_type", 70003,
                                         "The app requested an unsupported grant type."};
    static const struct refusal scope = {400, "invalid_scope", 70011,
                                         "The provided value for the input parameter 'scope' is not valid."};
    static const struct refusal type = {401, "invalid_client", 7000216,
                                        "'client_assertion', 'client_secret' or 'request' is required."};
    static const struct refusal client = {400, "unauthorized_client", 700016,
                                          "Application with that identifier was not found in the directory."};

    if (!form->grant || !form->scope || !form->client || !*form->client)
        return &incomplete;
    if (!is(form->grant, "client_credentials"))
        return &grant;
    if (!is(form->assertion_type, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer") || !form->assertion)
        return &type;
    if (!is(form->scope, "https://iothubs.azure.net/.default"))
        return &scope;
    if (entra->client && !is(form->client, entra->client))
        return &client;
    return assertion_check(form->assertion, wall_seconds);
}

static char *token_make(const struct emulator_entra *entra, const char *tenant, const char *client,
                        int64_t wall_seconds)
{
    cleanup_strbuf struct strbuf claims = STRBUF_INIT;
    struct json_writer json = {.out = &claims};

    json_begin_object(&json);
    json_member_string(&json, "aud", resource);
    json_member_string(&json, "tid", tenant);
    json_member_string(&json, "appid", client);
    json_member_int(&json, "iat", wall_seconds);
    json_member_int(&json, "nbf", wall_seconds);
    json_member_int(&json, "exp", wall_seconds + entra->lifetime_s);
    json_end_object(&json);
    return emulator_jwt_sign(strbuf_string(&claims), entra->secret, sizeof(entra->secret));
}

void emulator_entra_exchange(const struct emulator_entra *entra, const char *tenant, const struct http_request *request,
                             int64_t wall_seconds, struct http_response *response, char **ret_principal)
{
    struct form form = form_read(request);
    const struct refusal *refusal = form_check(entra, &form, wall_seconds);

    if (refusal) {
        refuse(response, refusal, wall_seconds);
    } else {
        struct strbuf body = STRBUF_INIT;
        struct json_writer json = {.out = &body};
        cleanup_free char *token = token_make(entra, tenant, form.client, wall_seconds);

        json_begin_object(&json);
        json_member_string(&json, "token_type", "Bearer");
        json_member_int(&json, "expires_in", entra->lifetime_s);
        json_member_int(&json, "ext_expires_in", entra->lifetime_s);
        json_member_string(&json, "access_token", token);
        json_end_object(&json);
        response->status = 200;
        response->content_type = "application/json; charset=utf-8";
        response->body_length = body.length;
        response->body = strbuf_steal(&body);
        *ret_principal = steal_ptr(form.client);
    }
    form_release(&form);
}

char *emulator_entra_verify(const struct emulator_entra *entra, const char *authorization, int64_t wall_seconds,
                            struct error *error)
{
    static const char scheme[] = "Bearer ";
    int64_t expiry;

    if (strncmp(authorization, scheme, strlen(scheme)) != 0)
        return NULL;
    const char *token = authorization + strlen(scheme);
    cleanup_json cJSON *claims = emulator_jwt_claims(token);
    if (!claims || !emulator_jwt_is_signed(token, entra->secret, sizeof(entra->secret))) {
        error_set(error, "the access token was not given by this hub's authority");
        return NULL;
    }
    if (!json_int64(claims, "exp", &expiry) || expiry <= wall_seconds) {
        error_set(error, "the access token has expired");
        return NULL;
    }
    return emulator_text_copy(json_string_or(claims, "appid", ""));
}
