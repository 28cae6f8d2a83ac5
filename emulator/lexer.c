#include "emulator/lexer.h"

#include "common/strbuf.h"
#include "emulator/memory.h"

static bool is_word_byte(char byte)
{
    unsigned char value = (unsigned char)byte;

    return (value >= '0' && value <= '9') || (value >= 'a' && value <= 'z') || (value >= 'A' && value <= 'Z') ||
           value == '_' || value == '-' || value == '$' || value >= 0x80;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* After a dot: a plain segment or one in double brackets. Returns what follows it, or NULL. */
static const char *segment_end(const char *text)
{
    if (strncmp(text, "[[", 2) == 0) {
        const char *end = strstr(text + 2, "]]");
        return end && end > text + 2 ? end + 2 : NULL;
    }
    const char *end = text;
    while (is_word_byte(*end))
        end++;
    return end > text ? end : NULL;
}

static int read_path(struct emulator_lexer *lexer, struct error *error)
{
    struct emulator_token *token = &lexer->token;
    const char *end = segment_end(lexer->next);

    token->kind = EMULATOR_TOKEN_PATH;
    token->keyword_form = *end != '.';
    while (*end == '.') {
        const char *after = segment_end(end + 1);
        if (!after)
            return error_set(error, "the path %.*s has an empty segment after its last dot",
                             (int)(end + 1 - token->start), token->start);
        end = after;
    }
    lexer->next = end;
    return 0;
}

static int read_string(struct emulator_lexer *lexer, struct error *error)
{
    const char *at = lexer->next + 1;

    lexer->token.kind = EMULATOR_TOKEN_STRING;
    for (; *at; at++) {
        bool escaped = (*at == '\'' || *at == '\\') && at[1] == '\'';
        if (escaped)
            at++;
        else if (*at == '\'')
            break;
    }
    if (!*at)
        return error_set(error, "a string is not closed by a single quote");
    lexer->next = at + 1;
    return 0;
}

static int read_number(struct emulator_lexer *lexer, struct error *error)
{
    const char *end = lexer->next + (*lexer->next == '-');

    while (is_digit(*end))
        end++;
    if (*end == '.' && is_digit(end[1]))
        for (end++; is_digit(*end);)
            end++;
    if ((*end == 'e' || *end == 'E') && (is_digit(end[1]) || ((end[1] == '-' || end[1] == '+') && is_digit(end[2]))))
        for (end += 2; is_digit(*end);)
            end++;
    if (is_word_byte(*end) || *end == '.')
        return error_set(error, "'%.*s' is no number; a string stands in single quotes", (int)(end + 1 - lexer->next),
                         lexer->next);
    lexer->token.kind = EMULATOR_TOKEN_NUMBER;
    lexer->token.number = strtod(lexer->next, NULL);
    lexer->next = end;
    return 0;
}

static bool read_comparison(struct emulator_lexer *lexer)
{
    static const struct {
        const char *text;
        enum emulator_comparison comparison;
    } comparisons[] = {
        {"!=", EMULATOR_NOT_EQUAL},     {"<>", EMULATOR_NOT_EQUAL}, {"<=", EMULATOR_LESS_EQUAL},
        {">=", EMULATOR_GREATER_EQUAL}, {"=", EMULATOR_EQUAL},      {"<", EMULATOR_LESS},
        {">", EMULATOR_GREATER},
    };

    for (size_t i = 0; i < array_length(comparisons); i++) {
        size_t length = strlen(comparisons[i].text);
        if (strncmp(lexer->next, comparisons[i].text, length) != 0)
            continue;
        lexer->token.kind = EMULATOR_TOKEN_COMPARISON;
        lexer->token.comparison = comparisons[i].comparison;
        lexer->next += length;
        return true;
    }
    return false;
}

static int read_token(struct emulator_lexer *lexer, struct error *error)
{
    char byte = *lexer->next;

    if (byte == '\0')
        return 0;
    if (byte == '\'')
        return read_string(lexer, error);
    if (byte == '"')
        return error_set(error, "double quotes are not allowed; a string stands in single quotes");
    if (is_digit(byte) || (byte == '-' && is_digit(lexer->next[1])))
        return read_number(lexer, error);
    if (is_word_byte(byte) && byte != '-')
        return read_path(lexer, error);
    if (read_comparison(lexer))
        return 0;
    if (!strchr("()[],*", byte))
        return error_set(error, "the character '%c' does not belong there", byte);
    lexer->token.kind = EMULATOR_TOKEN_PUNCTUATION;
    lexer->token.punctuation = byte;
    lexer->next++;
    return 0;
}

int emulator_lexer_advance(struct emulator_lexer *lexer, struct error *error)
{
    lexer->next += strspn(lexer->next, " \t\r\n");
    lexer->token = (struct emulator_token){.kind = EMULATOR_TOKEN_END, .start = lexer->next};
    if (read_token(lexer, error) < 0)
        return -1;
    lexer->token.length = (size_t)(lexer->next - lexer->token.start);
    return 0;
}

int emulator_lexer_init(struct emulator_lexer *lexer, const char *text, struct error *error)
{
    *lexer = (struct emulator_lexer){.text = text, .next = text};
    return emulator_lexer_advance(lexer, error);
}

bool emulator_lexer_at_keyword(const struct emulator_lexer *lexer, const char *word)
{
    const struct emulator_token *token = &lexer->token;

    return token->kind == EMULATOR_TOKEN_PATH && token->keyword_form && token->length == strlen(word) &&
           strncasecmp(token->start, word, token->length) == 0;
}

bool emulator_lexer_at(const struct emulator_lexer *lexer, char punctuation)
{
    return lexer->token.kind == EMULATOR_TOKEN_PUNCTUATION && lexer->token.punctuation == punctuation;
}

char *emulator_lexer_place(const struct emulator_lexer *lexer)
{
    const struct emulator_token *token = &lexer->token;

    if (token->kind == EMULATOR_TOKEN_END)
        return emulator_text_copy("at its end");
    return emulator_text_format("near \"%.*s\"", (int)(token->length < 60 ? token->length : 60), token->start);
}

char *emulator_token_string(const struct emulator_token *token)
{
    char *text = emulator_allocate(token->length);
    char *out = text;

    for (size_t i = 1; i + 1 < token->length; i++) {
        if ((token->start[i] == '\'' || token->start[i] == '\\') && token->start[i + 1] == '\'' &&
            i + 2 < token->length)
            i++;
        *out++ = token->start[i];
    }
    return text;
}
