#include "common/log.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/json_writer.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static const char *const level_names[] = {"error", "warning", "info", "debug"};
static const char *const format_names[] = {"text", "json"};

/* Set once before any thread starts, only read afterwards. */
static enum log_level log_level = LOG_LEVEL_INFO;
static enum log_format log_format = LOG_FORMAT_TEXT;

void log_setup(enum log_level level, enum log_format format)
{
    log_level = level;
    log_format = format;
}

int log_level_parse(const char *name, enum log_level *ret_level, struct error *error)
{
    for (unsigned i = 0; i < array_length(level_names); i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *ret_level = (enum log_level)i;
            return 0;
        }
    }
    return error_set(error, "\"%s\" is no log level; use error, warning, info or debug", name);
}

int log_format_parse(const char *name, enum log_format *ret_format, struct error *error)
{
    for (unsigned i = 0; i < array_length(format_names); i++) {
        if (strcmp(name, format_names[i]) == 0) {
            *ret_format = (enum log_format)i;
            return 0;
        }
    }
    return error_set(error, "\"%s\" is no log format; use text or json", name);
}

/* What a terminal would obey is shown instead: a line stays one line, whoever wrote what is in it. */
static void add_escaped(struct strbuf *line, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '\n')
            strbuf_add_string(line, "\\n");
        else if (*c < 0x20 || *c == 0x7f)
            strbuf_add_format(line, "\\x%02x", *c);
        else if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f) /* the control characters U+0080 to U+009F */
            strbuf_add_format(line, "\\u%04x", *++c);
        else
            strbuf_add_char(line, (char)*c);
    }
}

static void add_text_line(struct strbuf *line, const char *time, const char *level, const char *message)
{
    strbuf_add_format(line, "%s %-7s ", time, level);
    add_escaped(line, message);
    strbuf_add_char(line, '\n');
}

static void add_json_line(struct strbuf *line, const char *time, const char *level, const char *message)
{
    struct json_writer writer = {.out = line};

    json_begin_object(&writer);
    json_member_string(&writer, "time", time);
    json_member_string(&writer, "level", level);
    json_member_string(&writer, "message", message);
    json_end_object(&writer);
    strbuf_add_char(line, '\n');
}

/* One write a line, so that lines of several threads do not mix. A log that cannot be written has nobody to tell. */
static void write_line(const struct strbuf *line)
{
    size_t done = 0;

    while (done < line->length) {
        ssize_t written = write(STDERR_FILENO, line->data + done, line->length - done);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return;
        done += (size_t)written;
    }
}

__attribute__((format(printf, 2, 0))) static void log_line(enum log_level level, const char *format, va_list arguments)
{
    cleanup_strbuf struct strbuf message = STRBUF_INIT;
    cleanup_strbuf struct strbuf line = STRBUF_INIT;
    char time[CLOCK_RFC3339_SIZE];
    int saved_errno = errno;

    if (level > log_level)
        return;
    strbuf_add_vformat(&message, format, arguments);
    clock_format_rfc3339_micro(clock_wall_ms() * 1000, time);
    if (log_format == LOG_FORMAT_JSON)
        add_json_line(&line, time, level_names[level], strbuf_string(&message));
    else
        add_text_line(&line, time, level_names[level], strbuf_string(&message));
    write_line(&line);
    errno = saved_errno;
}

void log_error(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_line(LOG_LEVEL_ERROR, format, arguments);
    va_end(arguments);
}

void log_warning(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_line(LOG_LEVEL_WARNING, format, arguments);
    va_end(arguments);
}

void log_info(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_line(LOG_LEVEL_INFO, format, arguments);
    va_end(arguments);
}

void log_debug(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_line(LOG_LEVEL_DEBUG, format, arguments);
    va_end(arguments);
}
