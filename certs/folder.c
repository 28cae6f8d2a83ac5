/* The folder that holds a CA and a serving certificate. */
#include "certs/ca.h"
#include "common/banned.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { PEM_LIMIT = 1024 * 1024, LEAST_CA_DAYS = 3650, SECONDS_PER_DAY = 24 * 60 * 60 };

static int folder_make(const char *folder, struct error *error)
{
    struct stat status;

    if (mkdir(folder, 0755) == 0)
        return 0;
    if (errno != EEXIST)
        return error_set(error, "cannot make the folder %s: %s", folder, strerror(errno));
    if (stat(folder, &status) < 0 || !S_ISDIR(status.st_mode))
        return error_set(error, "%s is not a folder", folder);
    return 0;
}

static char *path_in(const char *folder, const char *name)
{
    char *path = NULL;

    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static int write_in(const char *folder, const char *name, const char *text, mode_t mode, struct error *error)
{
    cleanup_free char *path = path_in(folder, name);

    if (!path)
        return error_set(error, "out of memory");
    return file_write(path, text, strlen(text), mode, error);
}

/* 1 when both files of the pair are there and were read, 0 when one is missing. */
static int read_ca(const char *folder, struct certs_pair *ca, struct error *error)
{
    cleanup_free char *certificate_path = path_in(folder, "ca.crt");
    cleanup_free char *key_path = path_in(folder, "ca.key");
    size_t length = 0;

    if (!certificate_path || !key_path)
        return error_set(error, "out of memory");
    if ((access(certificate_path, F_OK) < 0 && errno == ENOENT) || (access(key_path, F_OK) < 0 && errno == ENOENT))
        return 0;
    if (file_read(certificate_path, PEM_LIMIT, &ca->certificate, &length, error) < 0 ||
        file_read(key_path, PEM_LIMIT, &ca->key, &length, error) < 0)
        return -1;
    return 1;
}

/* 1 when the CA outlives a certificate of so many days, 0 when not. One that cannot sign is an error: replacing it
 * unasked would break whoever trusts it. */
static int ca_outlives(const char *folder, const struct certs_pair *ca, unsigned days, struct error *error)
{
    cleanup_crt gnutls_x509_crt_t certificate = NULL;
    cleanup_key gnutls_x509_privkey_t key = NULL;

    if (certs_ca_import(ca, &certificate, &key, error) < 0)
        return error_wrap(error, "%s/ca.crt and ca.key cannot be used (remove both to have a new CA made)", folder);
    int64_t end = clock_wall_s() + (int64_t)days * SECONDS_PER_DAY;
    return gnutls_x509_crt_get_expiration_time(certificate) > (time_t)end ? 1 : 0;
}

static int make_ca(const char *folder, unsigned days, struct certs_pair *ca, struct error *error)
{
    unsigned ca_days = days * 2 > LEAST_CA_DAYS ? days * 2 : LEAST_CA_DAYS;

    certs_pair_release(ca);
    if (certs_create_ca("iot-edge-connector CA", ca_days, ca, error) < 0 ||
        write_in(folder, "ca.key", ca->key, 0600, error) < 0)
        return -1;
    return write_in(folder, "ca.crt", ca->certificate, 0644, error);
}

int certs_write(const char *folder, const char *const *names, size_t name_count, unsigned days, struct error *error)
{
    cleanup_certs_pair struct certs_pair ca = CERTS_PAIR_INIT;
    cleanup_certs_pair struct certs_pair serving = CERTS_PAIR_INIT;

    if (folder_make(folder, error) < 0)
        return -1;
    int usable = read_ca(folder, &ca, error);
    if (usable == 1)
        usable = ca_outlives(folder, &ca, days, error);
    if (usable < 0 || (usable == 0 && make_ca(folder, days, &ca, error) < 0))
        return -1;
    if (certs_create_serving(&ca, names, name_count, days, &serving, error) < 0 ||
        write_in(folder, "tls.key", serving.key, 0600, error) < 0)
        return -1;
    return write_in(folder, "tls.crt", serving.certificate, 0644, error);
}
