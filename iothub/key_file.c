#include "iothub/key_file.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/secret.h"

#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT 4096

static int parts_read(const char *path, struct iothub_connection_string *ret_parts, struct error *error)
{
    char *text = NULL;
    size_t length = 0;

    if (file_read(path, FILE_LIMIT, &text, &length, error) < 0)
        return error_wrap(error, "connection string of the IoT Hub");
    int result = strlen(text) == length ? iothub_connection_string_parse(text, ret_parts, error)
                                        : error_set(error, "it is no text");

    explicit_bzero(text, length);
    free(text);
    return result < 0 ? error_wrap(error, "connection string of the IoT Hub in %s", path) : 0;
}

int key_file_load(const char *path, struct key_file *file, struct error *error)
{
    struct key_file loaded = KEY_FILE_INIT;

    if (parts_read(path, &loaded.parts, error) < 0)
        return -1;
    loaded.path = strdup(path);
    if (!loaded.path) {
        key_file_release(&loaded);
        return error_set(error, "out of memory");
    }
    *file = loaded;
    return 0;
}

void key_file_release(struct key_file *file)
{
    iothub_connection_string_release(&file->parts);
    free(file->path);
    free(file->trouble);
    *file = (struct key_file)KEY_FILE_INIT;
}

static bool keys_are_same(const struct iothub_connection_string *a, const struct iothub_connection_string *b)
{
    return strcmp(a->policy, b->policy) == 0 && a->key_length == b->key_length &&
           memcmp(a->key, b->key, a->key_length) == 0;
}

static int parts_reread(const struct key_file *file, struct iothub_connection_string *ret_parts, struct error *error)
{
    if (parts_read(file->path, ret_parts, error) < 0)
        return -1;
    if (strcmp(ret_parts->host, file->parts.host) == 0)
        return 0;
    return error_set(error, "%s names another IoT Hub now, %s instead of %s: restart the program to work with it",
                     file->path, ret_parts->host, file->parts.host);
}

bool key_file_refresh(struct key_file *file)
{
    cleanup_error struct error error = {NULL};
    struct iothub_connection_string parts = IOTHUB_CONNECTION_STRING_INIT;
    int result = parts_reread(file, &parts, &error);
    bool changed = result == 0 && !keys_are_same(&parts, &file->parts);

    free(file->trouble);
    file->trouble = result < 0 ? strdup(error_message(&error)) : NULL;
    if (changed) {
        struct iothub_connection_string old = file->parts;

        file->parts = parts;
        parts = old;
    }
    iothub_connection_string_release(&parts);
    return changed;
}
