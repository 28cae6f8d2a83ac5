#include "kube/access.h"

#include "common/cleanup.h"
#include "common/file.h"
#include "common/json.h"
#include "common/yaml.h"

#include <gnutls/gnutls.h>
#include <string.h>

#define KUBECONFIG_MAX (1024 * 1024)
#define PEM_MAX        (1024 * 1024)

/* What we would have to leave undone: to go on without it would mean another identity or another check than was wished.
 */
struct unsupported {
    const char *name;
    const char *advice;
};

static const struct unsupported unsupported_of_cluster[] = {
    {"insecure-skip-tls-verify", "give certificate-authority instead, certificates are always verified"},
    {"tls-server-name", "not supported, use the name that is in the API server's certificate as server"},
    {"proxy-url", "a proxy is not supported"},
};

static const struct unsupported unsupported_of_user[] = {
    {"exec", "credential plugins are not supported, use a token, a tokenFile or a client certificate"},
    {"auth-provider", "auth providers are not supported, use a token, a tokenFile or a client certificate"},
    {"username", "basic authentication is not supported, use a token, a tokenFile or a client certificate"},
    {"as", "impersonation is not supported"},
    {"as-uid", "impersonation is not supported"},
    {"as-groups", "impersonation is not supported"},
    {"as-user-extra", "impersonation is not supported"},
};

/* A key that says no more than its absence would. */
static bool is_nothing(const cJSON *value)
{
    return !value || cJSON_IsNull(value) || cJSON_IsFalse(value) ||
           (cJSON_IsString(value) && value->valuestring[0] == '\0') ||
           ((cJSON_IsArray(value) || cJSON_IsObject(value)) && !value->child);
}

static int check_supported(const cJSON *object, const struct unsupported *keys, size_t count, struct error *error)
{
    for (size_t i = 0; i < count; i++)
        if (!is_nothing(json_get(object, keys[i].name)))
            return error_set(error, "%s: %s", keys[i].name, keys[i].advice);
    return 0;
}

/* The object `kind` in the list's entry of that name: clusters[name=x].cluster. */
static int find_entry(const cJSON *config, const char *list, const char *kind, const char *name,
                      const cJSON **ret_entry, struct error *error)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, json_get(config, list))
    {
        const char *item_name = json_string(item, "name");
        if (!item_name || strcmp(item_name, name))
            continue;
        *ret_entry = json_get(item, kind);
        if (cJSON_IsObject(*ret_entry))
            return 0;
        return error_set(error, "%s \"%s\" has no %s", list, name, kind);
    }
    return error_set(error, "there is no %s of the name \"%s\" in %s", kind, name, list);
}

/* A text member that may be missing (NULL) but not of another type. */
static int optional_string(const cJSON *object, const char *name, const char **ret_text, struct error *error)
{
    const cJSON *value = json_get(object, name);
    *ret_text = NULL;
    if (is_nothing(value))
        return 0;
    if (!cJSON_IsString(value))
        return error_set(error, "%s: a string is expected, not %s", name, json_type_name(value));
    *ret_text = value->valuestring;
    return 0;
}

/* Relative names are relative to the kubeconfig's folder, as kubectl takes them. */
static char *resolve_path(const char *kubeconfig, const char *path)
{
    const char *slash = strrchr(kubeconfig, '/');
    if (path[0] == '/' || !slash)
        return strdup(path);
    char *resolved = NULL;
    int folder = (int)(slash - kubeconfig);
    return asprintf(&resolved, "%.*s/%s", folder, kubeconfig, path) < 0 ? NULL : resolved;
}

static int decode_base64(const char *text, char **ret_decoded, struct error *error)
{
    size_t length = strlen(text);
    if (length > PEM_MAX)
        return error_set(error, "longer than %d bytes", PEM_MAX);
    const gnutls_datum_t encoded = {(unsigned char *)(uintptr_t)text, (unsigned)length};
    gnutls_datum_t decoded = {NULL, 0};
    if (gnutls_base64_decode2(&encoded, &decoded) < 0)
        return error_set(error, "not base64");
    *ret_decoded = memchr(decoded.data, '\0', decoded.size) ? NULL : strndup((char *)decoded.data, decoded.size);
    gnutls_memset(decoded.data, 0, decoded.size);
    gnutls_free(decoded.data);
    return *ret_decoded ? 0 : error_set(error, "not PEM");
}

