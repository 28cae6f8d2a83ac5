#include "emulator/memory.h"

#include "common/base64.h"

#include <stdarg.h>

static void *checked(void *memory)
{
    if (!memory) {
        fputs("iothub-emulator: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *emulator_allocate(size_t size)
{
    return checked(calloc(1, size ? size : 1));
}

char *emulator_text_copy(const char *text)
{
    return text ? checked(strdup(text)) : NULL;
}

char *emulator_text_copy_length(const char *text, size_t length)
{
    char *copy = emulator_allocate(length + 1);

    if (length)
        memcpy(copy, text, length);
    return copy;
}

char *emulator_text_format(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    return checked(length < 0 ? NULL : text);
}

char *emulator_base64_text(const void *data, size_t length)
{
    struct strbuf text = STRBUF_INIT;

    base64_encode(data, length, &text);
    return checked(strbuf_steal(&text));
}

unsigned char *emulator_base64_bytes(const char *text, size_t *ret_length)
{
    size_t length = strlen(text);
    cleanup_free unsigned char *bytes = emulator_allocate(BASE64_DECODED_SIZE(length) + 1);

    return base64_decode(text, length, bytes, ret_length) == 0 ? steal_ptr(bytes) : NULL;
}

void *emulator_array_grow(void *items, size_t count, size_t *capacity, size_t item_size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity ? *capacity * 2 : 8;
    return checked(reallocarray(items, *capacity, item_size));
}

void *emulator_array_trim(void *items, size_t count, size_t item_size)
{
    return checked(reallocarray(items, count ? count : 1, item_size));
}
