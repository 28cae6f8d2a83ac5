#include "common/cleanup.h"
#include "common/file.h"
#include "common/strbuf.h"
#include "kube/access.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

struct fixture {
    char folder[64];
    char path[128];
    struct kube_access *access;
    struct error error;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    *state = f;
    if (!f)
        return -1;
    snprintf(f->folder, sizeof(f->folder), "/tmp/test_kube_kubeconfig-XXXXXX");
    if (!mkdtemp(f->folder))
        return -1;
    snprintf(f->path, sizeof(f->path), "%s/config", f->folder);
    unsetenv("KUBECONFIG");
    unsetenv("KUBERNETES_SERVICE_HOST");
    setenv("HOME", f->folder, 1);
    return 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    nftw(f->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    kube_access_free(f->access);
    error_release(&f->error);
    free(f);
    return 0;
}

static void put_file(const struct fixture *f, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", f->folder, name);
    assert_int_equal(file_write(path, text, strlen(text), 0600, NULL), 0);
}

/* A whole kubeconfig around the cluster's and the user's own members, in YAML's flow form. */
static int load(struct fixture *f, const char *cluster, const char *user)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    strbuf_add_format(&text,
                      "apiVersion: v1\nkind: Config\ncurrent-context: here\n"
                      "contexts:\n- name: other\n  context: {cluster: none, user: none}\n"
                      "- name: here\n  context: {cluster: c, user: u}\n"
                      "clusters:\n- name: c\n  cluster: {%s}\n"
                      "users:\n- name: u\n  user: {%s}\n",
                      cluster, user);
    put_file(f, "config", strbuf_string(&text));
    return kube_access_load(f->path, &f->access, &f->error);
}

static void assert_failure(struct fixture *f, const char *expected)
{
    char whole[512];
    snprintf(whole, sizeof(whole), "kubeconfig %s: %s", f->path, expected);
    assert_string_equal(error_message(&f->error), whole);
    assert_null(f->access);
}

static void token_and_data(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        load(f,
             "server: 'https://10.0.0.1:6443/', certificate-authority-data: Q0EgUEVN, certificate-authority: nowhere",
             "token: abc"),
        0);
    assert_string_equal(kube_access_server(f->access), "https://10.0.0.1:6443");
    assert_string_equal(f->access->base_url, "https://10.0.0.1:6443");
    assert_string_equal(f->access->prefix, "");
    assert_string_equal(f->access->ca_data, "CA PEM");
    assert_string_equal(f->access->token, "abc");
    assert_null(f->access->token_file);
    assert_null(f->access->client_certificate);
}

static void files_are_relative_to_the_kubeconfig(void **state)
{
    struct fixture *f = *state;
    char expected[128];
    put_file(f, "ca.pem", "CA");
    put_file(f, "me.pem", "ME");
    put_file(f, "me.key", "KEY");
    assert_int_equal(load(f, "server: 'https://h/p/q', certificate-authority: ca.pem",
                          "client-certificate: me.pem, client-key: me.key, tokenFile: t"),
                     0);
    snprintf(expected, sizeof(expected), "%s/t", f->folder);
    assert_string_equal(f->access->token_file, expected);
    assert_string_equal(f->access->ca_data, "CA");
    assert_string_equal(f->access->client_certificate, "ME");
    assert_string_equal(f->access->client_key, "KEY");
    assert_string_equal(f->access->base_url, "https://h");
    assert_string_equal(f->access->prefix, "/p/q");
}

static void what_says_nothing_is_allowed(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(load(f, "server: 'http://127.0.0.1:1', insecure-skip-tls-verify: false, proxy-url: ''",
                          "exec: null, as-groups: []"),
                     0);
    assert_null(f->access->token);
    assert_null(f->access->ca_data);
}

