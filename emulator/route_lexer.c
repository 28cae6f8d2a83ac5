#include "emulator/route_lexer.h"

#include "emulator/memory.h"

#include <strings.h>

/* A candidate for the current token: the longest wins, of equal ones the first that was offered. */
static void offer(struct emulator_route_lexer *lexer, enum emulator_route_token_kind kind, size_t length)
{
    if (length <= lexer->length)
        return;
    lexer->kind = kind;
    lexer->length = length;
}

static bool is_name_byte(char byte, bool brackets)
{
    if (brackets && (byte == '[' || byte == ']'))
        return true;
    return byte && !strchr("()<>@,;:\\\"/[]?={} \t\n\r", byte);
}

static size_t name_length(const char *text, bool brackets)
{
    size_t length = 0;

    while (is_name_byte(text[length], brackets))
        length++;
    return length;
}

static bool is_hex(char byte)
{
    return byte && strchr("0123456789abcdefABCDEF", byte);
}

/* Of the escape at the backslash, 0 when it is none. */
static size_t escape_length(const char *text)
{
    if (text[1] == '"' || text[1] == '\'' || text[1] == '\\')
        return 2;
    if (text[1] != 'u')
        return 0;
    for (size_t i = 2; i < 6; i++)
        if (!is_hex(text[i]))
            return 0;
    return 6;
}

static size_t string_length(const char *text)
{
    size_t at = 1;

    if (*text != '"' && *text != '\'')
        return 0;
    while (text[at] && text[at] != *text) {
        size_t step = text[at] == '\\' ? escape_length(text + at) : 1;
        if (step == 0)
            return 0;
        at += step;
    }
    return text[at] ? at + 1 : 0;
}

/* What is read as a text whose end is missing. */
static size_t open_string_length(const char *text)
{
    size_t at = 1;

    if (*text != '"' && *text != '\'')
        return 0;
    while (text[at] && text[at] != *text) {
        size_t step = text[at] == '\\' ? escape_length(text + at) : 1;
        if (step == 0)
            break;
        at += step;
    }
    return at;
}

static size_t digits(const char *text)
{
    return strspn(text, "0123456789");
}

static size_t exponent_length(const char *text)
{
    size_t sign;

    if (*text != 'e' && *text != 'E')
        return 0;
    sign = text[1] == '+' || text[1] == '-';
    return digits(text + 1 + sign) ? 1 + sign + digits(text + 1 + sign) : 0;
}

/* Whole numbers, hexadecimal ones, and reals, for which a lone exponent is enough: "e5". */
static size_t number_length(const char *text)
{
    size_t sign = *text == '-', whole = digits(text + sign);
    const char *after = text + sign + whole;

    if (sign == 0 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') && is_hex(text[2])) {
        size_t length = 3;
        while (is_hex(text[length]))
            length++;
        return length;
    }
    if (*after == '.' && digits(after + 1)) {
        after += 1 + digits(after + 1);
        return (size_t)(after - text) + exponent_length(after);
    }
    if (exponent_length(after))
        return (size_t)(after - text) + exponent_length(after);
    return whole ? sign + whole : 0;
}

static void words_offer(struct emulator_route_lexer *lexer, const char *const *words, size_t count, bool any_case,
                        enum emulator_route_token_kind kind)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(words[i]);
        if ((any_case ? strncasecmp(words[i], lexer->next, length) : strncmp(words[i], lexer->next, length)) == 0)
            offer(lexer, kind, length);
    }
}

