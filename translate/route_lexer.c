/* From the lexer grammar of edgeHub's routes (GrammarLexer.g4 of IoT Edge). */
#include "translate/route_lexer.h"

#include "common/cleanup.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define BLANKS      " \t\r\n"
#define DIGITS      "0123456789"
#define HEX_DIGITS  "0123456789abcdefABCDEF"
#define UNICODE_HEX 4

static const struct {
    enum route_token_kind kind;
    bool any_case;
    const char *text;
} words[] = {
    {ROUTE_SELECT, true, "select"},
    {ROUTE_FROM, true, "from"},
    {ROUTE_WHERE, true, "where"},
    {ROUTE_INTO, true, "into"},
    {ROUTE_AND, true, "and"},
    {ROUTE_OR, true, "or"},
    {ROUTE_NOT, true, "not"},
    {ROUTE_TRUE, false, "true"},
    {ROUTE_FALSE, false, "false"},
    {ROUTE_NULL, false, "null"},
    {ROUTE_UNDEFINED, false, "undefined"},
};

/* The longer ones first. */
static const struct {
    enum route_token_kind kind;
    const char *text;
} operators[] = {
    {ROUTE_LESS_EQUAL, "<="}, {ROUTE_NOT_EQUAL, "<>"},  {ROUTE_GREATER_EQUAL, ">="}, {ROUTE_NOT_EQUAL, "!="},
    {ROUTE_CONCAT, "||"},     {ROUTE_COALESCE, "??"},   {ROUTE_LESS, "<"},           {ROUTE_GREATER, ">"},
    {ROUTE_EQUAL, "="},       {ROUTE_PLUS, "+"},        {ROUTE_MINUS, "-"},          {ROUTE_STAR, "*"},
    {ROUTE_SLASH, "/"},       {ROUTE_PERCENT, "%"},     {ROUTE_OPEN, "("},           {ROUTE_CLOSE, ")"},
    {ROUTE_OPEN_BRACE, "{"},  {ROUTE_CLOSE_BRACE, "}"}, {ROUTE_COMMA, ","},
};

bool route_is_name_character(char c)
{
    return c && !strchr("()<>@,;:\\\"/[]?={} \t\r\n", c);
}

bool route_token_is(const struct route_token *token, const char *text)
{
    return token->length == strlen(text) && strncasecmp(token->text, text, token->length) == 0;
}

struct route_lexer route_lexer_new(const char *text)
{
    struct route_lexer lexer = {.at = text};

    for (const char *at = strstr(text, "*/"); at; at = strstr(at + 1, "*/"))
        lexer.last_close = at;
    return lexer;
}

/* A comment ends at the first end behind its begin; without an end it is none. */
static bool skip_comment(struct route_lexer *lexer)
{
    const char *start = lexer->at;

    if (start[0] != '/' || start[1] != '*' || !lexer->last_close || lexer->last_close < start + 2)
        return false;
    lexer->comment = start;
    lexer->comment_end = strstr(start + 2, "*/") + 2;
    lexer->at = lexer->comment_end;
    return true;
}

static size_t name_length(const char *at)
{
    size_t length = 0;

    while (route_is_name_character(at[length]))
        length++;
    return length;
}

/* Like a name, with brackets; the $ alone is none. */
static size_t system_length(const char *at)
{
    size_t length = 1;

    if (*at != '$')
        return 0;
    while (route_is_name_character(at[length]) || at[length] == '[' || at[length] == ']')
        length++;
    return length > 1 ? length : 0;
}

/* Bytes of the escape at the backslash, or 0. */
static size_t escape_length(const char *at)
{
    if (at[1] == '"' || at[1] == '\'' || at[1] == '\\')
        return 2;
    if (at[1] == 'u' && strspn(at + 2, HEX_DIGITS) >= UNICODE_HEX)
        return 2 + UNICODE_HEX;
    return 0;
}

static size_t string_length(const char *at)
{
    size_t length = 1;

    if (*at != '"' && *at != '\'')
        return 0;
    while (at[length] && at[length] != *at) {
        size_t step = at[length] == '\\' ? escape_length(at + length) : 1;

        if (!step)
            return 0;
        length += step;
    }
    return at[length] ? length + 1 : 0;
}

static size_t exponent_length(const char *at)
{
    size_t sign, digits;

    if (*at != 'e' && *at != 'E')
        return 0;
    sign = at[1] == '+' || at[1] == '-';
    digits = strspn(at + 1 + sign, DIGITS);
    return digits ? 1 + sign + digits : 0;
}

/* -12, .5, 1.5e-3, 1e5, and e5 as well; 0x1f. */
static size_t number_length(const char *at)
{
    size_t sign = *at == '-';
    size_t whole = strspn(at + sign, DIGITS);
    size_t length = sign + whole;
    size_t fraction = at[length] == '.' ? strspn(at + length + 1, DIGITS) : 0;

    if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X') && strspn(at + 2, HEX_DIGITS))
        return 2 + strspn(at + 2, HEX_DIGITS);
    if (fraction)
        return length + 1 + fraction + exponent_length(at + length + 1 + fraction);
    if (exponent_length(at + length))
        return length + exponent_length(at + length);
    return whole ? length : 0;
}

/* The first of the candidates that is longest; they come in the order of the grammar's rules. */
static void offer(struct route_token *token, enum route_token_kind kind, size_t length)
{
    if (length <= token->length)
        return;
    token->kind = kind;
    token->length = length;
}

static void offer_words(struct route_token *token, bool any_case)
{
    for (size_t i = 0; i < array_length(words); i++) {
        size_t length = strlen(words[i].text);

        if (words[i].any_case == any_case && (any_case ? strncasecmp(token->text, words[i].text, length)
                                                       : strncmp(token->text, words[i].text, length)) == 0)
            offer(token, words[i].kind, length);
    }
}

struct route_token route_lexer_next(struct route_lexer *lexer)
{
    struct route_token token = {.kind = ROUTE_END};

    do {
        lexer->at += strspn(lexer->at, BLANKS);
    } while (skip_comment(lexer));
    token.text = lexer->at;
    if (!*token.text)
        return token;
    offer_words(&token, true);
    offer(&token, ROUTE_STRING, string_length(token.text));
    offer(&token, ROUTE_NUMBER, number_length(token.text));
    offer_words(&token, false);
    for (size_t i = 0; i < array_length(operators); i++) {
        if (strncmp(token.text, operators[i].text, strlen(operators[i].text)) == 0)
            offer(&token, operators[i].kind, strlen(operators[i].text));
    }
    offer(&token, ROUTE_SYSTEM, system_length(token.text));
    offer(&token, ROUTE_NAME, name_length(token.text));
    offer(&token, ROUTE_UNKNOWN, 1);
    lexer->at += token.length;
    return token;
}
