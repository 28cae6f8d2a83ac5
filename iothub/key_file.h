/* The file with an IoT Hub's connection string. A mounted Secret is replaced under its path, and an operator may write
 * it in place: so it is read whenever its key is needed, and what was good once stays until something better is there.
 * Private to iothub/. */
#ifndef IOTHUB_KEY_FILE_H
#define IOTHUB_KEY_FILE_H

#include "iothub/connection_string.h"

#include <stdbool.h>

struct key_file {
    char *path;
    struct iothub_connection_string parts; /* the last that could be used */
    char *trouble;                         /* why the file cannot be used now, or NULL */
};

#define KEY_FILE_INIT                                                                                                  \
    {                                                                                                                  \
        NULL, IOTHUB_CONNECTION_STRING_INIT, NULL                                                                      \
    }

/* On failure *file stays as it was. */
int key_file_load(const char *path, struct key_file *file, struct error *error);
void key_file_release(struct key_file *file);

/* Reads it again. The host must stay what it was: everything that is known of a hub would be wrong for another one.
 * Returns whether policy or key are others now. */
bool key_file_refresh(struct key_file *file);

#endif
