/* PEM text as a file that never touches a disk, for libraries that take nothing but a path. */
#ifndef HTTP_PEM_FILE_H
#define HTTP_PEM_FILE_H

#include "common/error.h"

struct http_pem_file {
    int fd;        /* -1: none */
    char path[32]; /* below /proc/self/fd; good while fd is open, in this process only */
};

#define HTTP_PEM_FILE_INIT                                                                                             \
    {                                                                                                                  \
        -1, ""                                                                                                         \
    }

int http_pem_file_open(struct http_pem_file *file, const char *text, struct error *error);
void http_pem_file_close(struct http_pem_file *file);

#endif
