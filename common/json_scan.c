#include "common/json_scan.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/name_list.h"
#include "common/unicode.h"

#include <string.h>

/* The names of all objects that are open, the innermost last. Names with escapes are held decoded in memory of their
 * own, since two spellings of a name are one name. */
struct scanned_names {
    struct name *items;
    char **decoded; /* beside each name: its memory, or NULL when it points into the text */
    size_t count;
    size_t capacity;
};

struct scanner {
    const char *text;
    size_t length;
    size_t at;
    size_t run; /* where what is not yet in out begins: everything but white space */
    struct strbuf *out;
    struct scanned_names names;
    struct error *error;
};

static int fail(struct scanner *scanner, size_t at, const char *what)
{
    return error_set(scanner->error, "not valid JSON: %s at byte %zu", what, at);
}

static int out_of_memory(struct scanner *scanner)
{
    return error_set(scanner->error, "not enough memory for a JSON text of %zu bytes", scanner->length);
}

/* The byte at the position, or -1 at the end. */
static int peek(const struct scanner *scanner)
{
    return scanner->at < scanner->length ? (unsigned char)scanner->text[scanner->at] : -1;
}

/* What was read since the last white space goes out as a whole. */
static void emit_run(struct scanner *scanner)
{
    if (scanner->out)
        strbuf_add(scanner->out, scanner->text + scanner->run, scanner->at - scanner->run);
}

