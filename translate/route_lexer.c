/* From the lexer grammar of edgeHub's routes (GrammarLexer.g4 of IoT Edge). */
#include "translate/route_lexer.h"

#include "common/cleanup.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

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

/* What ends a name. */
static const bool is_sign[256] = {
    ['\0'] = true, ['('] = true,  [')'] = true, ['<'] = true,  ['>'] = true,  ['@'] = true,  [','] = true, [';'] = true,
    [':'] = true,  ['\\'] = true, ['"'] = true, ['/'] = true,  ['['] = true,  [']'] = true,  ['?'] = true, ['='] = true,
    ['{'] = true,  ['}'] = true,  [' '] = true, ['\t'] = true, ['\r'] = true, ['\n'] = true,
};

bool route_is_name_character(char c)
{
    return !is_sign[(unsigned char)c];
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

/* Like a name, with brackets. */
static size_t path_length(const char *at)
{
    size_t length = 0;

    while (route_is_name_character(at[length]) || at[length] == '[' || at[length] == ']')
        length++;
    return length;
}

/* The $ alone is none. */
static size_t system_length(const char *at)
{
    size_t length = *at == '$' ? path_length(at) : 0;

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

/* Up to where a text that has no end is read; less than string_length when it has one. */
static size_t open_string_length(const char *at)
{
    size_t length = 1;

    if (*at != '"' && *at != '\'')
        return 0;
    while (at[length] && at[length] != *at) {
        size_t step = at[length] == '\\' ? escape_length(at + length) : 1;

        if (!step)
            break;
        length += step;
    }
    return length;
}

static size_t count_digits(const char *at)
{
    size_t count = 0;

    while (at[count] >= '0' && at[count] <= '9')
        count++;
    return count;
}

static size_t exponent_length(const char *at)
{
    size_t sign, digits;

    if (*at != 'e' && *at != 'E')
        return 0;
    sign = at[1] == '+' || at[1] == '-';
    digits = count_digits(at + 1 + sign);
    return digits ? 1 + sign + digits : 0;
}

/* -12, .5, 1.5e-3, 1e5, and e5 as well; 0x1f. */
static size_t number_length(const char *at)
{
    size_t sign = *at == '-';
    size_t whole = count_digits(at + sign);
    size_t length = sign + whole;
    size_t fraction = at[length] == '.' ? count_digits(at + length + 1) : 0;

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

/* A word, when the name of that length is one. A longer name is none, and a shorter one cannot be longer than it. */
static enum route_token_kind word_kind(const char *text, size_t length)
{
    for (size_t i = 0; i < array_length(words); i++) {
        if (((text[0] ^ words[i].text[0]) & ~0x20) == 0 && strlen(words[i].text) == length &&
            (words[i].any_case ? strncasecmp(text, words[i].text, length) : strncmp(text, words[i].text, length)) == 0)
            return words[i].kind;
    }
    return ROUTE_NAME;
}

static enum route_token_kind single_sign_kind(char c)
{
    switch (c) {
    case '<':
        return ROUTE_LESS;
    case '>':
        return ROUTE_GREATER;
    case '=':
        return ROUTE_EQUAL;
    case '+':
        return ROUTE_PLUS;
    case '-':
        return ROUTE_MINUS;
    case '*':
        return ROUTE_STAR;
    case '/':
        return ROUTE_SLASH;
    case '%':
        return ROUTE_PERCENT;
    case '(':
        return ROUTE_OPEN;
    case ')':
        return ROUTE_CLOSE;
    case '{':
        return ROUTE_OPEN_BRACE;
    case '}':
        return ROUTE_CLOSE_BRACE;
    case ',':
        return ROUTE_COMMA;
    default:
        return ROUTE_UNKNOWN;
    }
}

/* The operator or sign at this place, the longest one, and its length. */
static enum route_token_kind sign_kind(const char *text, size_t *ret_length)
{
    *ret_length = 2;
    switch (text[0]) {
    case '<':
        if (text[1] == '=')
            return ROUTE_LESS_EQUAL;
        if (text[1] == '>')
            return ROUTE_NOT_EQUAL;
        break;
    case '>':
        if (text[1] == '=')
            return ROUTE_GREATER_EQUAL;
        break;
    case '!':
        if (text[1] == '=')
            return ROUTE_NOT_EQUAL;
        break;
    case '|':
        if (text[1] == '|')
            return ROUTE_CONCAT;
        break;
    case '?':
        if (text[1] == '?')
            return ROUTE_COALESCE;
        break;
    default:
        break;
    }
    *ret_length = 1;
    return single_sign_kind(text[0]);
}

struct route_token route_lexer_next(struct route_lexer *lexer)
{
    struct route_token token = {.kind = ROUTE_END};
    enum route_token_kind sign;
    size_t length, sign_length;

    do {
        while (*lexer->at == ' ' || *lexer->at == '\t' || *lexer->at == '\r' || *lexer->at == '\n')
            lexer->at++;
    } while (skip_comment(lexer));
    token.text = lexer->at;
    if (!*token.text)
        return token;
    length = name_length(token.text);
    token.kind = word_kind(token.text, length);
    token.length = token.kind == ROUTE_NAME ? 0 : length;
    offer(&token, ROUTE_STRING, string_length(token.text));
    offer(&token, ROUTE_UNKNOWN, open_string_length(token.text));
    offer(&token, ROUTE_NUMBER, number_length(token.text));
    sign = sign_kind(token.text, &sign_length);
    if (sign != ROUTE_UNKNOWN)
        offer(&token, sign, sign_length);
    offer(&token, ROUTE_SYSTEM, system_length(token.text));
    offer(&token, ROUTE_NAME, length);
    /* A path without a $ is a word of the lexer that no rule takes. That is of interest only where it swallows a text.
     */
    if (token.kind == ROUTE_STRING)
        offer(&token, ROUTE_UNKNOWN, path_length(token.text));
    offer(&token, ROUTE_UNKNOWN, 1);
    lexer->at += token.length;
    return token;
}
