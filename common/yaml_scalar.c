#include "common/yaml_scalar.h"

#include "common/cleanup.h"
#include "common/strbuf.h"
#include "common/yaml_binary.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define TAG_PREFIX      "tag:yaml.org,2002:"
#define LARGEST_INTEGER INT64_C(9007199254740991)

static int out_of_memory(struct error *error)
{
    return error_set(error, "not enough memory for a scalar");
}

struct word {
    const char *text;
    enum yaml_scalar_type type;
    bool truth;
};

/* The whole table of words; whatever is not in it is a number or a text. */
static const struct word words[] = {
    {"", YAML_SCALAR_NULL, false},      {"~", YAML_SCALAR_NULL, false},     {"null", YAML_SCALAR_NULL, false},
    {"Null", YAML_SCALAR_NULL, false},  {"NULL", YAML_SCALAR_NULL, false},  {"y", YAML_SCALAR_BOOL, true},
    {"Y", YAML_SCALAR_BOOL, true},      {"yes", YAML_SCALAR_BOOL, true},    {"Yes", YAML_SCALAR_BOOL, true},
    {"YES", YAML_SCALAR_BOOL, true},    {"true", YAML_SCALAR_BOOL, true},   {"True", YAML_SCALAR_BOOL, true},
    {"TRUE", YAML_SCALAR_BOOL, true},   {"on", YAML_SCALAR_BOOL, true},     {"On", YAML_SCALAR_BOOL, true},
    {"ON", YAML_SCALAR_BOOL, true},     {"n", YAML_SCALAR_BOOL, false},     {"N", YAML_SCALAR_BOOL, false},
    {"no", YAML_SCALAR_BOOL, false},    {"No", YAML_SCALAR_BOOL, false},    {"NO", YAML_SCALAR_BOOL, false},
    {"false", YAML_SCALAR_BOOL, false}, {"False", YAML_SCALAR_BOOL, false}, {"FALSE", YAML_SCALAR_BOOL, false},
    {"off", YAML_SCALAR_BOOL, false},   {"Off", YAML_SCALAR_BOOL, false},   {"OFF", YAML_SCALAR_BOOL, false},
};

static bool resolve_word(const char *text, struct yaml_scalar *scalar)
{
    for (size_t i = 0; i < array_length(words); i++) {
        if (text[0] != words[i].text[0] || strcmp(text, words[i].text) != 0)
            continue;
        scalar->type = words[i].type;
        scalar->truth = words[i].truth;
        return true;
    }
    return false;
}

/* .inf and .nan in their three spellings, with a sign in front of .inf. */
static bool is_not_finite(const char *text)
{
    static const char *const names[] = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"};
    bool has_sign = *text == '+' || *text == '-';

    for (size_t i = 0; text[has_sign] == '.' && i < (has_sign ? 3 : array_length(names)); i++) {
        if (strcmp(text + has_sign, names[i]) == 0)
            return true;
    }
    return false;
}

/* Digits of one base, with the sign and the prefix that told which. */
struct digits {
    const char *text;
    int base;
    bool negative;
    bool prefixed; /* 0x, 0b or 0o */
};

static struct digits split_integer(const char *text)
{
    struct digits digits = {.base = 10, .negative = *text == '-'};

    if (*text == '+' || *text == '-')
        text++;
    if (text[0] == '0' && text[1]) {
        char letter = (char)(text[1] | 0x20);

        digits.base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
        digits.prefixed = letter == 'x' || letter == 'b' || letter == 'o';
        text += digits.prefixed ? 2 : 1;
    }
    digits.text = text;
    return digits;
}

static bool are_digits(const char *text, int base)
{
    static const char all[] = "0123456789abcdefABCDEF";
    size_t allowed = base == 16 ? sizeof(all) - 1 : (size_t)base;

    if (!*text)
        return false;
    for (; *text; text++) {
        if (!memchr(all, *text, allowed))
            return false;
    }
    return true;
}