static void token_read(struct emulator_route_lexer *lexer)
{
    static const char *const keywords[] = {"select", "from", "where", "into", "and", "or", "not"};
    static const char *const constants[] = {"true", "false", "null", "undefined"};
    static const char *const operators[] = {
        "*", "/", "%", "+", "-", "||", "<", "<=", ">", ">=", "=", "!=", "<>", "??", "(", ")", "{", "}", ","};
    const char *text = lexer->next;

    words_offer(lexer, keywords, array_length(keywords), true, EMULATOR_ROUTE_KEYWORD);
    offer(lexer, EMULATOR_ROUTE_STRING, string_length(text));
    offer(lexer, EMULATOR_ROUTE_BAD, open_string_length(text));
    offer(lexer, EMULATOR_ROUTE_NUMBER, number_length(text));
    words_offer(lexer, constants, array_length(constants), false, EMULATOR_ROUTE_CONSTANT);
    words_offer(lexer, operators, array_length(operators), false, EMULATOR_ROUTE_OPERATOR);
    if (*text == '$' && is_name_byte(text[1], true))
        offer(lexer, EMULATOR_ROUTE_SYSTEM, 1 + name_length(text + 1, true));
    offer(lexer, EMULATOR_ROUTE_NAME, name_length(text, false));
    offer(lexer, EMULATOR_ROUTE_BAD, name_length(text, true)); /* QUERY_PATH, which no rule of the parser uses */
}

/* Blanks, and comments that are closed. */
static void blanks_skip(struct emulator_route_lexer *lexer)
{
    for (;;) {
        lexer->next += strspn(lexer->next, " \t\r\n");
        const char *end = strncmp(lexer->next, "/*", 2) == 0 ? strstr(lexer->next + 2, "*/") : NULL;
        if (!end)
            return;
        lexer->next = end + 2;
    }
}

void emulator_route_lexer_advance(struct emulator_route_lexer *lexer)
{
    blanks_skip(lexer);
    lexer->start = lexer->next;
    lexer->length = 0;
    lexer->kind = *lexer->next ? EMULATOR_ROUTE_BAD : EMULATOR_ROUTE_END;
    if (*lexer->next)
        token_read(lexer);
    lexer->next += lexer->length ? lexer->length : *lexer->next != '\0';
}

void emulator_route_lexer_init(struct emulator_route_lexer *lexer, const char *text)
{
    *lexer = (struct emulator_route_lexer){.next = text};
    emulator_route_lexer_advance(lexer);
}

bool emulator_route_lexer_at(const struct emulator_route_lexer *lexer, enum emulator_route_token_kind kind,
                             const char *text)
{
    return lexer->kind == kind && strlen(text) == lexer->length && strncasecmp(text, lexer->start, lexer->length) == 0;
}

bool emulator_route_lexer_take(struct emulator_route_lexer *lexer, const char *operator)
{
    if (!emulator_route_lexer_at(lexer, EMULATOR_ROUTE_OPERATOR, operator))
        return false;
    emulator_route_lexer_advance(lexer);
    return true;
}

/* One UTF-16 unit; halves of a pair, which a C string could not hold alone, become question marks. */
static char *unit_write(char *out, const char *digits_of_unit)
{
    cleanup_free char *text = emulator_text_copy_length(digits_of_unit, 4);
    unsigned long unit = strtoul(text, NULL, 16);

    if (unit == 0 || (unit >= 0xd800 && unit < 0xe000)) {
        *out++ = '?';
    } else if (unit < 0x80) {
        *out++ = (char)unit;
    } else if (unit < 0x800) {
        *out++ = (char)(0xc0 | unit >> 6);
        *out++ = (char)(0x80 | (unit & 0x3f));
    } else {
        *out++ = (char)(0xe0 | unit >> 12);
        *out++ = (char)(0x80 | (unit >> 6 & 0x3f));
        *out++ = (char)(0x80 | (unit & 0x3f));
    }
    return out;
}

char *emulator_route_lexer_string(const struct emulator_route_lexer *lexer)
{
    char *text = emulator_allocate(lexer->length + 1);
    char *out = text;

    for (size_t i = 1; i + 1 < lexer->length;) {
        const char *at = lexer->start + i;
        size_t step = *at == '\\' ? escape_length(at) : 1;
        if (step == 6)
            out = unit_write(out, at + 2);
        else
            *out++ = at[step - 1];
        i += step;
    }
    return text;
}
