#include "kube/access.h"

#include "common/cleanup.h"
#include "common/file.h"
#include "common/strbuf.h"

#include <string.h>
#include <unistd.h>

#define POD_FOLDER        "/var/run/secrets/kubernetes.io/serviceaccount"
#define NAMESPACE_MAX     1024
#define URL_ALLOWED_EXTRA "-._~:/[]%"

void kube_access_free(struct kube_access *access)
{
    if (!access)
        return;
    free(access->server);
    free(access->base_url);
    free(access->prefix);
    free(access->namespace);
    free(access->context_namespace);
    free(access->ca_file);
    free(access->ca_data);
    free(access->token);
    free(access->token_file);
    free(access->client_certificate);
    free(access->client_key);
    free(access);
}

const char *kube_access_server(const struct kube_access *access)
{
    return access->server;
}

const char *kube_access_namespace(const struct kube_access *access)
{
    return access->namespace;
}

const char *kube_access_context_namespace(const struct kube_access *access)
{
    return access->context_namespace;
}

static bool is_url_text(const char *text)
{
    for (; *text; text++) {
        bool alphanumeric =
            (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') || (*text >= '0' && *text <= '9');
        if (!alphanumeric && !strchr(URL_ALLOWED_EXTRA, *text))
            return false;
    }
    return true;
}

/* Behind "https://" or "http://"; NULL for another scheme. */
static const char *skip_scheme(const char *url)
{
    if (!strncmp(url, "https://", 8))
        return url + 8;
    return !strncmp(url, "http://", 7) ? url + 7 : NULL;
}

int kube_access_set_server(struct kube_access *access, const char *url, struct error *error)
{
    const char *authority = skip_scheme(url);
    if (!authority || *authority == '\0' || *authority == '/' || !is_url_text(authority))
        return error_set(error, "the API server's address \"%s\" is not of the form https://host:port", url);
    size_t length = strlen(url);
    while (url[length - 1] == '/')
        length--;
    size_t base = (size_t)(authority - url) + strcspn(authority, "/");
    access->server = strndup(url, length);
    access->base_url = strndup(url, base);
    access->prefix = base < length ? strndup(url + base, length - base) : strdup("");
    return access->server && access->base_url && access->prefix ? 0 : error_set(error, "out of memory");
}

static char *join_path(const char *folder, const char *name)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

/* "10.0.0.1" and "443" to an address; an IPv6 host needs brackets. */
static char *pod_server_url(const char *host, const char *port)
{
    char *url = NULL;
    const char *form = strchr(host, ':') ? "https://[%s]:%s" : "https://%s:%s";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int length = asprintf(&url, form, host, port);
#pragma GCC diagnostic pop
    return length < 0 ? NULL : url;
}

/* The namespace is only a help for defaults: without the file there is none. */
static char *read_namespace(const char *folder)
{
    cleanup_free char *path = join_path(folder, "namespace");
    char *text = NULL;
    size_t length = 0;
    if (!path || file_read(path, NAMESPACE_MAX, &text, &length, NULL) < 0)
        return NULL;
    text[strcspn(text, " \t\r\n")] = '\0';
    if (*text)
        return text;
    free(text);
    return NULL;
}

int kube_access_from_pod(const char *folder, const char *host, const char *port, struct kube_access **ret_access,
                         struct error *error)
{
    cleanup_free char *url = pod_server_url(host, port);
    cleanup_kube_access struct kube_access *access = calloc(1, sizeof(*access));
    if (!url || !access)
        return error_set(error, "out of memory");
    if (kube_access_set_server(access, url, error) < 0)
        return error_wrap(error, "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT");
    access->token_file = join_path(folder, "token");
    access->ca_file = join_path(folder, "ca.crt");
    if (!access->token_file || !access->ca_file)
        return error_set(error, "out of memory");
    access->namespace = read_namespace(folder);
    *ret_access = steal_ptr(access);
    return 0;
}

static int load_kubeconfig(const char *path, const char *context, struct kube_access **ret_access, struct error *error)
{
    cleanup_kube_access struct kube_access *access = calloc(1, sizeof(*access));
    if (!access)
        return error_set(error, "out of memory");
    if (kube_kubeconfig_read(path, context, access, error) < 0)
        return error_wrap(error, "kubeconfig %s", path);
    *ret_access = steal_ptr(access);
    return 0;
}

static int load_from_environment(const char *list, const char *context, struct kube_access **ret_access,
                                 struct error *error)
{
    if (strchr(list, ':'))
        return error_set(error, "KUBECONFIG=%s names several files; name one, merging them is not supported", list);
    return load_kubeconfig(list, context, ret_access, error);
}

static int load_from_home(const char *context, struct kube_access **ret_access, struct error *error)
{
    const char *home = getenv("HOME");
    cleanup_free char *path = home && *home ? join_path(home, ".kube/config") : NULL;
    if (path && access(path, F_OK) == 0)
        return load_kubeconfig(path, context, ret_access, error);
    return error_set(error, "no way to the API server is known: name a kubeconfig file in the configuration or in "
                            "KUBECONFIG, or run in a pod with a ServiceAccount");
}

static int load_from_server(const char *server, struct kube_access **ret_access, struct error *error)
{
    cleanup_kube_access struct kube_access *access = calloc(1, sizeof(*access));
    if (!access)
        return error_set(error, "out of memory");
    if (kube_access_set_server(access, server, error) < 0)
        return -1;
    *ret_access = steal_ptr(access);
    return 0;
}

static int load_from_wherever(const struct kube_access_choice *choice, struct kube_access **ret_access,
                              struct error *error)
{
    if (choice->server)
        return load_from_server(choice->server, ret_access, error);
    if (choice->kubeconfig)
        return load_kubeconfig(choice->kubeconfig, choice->context, ret_access, error);
    const char *list = getenv("KUBECONFIG");
    if (list && *list)
        return load_from_environment(list, choice->context, ret_access, error);
    const char *host = getenv("KUBERNETES_SERVICE_HOST");
    const char *port = getenv("KUBERNETES_SERVICE_PORT");
    if (!choice->context && host && *host && port && *port && access(POD_FOLDER "/token", F_OK) == 0)
        return kube_access_from_pod(POD_FOLDER, host, port, ret_access, error);
    return load_from_home(choice->context, ret_access, error);
}

int kube_access_choose(const struct kube_access_choice *choice, struct kube_access **ret_access, struct error *error)
{
    if (load_from_wherever(choice, ret_access, error) < 0)
        return -1;
    if (!(*ret_access)->namespace)
        (*ret_access)->namespace = read_namespace(POD_FOLDER);
    return 0;
}

int kube_access_load(const char *kubeconfig, struct kube_access **ret_access, struct error *error)
{
    return kube_access_choose(&(struct kube_access_choice){.kubeconfig = kubeconfig}, ret_access, error);
}
