#include "http/pem_file.h"

#include "common/banned.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int write_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        text += written;
        length -= (size_t)written;
    }
    return 0;
}

int http_pem_file_open(struct http_pem_file *file, const char *text, struct error *error)
{
    file->fd = memfd_create("pem", MFD_CLOEXEC);
    if (file->fd < 0)
        return error_set(error, "cannot make a file in memory for a certificate: %s", strerror(errno));
    if (write_all(file->fd, text, strlen(text)) < 0) {
        error_set(error, "cannot write a certificate to a file in memory: %s", strerror(errno));
        http_pem_file_close(file);
        return -1;
    }
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
    return 0;
}

void http_pem_file_close(struct http_pem_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}
