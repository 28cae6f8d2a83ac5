#include "iothub/entra_answer.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/secret.h"
#include "common/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LONGEST_TOKEN      ((size_t)32 << 10)
#define LONGEST_LIFETIME_S (24 * 3600)
#define LONGEST_SENTENCE   400
#define PREFIX             "AADSTS"
#define PREFIX_LENGTH      (sizeof PREFIX - 1)

/* It goes into a header. */
static bool is_token(const char *text)
{
    size_t length = strlen(text);

    if (length == 0 || length > LONGEST_TOKEN)
        return false;
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7F)
            return false;
    return true;
}

static int members_read(const cJSON *tree, char **ret_token, int64_t *ret_lifetime_s, struct error *error)
{
    const char *token = json_string(tree, "access_token");
    const char *type = json_string_or(tree, "token_type", "");
    int64_t lifetime_s;

    if (strcasecmp(type, "Bearer") != 0)
        return error_set(error, "its token_type is not Bearer");
    if (!token || !is_token(token))
        return error_set(error, "there is no access_token in it that can be used");
    if (!json_int64(tree, "expires_in", &lifetime_s) || lifetime_s < 1)
        return error_set(error, "its expires_in is no number of seconds");
    *ret_token = strdup(token);
    *ret_lifetime_s = lifetime_s < LONGEST_LIFETIME_S ? lifetime_s : LONGEST_LIFETIME_S;
    return *ret_token ? 0 : error_set(error, "out of memory");
}

static void member_wipe(const cJSON *tree, const char *name)
{
    cJSON *member = json_get(tree, name);

    if (member && member->valuestring)
        explicit_bzero(member->valuestring, strlen(member->valuestring));
}

int entra_answer_read(const struct http_client_answer *answer, char **ret_token, int64_t *ret_lifetime_s,
                      struct error *error)
{
    cleanup_json cJSON *tree = NULL;
    cleanup_error struct error reason = {NULL};
    int result = json_parse(answer->body, answer->body_length, &tree, &reason);

    if (result == 0)
        result = members_read(tree, ret_token, ret_lifetime_s, &reason);
    member_wipe(tree, "access_token");
    if (result < 0)
        error_set(error, "the answer cannot be used: %s", error_message(&reason));
    return result;
}

/* "AADSTS700016" at the beginning of a description, or "". */
static void code_read(const char *description, char code[PREFIX_LENGTH + 12])
{
    size_t digits =
        strncmp(description, PREFIX, PREFIX_LENGTH) == 0 ? strspn(description + PREFIX_LENGTH, "0123456789") : 0;

    code[0] = '\0';
    if (digits > 0 && digits < 11)
        (void)snprintf(code, PREFIX_LENGTH + 12, "%.*s", (int)(PREFIX_LENGTH + digits), description);
}

/* The description without its numbers for the support, in one line; NULL for none. */
static char *sentence_read(const char *description)
{
    const char *end = strstr(description, " Trace ID:");

    return text_printable(description, end ? (size_t)(end - description) : strlen(description), LONGEST_SENTENCE);
}

/* Codes: learn.microsoft.com/entra/identity-platform/reference-error-codes. */
static const char *advice(const char *code)
{
    static const struct {
        const char *code, *advice;
    } known[] = {
        {"700016", "check clientId, and that the application is in this tenant"},
        {"90002", "check tenantId"},
        {"900023", "check tenantId"},
        {"70021", "check issuer, subject and audience of the application's federated credential"},
        {"700211", "check the issuer of the application's federated credential"},
        {"700212", "check the audience of the application's federated credential and of the projected token"},
        {"700213", "check the subject of the application's federated credential"},
        {"700024", "check the clock, and that the projected token is renewed"},
        {"50027", "check that tokenFile is the ServiceAccount's projected token"},
    };

    for (size_t i = 0; *code && i < array_length(known); i++)
        if (strcmp(code + PREFIX_LENGTH, known[i].code) == 0)
            return known[i].advice;
    return "check clientId, tenantId and the application's federated credential";
}

void entra_answer_explain(const struct http_client_answer *answer, const char *assertion, struct error *error)
{
    cleanup_json cJSON *tree = NULL;
    char code[PREFIX_LENGTH + 12];
    bool read = json_parse(answer->body, answer->body_length, &tree, NULL) == 0;
    const char *description = read ? json_string_or(tree, "error_description", "") : "";
    cleanup_free char *sentence = sentence_read(description);
    bool quoted = secret_is_quoted(sentence, assertion);

    code_read(description, code);
    error_set(error, "HTTP status %d%s%s%s", answer->status, sentence ? ": " : "",
              quoted || !sentence ? code : sentence, quoted ? " (its words are left out: they quote the token)" : "");
    if (answer->status < 500) {
        cleanup_free char *said = strdup(error_message(error));

        error_set(error, "%s; %s", said ? said : "", advice(code));
    }
}
