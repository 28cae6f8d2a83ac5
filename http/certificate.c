/* A certificate is a row of generations. A handshake takes the current one without a lock and may hold its pointers
 * until it ends, so an old generation is not freed when it is replaced but a minute later: the server's deadline for
 * handshakes is seconds. */
#include "http/certificate.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/file.h"
#include "http/certificate_use.h"

#include <gnutls/crypto.h>
#include <stdatomic.h>
#include <string.h>

enum { PEM_LIMIT = 1024 * 1024, CHAIN_LIMIT = 16, RETIREMENT_MS = 60 * 1000, DIGEST_SIZE = 32 };

struct generation {
    gnutls_pcert_st chain[CHAIN_LIMIT];
    unsigned chain_length;
    gnutls_privkey_t key;
    int64_t expiry;                    /* of the leaf, seconds since 1970 */
    unsigned char digest[DIGEST_SIZE]; /* of both files, to see that they changed */
    int64_t retired_ms;
    struct generation *older;
};

struct http_certificate {
    char *certificate_file;
    char *key_file;
    struct generation *_Atomic current;
    struct generation *retired; /* the thread that reloads has it for itself */
};

/* Both files as they were read. */
struct pair_text {
    char *certificate, *key;
    size_t certificate_length, key_length;
};

static void pair_text_release(struct pair_text *text)
{
    if (text->key)
        explicit_bzero(text->key, text->key_length);
    free(text->certificate);
    free(text->key);
}

static void generation_free(struct generation *generation)
{
    if (!generation)
        return;
    for (unsigned i = 0; i < generation->chain_length; i++)
        gnutls_pcert_deinit(&generation->chain[i]);
    if (generation->key)
        gnutls_privkey_deinit(generation->key);
    free(generation);
}

static void generation_free_pointer(struct generation **generation)
{
    generation_free(*generation);
}

#define cleanup_pair_text  __attribute__((cleanup(pair_text_release)))
#define cleanup_generation __attribute__((cleanup(generation_free_pointer)))

static int read_pair(const struct http_certificate *certificate, struct pair_text *text, struct error *error)
{
    if (file_read(certificate->certificate_file, PEM_LIMIT, &text->certificate, &text->certificate_length, error) < 0)
        return -1;
    return file_read(certificate->key_file, PEM_LIMIT, &text->key, &text->key_length, error);
}

static int digest_pair(const struct pair_text *text, unsigned char digest[DIGEST_SIZE], struct error *error)
{
    gnutls_hash_hd_t hash = NULL;

    int code = gnutls_hash_init(&hash, GNUTLS_DIG_SHA256);
    if (code == 0)
        code = gnutls_hash(hash, text->certificate, text->certificate_length + 1);
    if (code == 0)
        code = gnutls_hash(hash, text->key, text->key_length);
    if (hash)
        gnutls_hash_deinit(hash, digest);
    return code < 0 ? error_set(error, "cannot hash a certificate: %s", gnutls_strerror(code)) : 0;
}