/* PEM text from `<name>-data`, which wins, or from the file that `<name>` names; NULL when there is neither. */
static int read_pem(const char *kubeconfig, const cJSON *object, const char *name, char **ret_pem, struct error *error)
{
    cleanup_free char *data_name = NULL;
    if (asprintf(&data_name, "%s-data", name) < 0) {
        data_name = NULL;
        return error_set(error, "out of memory");
    }
    const char *data = NULL, *file = NULL;
    if (optional_string(object, data_name, &data, error) < 0 || optional_string(object, name, &file, error) < 0)
        return -1;
    if (data)
        return decode_base64(data, ret_pem, error) < 0 ? error_wrap(error, "%s", data_name) : 0;
    if (!file)
        return 0;
    cleanup_free char *path = resolve_path(kubeconfig, file);
    size_t length = 0;
    if (!path)
        return error_set(error, "out of memory");
    return file_read(path, PEM_MAX, ret_pem, &length, error) < 0 ? error_wrap(error, "%s", name) : 0;
}

static int read_cluster(const char *kubeconfig, const cJSON *cluster, struct kube_access *access, struct error *error)
{
    const char *server = NULL;
    if (check_supported(cluster, unsupported_of_cluster, array_length(unsupported_of_cluster), error) < 0 ||
        optional_string(cluster, "server", &server, error) < 0)
        return -1;
    if (!server)
        return error_set(error, "server is missing");
    if (kube_access_set_server(access, server, error) < 0)
        return -1;
    return read_pem(kubeconfig, cluster, "certificate-authority", &access->ca_data, error);
}

static int read_token(const char *kubeconfig, const cJSON *user, struct kube_access *access, struct error *error)
{
    const char *token = NULL, *file = NULL;
    if (optional_string(user, "token", &token, error) < 0 || optional_string(user, "tokenFile", &file, error) < 0)
        return -1;
    if (token && !(access->token = strdup(token)))
        return error_set(error, "out of memory");
    if (file && !(access->token_file = resolve_path(kubeconfig, file)))
        return error_set(error, "out of memory");
    return 0;
}

static int read_user(const char *kubeconfig, const cJSON *user, struct kube_access *access, struct error *error)
{
    if (check_supported(user, unsupported_of_user, array_length(unsupported_of_user), error) < 0 ||
        read_token(kubeconfig, user, access, error) < 0 ||
        read_pem(kubeconfig, user, "client-certificate", &access->client_certificate, error) < 0 ||
        read_pem(kubeconfig, user, "client-key", &access->client_key, error) < 0)
        return -1;
    if (!access->client_certificate != !access->client_key)
        return error_set(error, "client-certificate and client-key belong together, one of them is missing");
    return 0;
}

static int keep_namespace(const cJSON *context, struct kube_access *access, struct error *error)
{
    const char *namespace = NULL;
    if (optional_string(context, "namespace", &namespace, error) < 0)
        return -1;
    access->context_namespace = namespace ? strdup(namespace) : NULL;
    return namespace && !access->context_namespace ? error_set(error, "out of memory") : 0;
}

static int read_context(const char *kubeconfig, const cJSON *config, const char *chosen, struct kube_access *access,
                        struct error *error)
{
    const char *current = chosen, *cluster_name = NULL, *user_name = NULL;
    const cJSON *context = NULL, *cluster = NULL, *user = NULL;
    if (!chosen && optional_string(config, "current-context", &current, error) < 0)
        return -1;
    if (!current)
        return error_set(error, "current-context is not set");
    if (find_entry(config, "contexts", "context", current, &context, error) < 0 ||
        optional_string(context, "cluster", &cluster_name, error) < 0 ||
        optional_string(context, "user", &user_name, error) < 0 || keep_namespace(context, access, error) < 0)
        return -1;
    if (!cluster_name || find_entry(config, "clusters", "cluster", cluster_name, &cluster, error) < 0)
        return cluster_name ? -1 : error_set(error, "context \"%s\" names no cluster", current);
    if (read_cluster(kubeconfig, cluster, access, error) < 0)
        return error_wrap(error, "cluster \"%s\"", cluster_name);
    if (!user_name)
        return 0;
    if (find_entry(config, "users", "user", user_name, &user, error) < 0)
        return -1;
    return read_user(kubeconfig, user, access, error) < 0 ? error_wrap(error, "user \"%s\"", user_name) : 0;
}

int kube_kubeconfig_read(const char *path, const char *context, struct kube_access *access, struct error *error)
{
    cleanup_free char *text = NULL;
    size_t length = 0;
    cleanup_json cJSON *documents = NULL;
    if (file_read(path, KUBECONFIG_MAX, &text, &length, error) < 0 || yaml_parse(text, length, &documents, error) < 0)
        return -1;
    if (cJSON_GetArraySize(documents) != 1 || !cJSON_IsObject(documents->child))
        return error_set(error, "is not one YAML object");
    return read_context(path, documents->child, context, access, error);
}