static void what_is_not_supported_is_refused(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *cluster, *user, *expected;
    } cases[] = {
        {"server: 'https://h', insecure-skip-tls-verify: true", "",
         "cluster \"c\": insecure-skip-tls-verify: give certificate-authority instead, certificates are always "
         "verified"},
        {"server: 'https://h', tls-server-name: x", "",
         "cluster \"c\": tls-server-name: not supported, use the name that is in the API server's certificate as "
         "server"},
        {"server: 'https://h', proxy-url: 'http://p'", "", "cluster \"c\": proxy-url: a proxy is not supported"},
        {"server: 'https://h'", "exec: {command: aws}",
         "user \"u\": exec: credential plugins are not supported, use a token, a tokenFile or a client certificate"},
        {"server: 'https://h'", "auth-provider: {name: gcp}",
         "user \"u\": auth-provider: auth providers are not supported, use a token, a tokenFile or a client "
         "certificate"},
        {"server: 'https://h'", "username: x, password: y",
         "user \"u\": username: basic authentication is not supported, use a token, a tokenFile or a client "
         "certificate"},
        {"server: 'https://h'", "as: x", "user \"u\": as: impersonation is not supported"},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        assert_int_equal(load(f, cases[i].cluster, cases[i].user), -1);
        assert_failure(f, cases[i].expected);
    }
}

static void mistakes_are_named(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *cluster, *user, *expected;
    } cases[] = {
        {"", "", "cluster \"c\": server is missing"},
        {"server: 7", "", "cluster \"c\": server: a string is expected, not number"},
        {"server: 'ftp://h'", "",
         "cluster \"c\": the API server's address \"ftp://h\" is not of the form https://host:port"},
        {"server: 'https://a@h'", "",
         "cluster \"c\": the API server's address \"https://a@h\" is not of the form https://host:port"},
        {"server: 'https:///x'", "",
         "cluster \"c\": the API server's address \"https:///x\" is not of the form https://host:port"},
        {"server: 'https://h', certificate-authority-data: '***'", "",
         "cluster \"c\": certificate-authority-data: not base64"},
        {"server: 'https://h', certificate-authority-data: QQBB", "",
         "cluster \"c\": certificate-authority-data: not PEM"},
        {"server: 'https://h'", "client-certificate-data: QQ==",
         "user \"u\": client-certificate and client-key belong together, one of them is missing"},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        assert_int_equal(load(f, cases[i].cluster, cases[i].user), -1);
        assert_failure(f, cases[i].expected);
    }
}

static void names_must_be_there(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"kind: Config", "current-context is not set"},
        {"current-context: x", "there is no context of the name \"x\" in contexts"},
        {"current-context: x\ncontexts: [{name: x}]", "contexts \"x\" has no context"},
        {"current-context: x\ncontexts: [{name: x, context: {}}]", "context \"x\" names no cluster"},
        {"current-context: x\ncontexts: [{name: x, context: {cluster: c}}]",
         "there is no cluster of the name \"c\" in clusters"},
        {"[1]", "is not one YAML object"},
        {"{}\n---\n{}", "is not one YAML object"},
        {"", "is not one YAML object"},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        put_file(f, "config", cases[i].text);
        assert_int_equal(kube_access_load(f->path, &f->access, &f->error), -1);
        assert_failure(f, cases[i].expected);
    }
}

static void looked_for_in_the_environment_and_at_home(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(kube_access_load(NULL, &f->access, &f->error), -1);
    assert_string_equal(error_message(&f->error),
                        "no way to the API server is known: name a kubeconfig file in the configuration or in "
                        "KUBECONFIG, or run in a pod with a ServiceAccount");
    setenv("KUBECONFIG", "/a:/b", 1);
    assert_int_equal(kube_access_load(NULL, &f->access, &f->error), -1);
    assert_string_equal(error_message(&f->error),
                        "KUBECONFIG=/a:/b names several files; name one, merging them is not supported");
    assert_int_equal(load(f, "server: 'https://h'", "token: t"), 0);
    kube_access_free(f->access);
    f->access = NULL;
    setenv("KUBECONFIG", f->path, 1);
    assert_int_equal(kube_access_load(NULL, &f->access, &f->error), 0);
    assert_string_equal(kube_access_server(f->access), "https://h");
}