static int load_chain(struct generation *generation, const struct http_certificate *certificate,
                      const struct pair_text *text, struct error *error)
{
    gnutls_datum_t data = {(unsigned char *)text->certificate, (unsigned)text->certificate_length};
    gnutls_x509_crt_t list[CHAIN_LIMIT];
    unsigned count = CHAIN_LIMIT;

    int code = gnutls_x509_crt_list_import(list, &count, &data, GNUTLS_X509_FMT_PEM,
                                           GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
    if (code < 0)
        return error_set(error, "%s holds no certificate chain in PEM: %s", certificate->certificate_file,
                         gnutls_strerror(code));
    generation->expiry = (int64_t)gnutls_x509_crt_get_expiration_time(list[0]);
    for (unsigned i = 0; i < count; i++) {
        if (code >= 0)
            code = gnutls_pcert_import_x509(&generation->chain[i], list[i], 0);
        if (code >= 0)
            generation->chain_length = i + 1;
        gnutls_x509_crt_deinit(list[i]);
    }
    return code < 0 ? error_set(error, "%s: %s", certificate->certificate_file, gnutls_strerror(code)) : 0;
}

static int load_key(struct generation *generation, const struct http_certificate *certificate,
                    const struct pair_text *text, struct error *error)
{
    gnutls_datum_t data = {(unsigned char *)text->key, (unsigned)text->key_length};

    int code = gnutls_privkey_init(&generation->key);
    if (code == 0)
        code = gnutls_privkey_import_x509_raw(generation->key, &data, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (code < 0)
        return error_set(error, "%s holds no private key in PEM: %s", certificate->key_file, gnutls_strerror(code));
    return 0;
}

static int public_key_identifier(gnutls_privkey_t key, unsigned char identifier[DIGEST_SIZE])
{
    gnutls_pubkey_t public_key = NULL;
    size_t size = DIGEST_SIZE;

    int code = gnutls_pubkey_init(&public_key);
    if (code == 0)
        code = gnutls_pubkey_import_privkey(public_key, key, 0, 0);
    if (code == 0)
        code = gnutls_pubkey_get_key_id(public_key, GNUTLS_KEYID_USE_SHA256, identifier, &size);
    if (public_key)
        gnutls_pubkey_deinit(public_key);
    return code;
}

static int check_fit(const struct generation *generation, const struct http_certificate *certificate,
                     struct error *error)
{
    unsigned char of_leaf[DIGEST_SIZE];
    unsigned char of_key[DIGEST_SIZE];
    size_t size = sizeof of_leaf;

    int code = gnutls_pubkey_get_key_id(generation->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256, of_leaf, &size);
    if (code == 0)
        code = public_key_identifier(generation->key, of_key);
    if (code < 0)
        return error_set(error, "cannot compare the keys of %s and %s: %s", certificate->certificate_file,
                         certificate->key_file, gnutls_strerror(code));
    if (memcmp(of_leaf, of_key, sizeof of_key) != 0)
        return error_set(error, "the key in %s does not belong to the certificate in %s", certificate->key_file,
                         certificate->certificate_file);
    return 0;
}

static int load(const struct http_certificate *certificate, const struct pair_text *text,
                struct generation **ret_generation, struct error *error)
{
    cleanup_generation struct generation *generation = calloc(1, sizeof *generation);

    if (!generation)
        return error_set(error, "out of memory");
    if (digest_pair(text, generation->digest, error) < 0 || load_chain(generation, certificate, text, error) < 0 ||
        load_key(generation, certificate, text, error) < 0 || check_fit(generation, certificate, error) < 0)
        return -1;
    *ret_generation = steal_ptr(generation);
    return 0;
}

static void certificate_free_pointer(struct http_certificate **certificate)
{
    http_certificate_free(*certificate);
}

int http_certificate_new(const char *certificate_file, const char *key_file, struct http_certificate **ret_certificate,
                         struct error *error)
{
    __attribute__((cleanup(certificate_free_pointer))) struct http_certificate *certificate =
        calloc(1, sizeof *certificate);
    cleanup_pair_text struct pair_text text = {0};
    struct generation *first = NULL;

    if (!certificate)
        return error_set(error, "out of memory");
    certificate->certificate_file = strdup(certificate_file);
    certificate->key_file = strdup(key_file);
    if (!certificate->certificate_file || !certificate->key_file)
        return error_set(error, "out of memory");
    if (read_pair(certificate, &text, error) < 0 || load(certificate, &text, &first, error) < 0)
        return -1;
    atomic_store(&certificate->current, first);
    *ret_certificate = steal_ptr(certificate);
    return 0;
}

void http_certificate_free(struct http_certificate *certificate)
{
    if (!certificate)
        return;
    generation_free(atomic_load(&certificate->current));
    while (certificate->retired) {
        struct generation *older = certificate->retired->older;
        generation_free(certificate->retired);
        certificate->retired = older;
    }
    free(certificate->certificate_file);
    free(certificate->key_file);
    free(certificate);
}

/* The list is ordered by age, the youngest first: behind the first that may go, all may. */
static void free_retired(struct http_certificate *certificate)
{
    struct generation **link = &certificate->retired;

    while (*link && clock_now_ms() - (*link)->retired_ms < RETIREMENT_MS)
        link = &(*link)->older;
    struct generation *old = *link;
    *link = NULL;
    while (old) {
        struct generation *older = old->older;
        generation_free(old);
        old = older;
    }
}

static void replace(struct http_certificate *certificate, struct generation *fresh)
{
    struct generation *old = atomic_exchange(&certificate->current, fresh);

    old->retired_ms = clock_now_ms();
    old->older = certificate->retired;
    certificate->retired = old;
}

int http_certificate_reload(struct http_certificate *certificate, struct error *error)
{
    cleanup_pair_text struct pair_text text = {0};
    unsigned char digest[DIGEST_SIZE];
    struct generation *fresh = NULL;

    free_retired(certificate);
    if (read_pair(certificate, &text, error) < 0 || digest_pair(&text, digest, error) < 0)
        return -1;
    if (memcmp(digest, atomic_load(&certificate->current)->digest, sizeof digest) == 0)
        return 0;
    if (load(certificate, &text, &fresh, error) < 0)
        return -1;
    if (fresh->expiry <= clock_wall_s()) {
        generation_free(fresh);
        return error_set(error, "the certificate in %s has expired", certificate->certificate_file);
    }
    replace(certificate, fresh);
    return 1;
}

int64_t http_certificate_expiry(const struct http_certificate *certificate)
{
    return atomic_load(&certificate->current)->expiry;
}

void http_certificate_attach(const struct http_certificate *certificate, gnutls_session_t session)
{
    /* GnuTLS keeps the pointer for us and does not write through it. */
    gnutls_session_set_ptr(session, (void *)(uintptr_t)certificate);
}

int http_certificate_retrieve(gnutls_session_t session, const struct gnutls_cert_retr_st *info, gnutls_pcert_st **chain,
                              unsigned *chain_length, gnutls_ocsp_data_st **ocsp, unsigned *ocsp_length,
                              gnutls_privkey_t *key, unsigned *flags)
{
    const struct http_certificate *certificate = gnutls_session_get_ptr(session);
    struct generation *generation = atomic_load(&certificate->current);

    (void)info;
    *chain = generation->chain;
    *chain_length = generation->chain_length;
    *key = generation->key;
    *ocsp = NULL;
    *ocsp_length = 0;
    *flags = 0;
    return 0;
}
