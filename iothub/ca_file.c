#include "iothub/ca_file.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/file.h"

#include <gnutls/x509.h>

#define FILE_LIMIT ((size_t)4 << 20) /* a bundle of all public CAs has less than 1 MiB */

static int certificates_check(const char *path, const char *text, size_t length, struct error *error)
{
    const gnutls_datum_t data = {(unsigned char *)text, (unsigned)length};
    gnutls_x509_crt_t *list = NULL;
    unsigned count = 0;
    int code = gnutls_x509_crt_list_import2(&list, &count, &data, GNUTLS_X509_FMT_PEM, 0);

    if (code == GNUTLS_E_NO_CERTIFICATE_FOUND || (code >= 0 && count == 0))
        return error_set(error, "%s: there is no PEM certificate in it", path);
    if (code < 0)
        return error_set(error, "%s: a certificate in it cannot be read: %s", path, gnutls_strerror(code));
    for (unsigned i = 0; i < count; i++)
        gnutls_x509_crt_deinit(list[i]);
    gnutls_free(list);
    return 0;
}

int iothub_ca_file_check(const char *path, struct error *error)
{
    cleanup_free char *text = NULL;
    size_t length = 0;

    if (file_read(path, FILE_LIMIT, &text, &length, error) < 0)
        return -1;
    return certificates_check(path, text, length, error);
}