static void found_at_home(void **state)
{
    struct fixture *f = *state;
    char folder[128], from[256];
    assert_int_equal(load(f, "server: 'https://h'", "token: t"), 0);
    kube_access_free(f->access);
    f->access = NULL;
    snprintf(folder, sizeof(folder), "%s/.kube", f->folder);
    snprintf(from, sizeof(from), "%s/config", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(rename(f->path, from), 0);
    assert_int_equal(kube_access_load(NULL, &f->access, &f->error), 0);
    assert_string_equal(f->access->token, "t");
}

static void in_a_pod(void **state)
{
    struct fixture *f = *state;
    char expected[128];
    put_file(f, "namespace", "edge\n");
    assert_int_equal(kube_access_from_pod(f->folder, "fd00::1", "443", &f->access, &f->error), 0);
    assert_string_equal(kube_access_server(f->access), "https://[fd00::1]:443");
    assert_string_equal(kube_access_namespace(f->access), "edge");
    snprintf(expected, sizeof(expected), "%s/ca.crt", f->folder);
    assert_string_equal(f->access->ca_file, expected);
    snprintf(expected, sizeof(expected), "%s/token", f->folder);
    assert_string_equal(f->access->token_file, expected);
}

static void a_context_by_its_name(void **state)
{
    struct fixture *f = *state;
    const struct kube_access_choice work = {.kubeconfig = f->path, .context = "work"};
    const struct kube_access_choice missing = {.kubeconfig = f->path, .context = "nowhere"};
    put_file(f, "config",
             "current-context: home\n"
             "contexts:\n- name: home\n  context: {cluster: c, user: u}\n"
             "- name: work\n  context: {cluster: d, user: u, namespace: shop}\n"
             "clusters:\n- name: c\n  cluster: {server: 'https://c'}\n- name: d\n  cluster: {server: 'https://d'}\n"
             "users:\n- name: u\n  user: {token: t}\n");
    assert_int_equal(kube_access_choose(&work, &f->access, &f->error), 0);
    assert_string_equal(kube_access_server(f->access), "https://d");
    assert_string_equal(kube_access_context_namespace(f->access), "shop");
    kube_access_free(f->access);
    f->access = NULL;
    assert_int_equal(kube_access_load(f->path, &f->access, &f->error), 0);
    assert_string_equal(kube_access_server(f->access), "https://c");
    assert_null(kube_access_context_namespace(f->access));
    kube_access_free(f->access);
    f->access = NULL;
    assert_int_equal(kube_access_choose(&missing, &f->access, &f->error), -1);
    assert_failure(f, "there is no context of the name \"nowhere\" in contexts");
}

static void a_server_without_a_kubeconfig(void **state)
{
    struct fixture *f = *state;
    const struct kube_access_choice proxy = {.server = "http://127.0.0.1:8001/"};
    const struct kube_access_choice wrong = {.server = "localhost:8001"};
    assert_int_equal(kube_access_choose(&wrong, &f->access, &f->error), -1);
    assert_string_equal(error_message(&f->error),
                        "the API server's address \"localhost:8001\" is not of the form https://host:port");
    assert_int_equal(kube_access_choose(&proxy, &f->access, &f->error), 0);
    assert_string_equal(kube_access_server(f->access), "http://127.0.0.1:8001");
    assert_null(f->access->token);
}

#define with_folder(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_folder(token_and_data),
        with_folder(files_are_relative_to_the_kubeconfig),
        with_folder(what_says_nothing_is_allowed),
        with_folder(what_is_not_supported_is_refused),
        with_folder(mistakes_are_named),
        with_folder(names_must_be_there),
        with_folder(looked_for_in_the_environment_and_at_home),
        with_folder(found_at_home),
        with_folder(in_a_pod),
        with_folder(a_context_by_its_name),
        with_folder(a_server_without_a_kubeconfig),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
