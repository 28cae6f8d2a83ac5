#include "server/registration.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "kube/client.h"
#include "server/registration_objects.h"

#include <stdlib.h>
#include <string.h>

#define CA_LIMIT   ((size_t)256 << 10)
#define MOST_TRIES 5
#define API        "/apis/admissionregistration.k8s.io/v1"

static void access_free(struct kube_access **access)
{
    kube_access_free(*access);
}

static void client_free(struct kube_client **client)
{
    kube_client_free(*client);
}

/* "mutatingwebhookconfigurations", as it stands in paths. */
static const char *resource_of(const cJSON *object)
{
    const char *kind = json_string_or(object, "kind", "");
    return strcmp(kind, "MutatingWebhookConfiguration") == 0 ? "mutatingwebhookconfigurations"
                                                             : "validatingwebhookconfigurations";
}

static const char *name_of(const cJSON *object)
{
    return json_string_or(json_get(object, "metadata"), "name", "");
}

static int send_object(struct kube_client *client, const char *method, const char *path, const cJSON *object,
                       struct error *error)
{
    cleanup_strbuf struct strbuf body = STRBUF_INIT;
    struct json_writer writer = {.out = &body};
    json_add_value(&writer, object);
    if (body.failed)
        return error_set(error, "memory ran out");
    return kube_call(client, method, path, NULL, strbuf_string(&body), 0, NULL, error);
}

/* One try to bring one object in step. Returns the status of the last call (200 unchanged …), or a negative number;
 * *ret_word says what was done. */
static int apply_once(struct kube_client *client, const cJSON *wanted, const char **ret_word, struct error *error)
{
    cleanup_strbuf struct strbuf collection = STRBUF_INIT;
    cleanup_strbuf struct strbuf path = STRBUF_INIT;
    cleanup_json cJSON *stored = NULL;
    strbuf_add_format(&collection, API "/%s", resource_of(wanted));
    strbuf_add_format(&path, "%s/%s", strbuf_string(&collection), name_of(wanted));

    int status = kube_call(client, "GET", strbuf_string(&path), NULL, NULL, 0, &stored, error);
    if (status == 404) {
        *ret_word = "created";
        return send_object(client, "POST", strbuf_string(&collection), wanted, error);
    }
    if (status != 200)
        return status;
    *ret_word = "unchanged";
    if (registration_objects_equal(stored, wanted))
        return 200;
    *ret_word = "configured";
    if (registration_objects_merge(stored, wanted, error) < 0)
        return KUBE_FAILED;
    return send_object(client, "PUT", strbuf_string(&path), stored, error);
}

/* A conflict means that someone else wrote in between: look again. */
static int apply_object(struct kube_client *client, const cJSON *wanted, struct strbuf *report, struct error *error)
{
    cleanup_error struct error last = {0};
    const char *word = "";
    int status = 409;
    for (int i = 0; status == 409 && i < MOST_TRIES; i++) {
        error_release(&last);
        last = (struct error){0};
        status = apply_once(client, wanted, &word, &last);
    }
    if (status != 200 && status != 201)
        return error_set(error, "%s/%s: %s", resource_of(wanted), name_of(wanted), error_message(&last));
    strbuf_add_format(report, "%s/%s %s\n", resource_of(wanted), name_of(wanted), word);
    return 0;
}

static int read_ca(const char *path, char **ret_ca, struct error *error)
{
    cleanup_free char *text = NULL;
    size_t length = 0;
    if (file_read(path, CA_LIMIT, &text, &length, error) < 0)
        return -1;
    if (!strstr(text, "-----BEGIN CERTIFICATE-----"))
        return error_set(error, "%s: there is no PEM certificate in it", path);
    if (strstr(text, "PRIVATE KEY-----"))
        return error_set(error, "%s: there is a private key in it, which must not go into the cluster", path);
    *ret_ca = steal_ptr(text);
    return 0;
}

int registration_apply(const struct registration *registration, struct strbuf *report, struct error *error)
{
    cleanup_free char *ca = NULL;
    cleanup_json cJSON *objects = NULL;
    __attribute__((cleanup(access_free))) struct kube_access *access = NULL;
    __attribute__((cleanup(client_free))) struct kube_client *client = NULL;
    if (read_ca(registration->ca_file, &ca, error) < 0)
        return -1;
    if (registration_objects_make(registration, ca, &objects, error) < 0)
        return -1;
    if (kube_access_load(registration->kubeconfig, &access, error) < 0)
        return -1;
    if (kube_client_new(access, "iot-edge-connector/" VERSION, &client, error) < 0)
        return -1;
    const cJSON *object;
    cJSON_ArrayForEach(object, objects)
    {
        if (apply_object(client, object, report, error) < 0)
            return -1;
    }
    return 0;
}