static int too_large(const char *text, struct error *error)
{
    return error_set(error, "the whole number %.60s is beyond 2^53-1 and would lose digits; put it in quotes", text);
}

/* Returns 1 when it is an integer, 0 when it is none, -1 when it is one that a double cannot hold. More than 64 bits
 * with a prefix are a text, as in an unquoted 0x… address. */
static int resolve_integer(const char *text, struct yaml_scalar *scalar, struct error *error)
{
    struct digits digits = split_integer(text);
    unsigned long long magnitude;

    if (!are_digits(digits.text, digits.base))
        return 0;
    errno = 0;
    magnitude = strtoull(digits.text, NULL, digits.base);
    if (errno == ERANGE && digits.prefixed)
        return 0;
    if (errno == ERANGE || magnitude > LARGEST_INTEGER)
        return too_large(text, error);
    scalar->type = YAML_SCALAR_INTEGER;
    scalar->integer = digits.negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return 1;
}

static const char *skip_digits(const char *text)
{
    return text + strspn(text, "0123456789");
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool looks_like_float(const char *text)
{
    const char *whole = text + (*text == '+' || *text == '-');
    const char *end = skip_digits(whole);
    bool has_digits = end > whole;

    if (*end == '.') {
        const char *fraction = end + 1;

        end = skip_digits(fraction);
        has_digits = has_digits || end > fraction;
    }
    if (!has_digits)
        return false;
    if (*end == 'e' || *end == 'E') {
        const char *exponent = end + 1;

        exponent += *exponent == '+' || *exponent == '-';
        end = skip_digits(exponent);
        if (end == exponent)
            return false;
    }
    return !*end;
}

/* As resolve_integer. What overflows a double is a text to kubectl. */
static int resolve_float(const char *text, struct yaml_scalar *scalar, struct error *error)
{
    double number;

    if (!looks_like_float(text))
        return 0;
    number = strtod(text, NULL);
    if (!isfinite(number))
        return 0;
    if (!strpbrk(text, ".eE") && fabs(number) > (double)LARGEST_INTEGER)
        return too_large(text, error);
    scalar->type = YAML_SCALAR_FLOAT;
    scalar->number = number;
    return 1;
}

static char *without_underscores(const char *text)
{
    cleanup_strbuf struct strbuf plain = STRBUF_INIT;

    for (; *text; text++) {
        if (*text != '_')
            strbuf_add_char(&plain, *text);
    }
    return strbuf_steal(&plain);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool underscores_are_between_digits(const char *text)
{
    for (const char *c = strchr(text, '_'); c; c = strchr(c + 1, '_')) {
        if (c == text || !is_digit(c[-1]) || !is_digit(c[1]))
            return false;
    }
    return true;
}

/* As resolve_integer. Underscores are skipped; in a number that starts with its point they must stand between digits.
 */
static int resolve_number(const char *text, struct yaml_scalar *scalar, struct error *error)
{
    cleanup_free char *plain = NULL;
    int result;

    if (!is_digit(*text) && *text != '+' && *text != '-' && *text != '.')
        return 0;
    if (*text == '.' && !underscores_are_between_digits(text))
        return 0;
    plain = without_underscores(text);
    if (!plain)
        return out_of_memory(error);
    result = *text == '.' ? 0 : resolve_integer(plain, scalar, error);
    return result ? result : resolve_float(plain, scalar, error);
}

static int take_text(const char *text, struct yaml_scalar *scalar, struct error *error)
{
    scalar->type = YAML_SCALAR_STRING;
    scalar->text = strdup(text);
    return scalar->text ? 0 : out_of_memory(error);
}

static int resolve_by_looks(const char *text, struct yaml_scalar *scalar, struct error *error)
{
    int result;

    if (resolve_word(text, scalar))
        return 0;
    if (is_not_finite(text))
        return error_set(error, "JSON has no number %s; put it in quotes if it is a text", text);
    result = resolve_number(text, scalar, error);
    if (result)
        return result < 0 ? -1 : 0;
    return take_text(text, scalar, error);
}

/* The type that a tag of YAML's own asks for; false for a tag that leaves its scalar a text. */
static bool type_of_tag(const char *name, enum yaml_scalar_type *ret_type)
{
    static const struct {
        const char *name;
        enum yaml_scalar_type type;
    } tags[] = {
        {"null", YAML_SCALAR_NULL},
        {"bool", YAML_SCALAR_BOOL},
        {"int", YAML_SCALAR_INTEGER},
        {"float", YAML_SCALAR_FLOAT},
    };

    for (size_t i = 0; i < array_length(tags); i++) {
        if (strcmp(name, tags[i].name) == 0) {
            *ret_type = tags[i].type;
            return true;
        }
    }
    return false;
}

static int resolve_by_tag(const char *name, const char *text, struct yaml_scalar *scalar, struct error *error)
{
    enum yaml_scalar_type wanted;

    if (strcmp(name, "binary") == 0) {
        scalar->type = YAML_SCALAR_STRING;
        return yaml_binary_decode(text, &scalar->text, error);
    }
    if (!type_of_tag(name, &wanted))
        return take_text(text, scalar, error);
    if (resolve_by_looks(text, scalar, error) < 0)
        return -1;
    if (wanted == YAML_SCALAR_FLOAT && scalar->type == YAML_SCALAR_INTEGER) {
        scalar->type = YAML_SCALAR_FLOAT;
        scalar->number = (double)scalar->integer;
    }
    if (scalar->type == wanted)
        return 0;
    free(steal_ptr(scalar->text));
    return error_set(error, "\"%.60s\" is no !!%s", text, name);
}

int yaml_scalar_resolve(const char *tag, bool plain, const char *text, struct yaml_scalar *ret_scalar,
                        struct error *error)
{
    struct yaml_scalar scalar = {.type = YAML_SCALAR_STRING};
    int result;

    if (!tag)
        result = plain ? resolve_by_looks(text, &scalar, error) : take_text(text, &scalar, error);
    else if (strncmp(tag, TAG_PREFIX, sizeof(TAG_PREFIX) - 1) == 0)
        result = resolve_by_tag(tag + sizeof(TAG_PREFIX) - 1, text, &scalar, error);
    else
        result = take_text(text, &scalar, error);
    if (result == 0)
        *ret_scalar = scalar;
    return result;
}

/* Go's FormatFloat(number, 'g', -1, 32): the fewest digits that give the same 32-bit float, with an exponent below -4
 * and from 6 on. */
static char *format_float_key(double number)
{
    float narrow = (float)number;
    char text[64];
    int digits = 0;
    int exponent;

    if (!isfinite(narrow))
        return strdup(narrow > 0 ? ".inf" : "-.inf");
    do
        snprintf(text, sizeof(text), "%.*e", digits, (double)narrow);
    while (strtof(text, NULL) != narrow && ++digits < 9);
    exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
    if (exponent >= -4 && exponent < 6)
        snprintf(text, sizeof(text), "%.*f", digits > exponent ? digits - exponent : 0, (double)narrow);
    return strdup(text);
}

int yaml_scalar_to_key(const struct yaml_scalar *scalar, char **ret_key, struct error *error)
{
    char *key = NULL;

    switch (scalar->type) {
    case YAML_SCALAR_NULL:
        return error_set(error, "null cannot be a key; put it in quotes");
    case YAML_SCALAR_BOOL:
        key = strdup(scalar->truth ? "true" : "false");
        break;
    case YAML_SCALAR_INTEGER:
        if (asprintf(&key, "%" PRId64, scalar->integer) < 0)
            key = NULL;
        break;
    case YAML_SCALAR_FLOAT:
        key = format_float_key(scalar->number);
        break;
    case YAML_SCALAR_STRING:
        key = strdup(scalar->text);
        break;
    }
    if (!key)
        return out_of_memory(error);
    *ret_key = key;
    return 0;
}
