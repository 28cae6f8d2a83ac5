#include "common/strbuf.h"

#include "common/cleanup.h"

#include <stdint.h>
#include <string.h>

#define STRBUF_SMALLEST 64

void strbuf_release(struct strbuf *buffer)
{
    free(buffer->data);
    *buffer = (struct strbuf)STRBUF_INIT;
}

static int strbuf_fail(struct strbuf *buffer)
{
    buffer->failed = true;
    return -1;
}

int strbuf_reserve(struct strbuf *buffer, size_t more)
{
    size_t needed;
    size_t capacity;
    char *data;

    if (buffer->failed)
        return -1;
    if (more < buffer->capacity - buffer->length)
        return 0;
    if (more >= SIZE_MAX / 2 - buffer->length)
        return strbuf_fail(buffer);
    needed = buffer->length + more + 1;
    capacity = buffer->capacity ? buffer->capacity * 2 : STRBUF_SMALLEST;
    if (capacity < needed)
        capacity = needed;
    data = realloc(buffer->data, capacity);
    if (!data)
        return strbuf_fail(buffer);
    data[buffer->length] = '\0';
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}

void strbuf_add(struct strbuf *buffer, const char *data, size_t length)
{
    if (strbuf_reserve(buffer, length) < 0)
        return;
    if (length)
        memcpy(buffer->data + buffer->length, data, length);
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
}

void strbuf_add_string(struct strbuf *buffer, const char *text)
{
    strbuf_add(buffer, text, strlen(text));
}

void strbuf_add_char(struct strbuf *buffer, char byte)
{
    strbuf_add(buffer, &byte, 1);
}

void strbuf_add_vformat(struct strbuf *buffer, const char *format, va_list arguments)
{
    va_list again;
    int length;

    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0) {
        buffer->failed = true;
        return;
    }
    if (strbuf_reserve(buffer, (size_t)length) < 0)
        return;
    vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, arguments);
    buffer->length += (size_t)length;
}

void strbuf_add_format(struct strbuf *buffer, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    strbuf_add_vformat(buffer, format, arguments);
    va_end(arguments);
}

void strbuf_clear(struct strbuf *buffer)
{
    buffer->length = 0;
    buffer->failed = false;
    if (buffer->data)
        buffer->data[0] = '\0';
}

const char *strbuf_string(const struct strbuf *buffer)
{
    return buffer->data ? buffer->data : "";
}

char *strbuf_steal(struct strbuf *buffer)
{
    char *text;

    if (strbuf_reserve(buffer, 0) < 0) {
        strbuf_release(buffer);
        return NULL;
    }
    text = steal_ptr(buffer->data);
    *buffer = (struct strbuf)STRBUF_INIT;
    return text;
}