static bool is_white_space(int byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static void skip_white_space(struct scanner *scanner)
{
    if (!is_white_space(peek(scanner)))
        return;
    emit_run(scanner);
    while (is_white_space(peek(scanner)))
        scanner->at++;
    scanner->run = scanner->at;
}

/* Takes one byte of punctuation if it is next. */
static bool take(struct scanner *scanner, char expected)
{
    if (peek(scanner) != expected)
        return false;
    scanner->at++;
    return true;
}

/* Four hex digits at a place, or -1. */
static int hex4(const struct scanner *scanner, size_t at)
{
    int value = 0;

    if (scanner->length - at < 4)
        return -1;
    for (size_t i = at; i < at + 4; i++) {
        char c = scanner->text[i];
        int digit;

        if (c >= '0' && c <= '9')
            digit = c - '0';
        else if (c >= 'a' && c <= 'f')
            digit = c - 'a' + 10;
        else if (c >= 'A' && c <= 'F')
            digit = c - 'A' + 10;
        else
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static bool is_surrogate(int code, int from)
{
    return code >= from && code < from + 0x400;
}

/* Behind \u: one code point of four digits, or of two times four. */
static int scan_unicode_escape(struct scanner *scanner, struct strbuf *decoded)
{
    size_t escape = scanner->at - 2;
    int code = hex4(scanner, scanner->at);
    int low;

    if (code < 0)
        return fail(scanner, escape, "an escape \\u without four hexadecimal digits");
    scanner->at += 4;
    if (is_surrogate(code, 0xdc00))
        return fail(scanner, escape, "half of a surrogate pair");
    if (is_surrogate(code, 0xd800)) {
        if (scanner->length - scanner->at < 6 || memcmp(scanner->text + scanner->at, "\\u", 2) != 0)
            return fail(scanner, escape, "half of a surrogate pair");
        low = hex4(scanner, scanner->at + 2);
        if (!is_surrogate(low, 0xdc00))
            return fail(scanner, escape, "half of a surrogate pair");
        scanner->at += 6;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    if (decoded)
        unicode_add_utf8(decoded, (unsigned)code);
    return 0;
}

static int scan_escape(struct scanner *scanner, struct strbuf *decoded)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    const char *letter;
    int byte;

    scanner->at++;
    byte = peek(scanner);
    if (byte == 'u') {
        scanner->at++;
        return scan_unicode_escape(scanner, decoded);
    }
    letter = byte > 0 ? strchr(letters, byte) : NULL;
    if (!letter)
        return fail(scanner, scanner->at - 1, "an unknown escape");
    scanner->at++;
    if (decoded)
        strbuf_add_char(decoded, meanings[letter - letters]);
    return 0;
}

/* From quote to quote. decoded (may be NULL) gets what the string means. */
static int scan_string_body(struct scanner *scanner, struct strbuf *decoded)
{
    size_t start = scanner->at++;

    for (;;) {
        int byte = peek(scanner);

        if (byte < 0)
            return fail(scanner, start, "a string without its closing quote, which starts");
        if (byte < 0x20)
            return fail(scanner, scanner->at, "a control character that is not escaped");
        if (byte == '\\') {
            if (scan_escape(scanner, decoded) < 0)
                return -1;
            continue;
        }
        scanner->at++;
        if (byte == '"')
            return 0;
        if (decoded)
            strbuf_add_char(decoded, (char)byte);
    }
}

static size_t scan_digits(struct scanner *scanner)
{
    size_t start = scanner->at;

    while (peek(scanner) >= '0' && peek(scanner) <= '9')
        scanner->at++;
    return scanner->at - start;
}

static int scan_number(struct scanner *scanner)
{
    size_t start = scanner->at;
    size_t whole;
    bool leading_zero;

    if (peek(scanner) == '-')
        scanner->at++;
    leading_zero = peek(scanner) == '0';
    whole = scan_digits(scanner);
    if (whole == 0 || (leading_zero && whole > 1))
        return fail(scanner, start, whole ? "a number with a leading zero" : "a number without digits");
    if (peek(scanner) == '.') {
        scanner->at++;
        if (scan_digits(scanner) == 0)
            return fail(scanner, start, "a number without digits behind its point");
    }
    if (peek(scanner) == 'e' || peek(scanner) == 'E') {
        scanner->at++;
        if (peek(scanner) == '+' || peek(scanner) == '-')
            scanner->at++;
        if (scan_digits(scanner) == 0)
            return fail(scanner, start, "a number without digits in its exponent");
    }
    return 0;
}

static int scan_word(struct scanner *scanner)
{
    static const char *const words[] = {"true", "false", "null"};

    for (size_t i = 0; i < array_length(words); i++) {
        size_t length = strlen(words[i]);

        if (scanner->length - scanner->at < length || memcmp(scanner->text + scanner->at, words[i], length) != 0)
            continue;
        scanner->at += length;
        return 0;
    }
    if (peek(scanner) < 0)
        return fail(scanner, scanner->at, "it ends where a value should be,");
    return fail(scanner, scanner->at, "no value");
}

static int names_grow(struct scanner *scanner)
{
    struct scanned_names *names = &scanner->names;
    size_t capacity = names->capacity ? names->capacity * 2 : 32;
    struct name *items;
    char **decoded;

    if (names->count < names->capacity)
        return 0;
    items = reallocarray(names->items, capacity, sizeof(*items));
    if (!items)
        return out_of_memory(scanner);
    names->items = items;
    decoded = reallocarray(names->decoded, capacity, sizeof(*decoded));
    if (!decoded)
        return out_of_memory(scanner);
    names->decoded = decoded;
    names->capacity = capacity;
    return 0;
}

/* What a name with escapes means, in memory of its own. */
static int decode_name(struct scanner *scanner, struct name *name, char **ret_memory)
{
    cleanup_strbuf struct strbuf decoded = STRBUF_INIT;

    scanner->at = name->place;
    if (scan_string_body(scanner, &decoded) < 0)
        return -1;
    name->length = decoded.length;
    *ret_memory = strbuf_steal(&decoded);
    name->text = *ret_memory;
    return *ret_memory ? 0 : out_of_memory(scanner);
}

/* The name is done and stands between its quotes in the text: remembers it. */
static int names_add(struct scanner *scanner, size_t start)
{
    struct name name = {.text = scanner->text + start + 1, .length = scanner->at - start - 2, .place = start};
    char *memory = NULL;

    if (names_grow(scanner) < 0)
        return -1;
    if (memchr(name.text, '\\', name.length) && decode_name(scanner, &name, &memory) < 0)
        return -1;
    scanner->names.decoded[scanner->names.count] = memory;
    scanner->names.items[scanner->names.count++] = name;
    return 0;
}

static void names_shrink(struct scanned_names *names, size_t count)
{
    while (names->count > count)
        free(names->decoded[--names->count]);
}

static int scan_name(struct scanner *scanner)
{
    size_t start = scanner->at;

    if (peek(scanner) != '"')
        return fail(scanner, start, "no name in quotes");
    if (scan_string_body(scanner, NULL) < 0)
        return -1;
    return names_add(scanner, start);
}

static int scan_value(struct scanner *scanner, unsigned depth);

static int scan_members(struct scanner *scanner, unsigned depth)
{
    do {
        skip_white_space(scanner);
        if (scan_name(scanner) < 0)
            return -1;
        skip_white_space(scanner);
        if (!take(scanner, ':'))
            return fail(scanner, scanner->at, "no colon after a name");
        if (scan_value(scanner, depth) < 0)
            return -1;
        skip_white_space(scanner);
    } while (take(scanner, ','));
    if (!take(scanner, '}'))
        return fail(scanner, scanner->at, "no comma or } after a member");
    return 0;
}

static int scan_object(struct scanner *scanner, unsigned depth)
{
    size_t outer = scanner->names.count;
    const struct name *repeated;

    take(scanner, '{');
    skip_white_space(scanner);
    if (take(scanner, '}'))
        return 0;
    if (scan_members(scanner, depth) < 0)
        return -1;
    repeated = name_list_repeated(scanner->names.items + outer, scanner->names.count - outer);
    if (repeated)
        return error_set(scanner->error, "an object has the name \"%.*s\" twice, the second time at byte %zu",
                         (int)(repeated->length > 100 ? 100 : repeated->length), repeated->text, repeated->place);
    names_shrink(&scanner->names, outer);
    return 0;
}

static int scan_array(struct scanner *scanner, unsigned depth)
{
    take(scanner, '[');
    skip_white_space(scanner);
    if (take(scanner, ']'))
        return 0;
    do {
        if (scan_value(scanner, depth) < 0)
            return -1;
        skip_white_space(scanner);
    } while (take(scanner, ','));
    if (!take(scanner, ']'))
        return fail(scanner, scanner->at, "no comma or ] after an item");
    return 0;
}

static int scan_value(struct scanner *scanner, unsigned depth)
{
    int byte;

    skip_white_space(scanner);
    byte = peek(scanner);
    if ((byte == '{' || byte == '[') && depth == JSON_MAX_DEPTH)
        return error_set(scanner->error, "the JSON is nested deeper than %d levels", JSON_MAX_DEPTH);
    if (byte == '{')
        return scan_object(scanner, depth + 1);
    if (byte == '[')
        return scan_array(scanner, depth + 1);
    if (byte == '"')
        return scan_string_body(scanner, NULL);
    if (byte == '-' || (byte >= '0' && byte <= '9'))
        return scan_number(scanner);
    return scan_word(scanner);
}

int json_scan(const char *text, size_t length, struct strbuf *out, struct error *error)
{
    struct scanner scanner = {.text = text, .length = length, .out = out, .error = error};
    int result = scan_value(&scanner, 0);

    names_shrink(&scanner.names, 0);
    free(scanner.names.items);
    free(scanner.names.decoded);
    if (result < 0)
        return -1;
    skip_white_space(&scanner);
    emit_run(&scanner);
    if (scanner.at < length)
        return error_set(error, "not valid JSON: something follows the value at byte %zu", scanner.at);
    return 0;
}

int json_minify(const char *text, size_t length, char **ret_text, struct error *error)
{
    cleanup_strbuf struct strbuf out = STRBUF_INIT;
    char *minified;

    strbuf_reserve(&out, length);
    if (json_scan(text, length, &out, error) < 0)
        return -1;
    minified = strbuf_steal(&out);
    if (!minified)
        return error_set(error, "not enough memory for a JSON text of %zu bytes", length);
    *ret_text = minified;
    return 0;
}
