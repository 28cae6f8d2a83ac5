#include "common/clock.h"

#include "common/cleanup.h"

#define MS_PER_S        INT64_C(1000)
#define US_PER_S        INT64_C(1000000)
#define NS_PER_S        INT64_C(1000000000)
#define NS_PER_MS       INT64_C(1000000)
#define SECONDS_PER_DAY INT64_C(86400)

/* The years that RFC 3339 can write: 0000-01-01T00:00:00Z to 9999-12-31T23:59:59Z. */
#define RFC3339_FIRST INT64_C(-62167219200)
#define RFC3339_LAST  INT64_C(253402300799)

int64_t clock_now_ms(void)
{
    return clock_now_ns() / NS_PER_MS;
}

int64_t clock_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t clock_wall_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

int64_t clock_wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

static void format_rfc3339(int64_t wall_seconds, const char *fraction, char text[CLOCK_RFC3339_SIZE])
{
    struct tm tm;
    time_t seconds = wall_seconds;

    if (seconds < RFC3339_FIRST)
        seconds = RFC3339_FIRST;
    if (seconds > RFC3339_LAST)
        seconds = RFC3339_LAST;
    gmtime_r(&seconds, &tm);
    /* The remainders tell the compiler what the limits above already ensure. */
    snprintf(text, CLOCK_RFC3339_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u%.7sZ", ((unsigned)tm.tm_year + 1900) % 10000,
             ((unsigned)tm.tm_mon + 1) % 100, (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100,
             (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100, fraction);
}

void clock_format_rfc3339(int64_t wall_seconds, char text[CLOCK_RFC3339_SIZE])
{
    format_rfc3339(wall_seconds, "", text);
}

void clock_format_rfc3339_micro(int64_t wall_microseconds, char text[CLOCK_RFC3339_SIZE])
{
    int64_t seconds = wall_microseconds / US_PER_S;
    int64_t rest = wall_microseconds % US_PER_S;
    char fraction[16];

    if (rest < 0) {
        rest += US_PER_S;
        seconds--;
    }
    snprintf(fraction, sizeof(fraction), ".%06u", (unsigned)rest % 1000000);
    format_rfc3339(seconds, fraction, text);
}

/* Reads exactly that many digits and moves on; -1 when there are fewer. */
static int take_digits(const char **text, int digits)
{
    int value = 0;

    for (; digits > 0; digits--, (*text)++) {
        if (**text < '0' || **text > '9')
            return -1;
        value = value * 10 + (**text - '0');
    }
    return value;
}

static bool take_char(const char **text, char expected)
{
    if (**text != expected)
        return false;
    (*text)++;
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (month == 2 && ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0))
        return 29;
    return days[month - 1];
}

/* Days from 1970-01-01 to a date of the Gregorian calendar. Years are counted from March, so that the leap day is the
 * last one, in eras of 400 years, which have 146097 days each. */
static int64_t days_since_1970(int year, int month, int day)
{
    int64_t y = year - (month <= 2) + 400;
    int64_t era = y / 400;
    int64_t year_of_era = y % 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return (era - 1) * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

/* "2026-11-23" and days since 1970. */
static bool take_date(const char **text, int64_t *ret_days)
{
    int year = take_digits(text, 4);
    int month, day;

    if (year < 0 || !take_char(text, '-'))
        return false;
    month = take_digits(text, 2);
    if (month < 1 || month > 12 || !take_char(text, '-'))
        return false;
    day = take_digits(text, 2);
    if (day < 1 || day > days_in_month(year, month))
        return false;
    *ret_days = days_since_1970(year, month, day);
    return true;
}

/* "16:39:23" and seconds since midnight; a leap second is allowed. */
static bool take_time(const char **text, int64_t *ret_seconds)
{
    int hour = take_digits(text, 2);
    int minute, second;

    if (hour < 0 || hour > 23 || !take_char(text, ':'))
        return false;
    minute = take_digits(text, 2);
    if (minute < 0 || minute > 59 || !take_char(text, ':'))
        return false;
    second = take_digits(text, 2);
    if (second < 0 || second > 60)
        return false;
    *ret_seconds = hour * 3600 + minute * 60 + second;
    return true;
}

/* ".123456" and whole milliseconds; nothing is 0. */
static bool take_fraction(const char **text, int64_t *ret_ms)
{
    int64_t weight = 100;

    *ret_ms = 0;
    if (!take_char(text, '.'))
        return true;
    if (**text < '0' || **text > '9')
        return false;
    for (; **text >= '0' && **text <= '9'; (*text)++, weight /= 10)
        *ret_ms += weight * (**text - '0');
    return true;
}

/* "Z" or "+02:00", in seconds. */
static bool take_offset(const char **text, int64_t *ret_seconds)
{
    int sign, hours, minutes;

    *ret_seconds = 0;
    if (take_char(text, 'Z') || take_char(text, 'z'))
        return true;
    if (**text != '+' && **text != '-')
        return false;
    sign = *(*text)++ == '-' ? -1 : 1;
    hours = take_digits(text, 2);
    if (hours < 0 || hours > 23 || !take_char(text, ':'))
        return false;
    minutes = take_digits(text, 2);
    if (minutes < 0 || minutes > 59)
        return false;
    *ret_seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

bool clock_parse_rfc3339(const char *text, int64_t *ret_wall_ms)
{
    int64_t days, seconds, ms, offset;

    if (!take_date(&text, &days))
        return false;
    if (!take_char(&text, 'T') && !take_char(&text, 't'))
        return false;
    if (!take_time(&text, &seconds) || !take_fraction(&text, &ms) || !take_offset(&text, &offset) || *text)
        return false;
    *ret_wall_ms = (days * SECONDS_PER_DAY + seconds - offset) * MS_PER_S + ms;
    return true;
}

static bool take_unit(const char **text, int64_t *ret_ms)
{
    if (**text == 'm' && (*text)[1] == 's') {
        *text += 2;
        *ret_ms = 1;
        return true;
    }
    switch (**text) {
    case 's':
        *ret_ms = MS_PER_S;
        break;
    case 'm':
        *ret_ms = 60 * MS_PER_S;
        break;
    case 'h':
        *ret_ms = 3600 * MS_PER_S;
        break;
    default:
        return false;
    }
    (*text)++;
    return true;
}

/* Digits, perhaps with a point among them, as a whole number and what it has to be divided by. Nine digits of each kind
 * are enough for everything that fits, and cannot overflow once multiplied by a unit. */
static bool take_decimal(const char **text, int64_t *ret_number, int64_t *ret_divisor)
{
    int whole = 0, fraction = 0;

    *ret_number = 0;
    *ret_divisor = 1;
    for (; **text >= '0' && **text <= '9' && whole < 9; (*text)++, whole++)
        *ret_number = *ret_number * 10 + (**text - '0');
    if (take_char(text, '.')) {
        for (; **text >= '0' && **text <= '9' && fraction < 3; (*text)++, fraction++) {
            *ret_number = *ret_number * 10 + (**text - '0');
            *ret_divisor *= 10;
        }
    }
    return whole + fraction > 0;
}

bool clock_parse_duration(const char *text, int64_t *ret_ms)
{
    int64_t total = 0;
    int64_t number, divisor, unit, part;

    if (text[0] == '0' && !text[1]) {
        *ret_ms = 0;
        return true;
    }
    do {
        if (!take_decimal(&text, &number, &divisor) || !take_unit(&text, &unit))
            return false;
        part = number * unit;
        if (part % divisor || __builtin_add_overflow(total, part / divisor, &total))
            return false;
    } while (*text);
    *ret_ms = total;
    return true;
}
