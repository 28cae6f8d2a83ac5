#include "translate/quantity.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DIGITS   18
#define MAX_VALUE    9007199254740992.0L
#define MAX_EXPONENT 30

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits with at most one point among them. *ret_exponent is where the point stood. */
static bool read_digits(const char **text, long double *ret_number, int *ret_exponent)
{
    const char *at = *text;
    bool point = false;
    unsigned digits = 0;

    *ret_number = 0;
    *ret_exponent = 0;
    for (; is_digit(*at) || (*at == '.' && !point); at++) {
        if (*at == '.') {
            point = true;
            continue;
        }
        if (++digits > MAX_DIGITS)
            return false;
        *ret_number = *ret_number * 10 + (*at - '0');
        *ret_exponent -= point;
    }
    *text = at;
    return digits > 0;
}

/* What stands behind the digits, as powers of ten and of two. */
static bool read_suffix(const char *suffix, int *ten, int *two)
{
    static const struct {
        const char *text;
        int ten, two;
    } suffixes[] = {
        {"", 0, 0},    {"m", -3, 0},  {"u", -6, 0},  {"n", -9, 0},  {"k", 3, 0},   {"M", 6, 0},
        {"G", 9, 0},   {"T", 12, 0},  {"P", 15, 0},  {"E", 18, 0},  {"Ki", 0, 10}, {"Mi", 0, 20},
        {"Gi", 0, 30}, {"Ti", 0, 40}, {"Pi", 0, 50}, {"Ei", 0, 60},
    };
    char *end;
    long exponent;

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        if (strcmp(suffix, suffixes[i].text) == 0) {
            *ten += suffixes[i].ten;
            *two += suffixes[i].two;
            return true;
        }
    }
    if (*suffix != 'e' && *suffix != 'E')
        return false;
    suffix++;
    if (!is_digit(*suffix) && !((*suffix == '+' || *suffix == '-') && is_digit(suffix[1])))
        return false;
    exponent = strtol(suffix, &end, 10);
    if (*end || exponent < -MAX_EXPONENT || exponent > MAX_EXPONENT)
        return false;
    *ten += (int)exponent;
    return true;
}

static bool finish(long double number, int ten, int two, int64_t *ret_value)
{
    for (; ten > 0; ten--)
        number *= 10;
    number = ldexpl(number, two);
    /* One division, so that what is exact stays exact. */
    if (ten < 0) {
        long double divisor = 1;

        for (; ten < 0; ten++)
            divisor *= 10;
        number /= divisor;
    }
    if (number > MAX_VALUE)
        return false;
    *ret_value = (int64_t)ceill(number);
    return true;
}

bool quantity_read(const cJSON *item, unsigned decimals, int64_t *ret_value)
{
    const char *text = cJSON_IsString(item) ? item->valuestring : NULL;
    long double number;
    int ten, two = 0;

    if (cJSON_IsNumber(item)) {
        char digits[64];

        (void)snprintf(digits, sizeof(digits), "%.15g", item->valuedouble);
        return quantity_read(&(cJSON){.type = cJSON_String, .valuestring = digits}, decimals, ret_value);
    }
    if (!text)
        return false;
    if (*text == '+')
        text++;
    if (!read_digits(&text, &number, &ten) || !read_suffix(text, &ten, &two))
        return false;
    return finish(number, ten + (int)decimals, two, ret_value);
}
