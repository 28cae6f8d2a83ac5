#include "common/file.h"

#include "common/cleanup.h"
#include "common/strbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>

#define READ_PIECE 65536

/* Reads to the end or to one byte over the limit, whichever comes first. */
static int read_all(int fd, size_t limit, struct strbuf *text)
{
    while (text->length <= limit) {
        size_t wanted = limit - text->length + 1;
        ssize_t got;

        if (wanted > READ_PIECE)
            wanted = READ_PIECE;
        if (strbuf_reserve(text, wanted) < 0) {
            errno = ENOMEM;
            return -1;
        }
        got = read(fd, text->data + text->length, wanted);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return (int)got;
        text->length += (size_t)got;
        text->data[text->length] = '\0';
    }
    return 0;
}

int file_read(const char *path, size_t limit, char **ret_text, size_t *ret_length, struct error *error)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t length;
    char *stolen;

    if (fd < 0 || read_all(fd, limit, &text) < 0)
        return error_set_errno(error, errno, "cannot read %s", path);
    if (text.length > limit)
        return error_set(error, "%s is larger than %zu bytes", path, limit);
    length = text.length;
    stolen = strbuf_steal(&text);
    if (!stolen)
        return error_set_errno(error, ENOMEM, "cannot read %s", path);
    *ret_text = stolen;
    if (ret_length)
        *ret_length = length;
    return 0;
}

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

/* The rename itself is on disk only when its folder is. */
static int sync_folder(const char *path)
{
    cleanup_free char *copy = strdup(path);
    cleanup_close int fd = -1;

    if (!copy)
        return -1;
    fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -1 : fsync(fd);
}

/* Everything but the rename; the file starts with mode 0600, so nobody reads a key too early. */
static int fill(const char *temporary, int fd, const char *path, const char *text, size_t length, mode_t mode)
{
    if (write_all(fd, text, length) < 0 || fchmod(fd, mode) < 0 || fsync(fd) < 0)
        return -1;
    return rename(temporary, path);
}

int file_write(const char *path, const char *text, size_t length, mode_t mode, struct error *error)
{
    cleanup_free char *temporary = NULL;
    cleanup_close int fd = -1;

    if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
        temporary = NULL;
        return error_set_errno(error, ENOMEM, "cannot write %s", path);
    }
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(error, errno, "cannot write %s", path);
    if (fill(temporary, fd, path, text, length, mode) < 0) {
        int number = errno;

        unlink(temporary);
        return error_set_errno(error, number, "cannot write %s", path);
    }
    if (sync_folder(path) < 0)
        return error_set_errno(error, errno, "cannot write the folder of %s to disk", path);
    return 0;
}
