#include "translate/pull_secrets.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/strbuf.h"
#include "common/yaml_binary.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DOCKER_CONFIG ".dockerconfigjson"
#define DOCKER_HUB    "https://index.docker.io/v1/"

/* What stands before the first / is a registry when it looks like one: so the edge agent reads it. An image without a
 * / gets no credentials at all: then nothing is added. */
static void add_registry(struct strbuf *out, const char *image)
{
    size_t length = strcspn(image, "/");

    if (!image[length])
        return;
    if ((memchr(image, '.', length) || memchr(image, ':', length)))
        strbuf_add(out, image, length);
    else
        strbuf_add_string(out, DOCKER_HUB);
}

/* The address as the edge agent compares it: the host alone, but Docker Hub's as it is. */
static void add_address(struct strbuf *out, const char *key)
{
    const char *scheme = strstr(key, "://");

    if (strcmp(key, DOCKER_HUB) == 0 || strcmp(key, "docker.io") == 0 || strcmp(key, "index.docker.io") == 0) {
        strbuf_add_string(out, DOCKER_HUB);
        return;
    }
    key = scheme ? scheme + 3 : key;
    strbuf_add(out, key, strcspn(key, "/"));
}

static bool is_from(const char *image, const char *address)
{
    cleanup_strbuf struct strbuf registry = STRBUF_INIT;

    add_registry(&registry, image);
    return strcasecmp(strbuf_string(&registry), address) == 0;
}

static bool is_needed(const struct pod_reading *reading, const char *address)
{
    const cJSON *containers = json_get(reading->pod_spec, "containers");
    const cJSON *container;

    cJSON_ArrayForEach(container, containers)
    {
        if (is_from(json_string_or(container, "image", ""), address))
            return true;
    }
    return false;
}

/* A name without what IoT Hub refuses in one. */
static void add_id(struct strbuf *out, const char *address)
{
    const char *scheme = strstr(address, "://");

    for (address = scheme ? scheme + 3 : address; *address && *address != '/'; address++) {
        bool plain = (*address >= 'a' && *address <= 'z') || (*address >= 'A' && *address <= 'Z') ||
                     (*address >= '0' && *address <= '9') || *address == '-';

        strbuf_add_char(out, plain ? *address : '_');
    }
}

/* The credentials of that address in the ConfigMap. */
static const cJSON *find_given(const cJSON *edge_agent, const char *address)
{
    const cJSON *credentials = json_at(edge_agent, "runtime", "settings", "registryCredentials", NULL);
    const cJSON *item;

    cJSON_ArrayForEach(item, credentials)
    {
        if (strcasecmp(json_string_or(item, "address", ""), address) == 0)
            return item;
    }
    return NULL;
}

/* The image of a system module: the ConfigMap's, or the hub's. */
static const char *system_image(const cJSON *edge_agent, const char *name, const char *otherwise)
{
    return json_string_or(json_at(edge_agent, "systemModules", name, "settings", NULL), "image", otherwise);
}

void pull_secrets_warn_unused(const struct pod_reading *reading, const cJSON *edge_agent)
{
    const struct system_modules *modules = &reading->input->system_modules;
    const cJSON *item;

    cJSON_ArrayForEach(item, json_at(edge_agent, "runtime", "settings", "registryCredentials", NULL))
    {
        const char *address = json_string_or(item, "address", "");

        if (*address && item->string && !is_needed(reading, address) &&
            !is_from(system_image(edge_agent, "edgeAgent", modules->edge_agent_image), address) &&
            !is_from(system_image(edge_agent, "edgeHub", modules->edge_hub_image), address))
            findings_add_warning(reading->findings, "registryCredentials %.40s: no image comes from %.50s",
                                 item->string, address);
    }
}

struct login {
    const char *username, *password;
    char *decoded; /* user:password of auth; the two point into it */
};

static void login_release(struct login *login)
{
    free(login->decoded);
}

static bool read_login(const cJSON *auth, struct login *login)
{
    const char *text = json_string_or(auth, "auth", "");
    char *colon;

    login->username = json_string(auth, "username");
    login->password = json_string(auth, "password");
    if (login->username && *login->username && login->password && *login->password)
        return true;
    if (yaml_binary_decode(text, &login->decoded, NULL) < 0)
        return false;
    colon = strchr(login->decoded, ':');
    if (!colon || colon == login->decoded || !colon[1])
        return false;
    *colon = '\0';
    login->username = login->decoded;
    login->password = colon + 1;
    return true;
}

static void add_login(struct pod_reading *reading, cJSON *credentials, const char *address, const struct login *login)
{
    cleanup_strbuf struct strbuf id = STRBUF_INIT;
    cJSON *item;

    add_id(&id, address);
    if (json_get(credentials, strbuf_string(&id)))
        strbuf_add_format(&id, "-%d", cJSON_GetArraySize(credentials));
    item = pod_member_object(reading, credentials, strbuf_string(&id));
    pod_add_string(reading, item, "username", login->username);
    pod_add_string(reading, item, "password", login->password);
    pod_add_string(reading, item, "address", address);
    reading->failed |= id.failed;
}

static bool is_same(const cJSON *given, const struct login *login)
{
    return strcmp(json_string_or(given, "username", ""), login->username) == 0 &&
           strcmp(json_string_or(given, "password", ""), login->password) == 0;
}

static void read_auth(struct pod_reading *reading, const cJSON *auth, const cJSON *edge_agent, const char *place,
                      cJSON *credentials)
{
    cleanup_strbuf struct strbuf address = STRBUF_INIT;
    __attribute__((cleanup(login_release))) struct login login = {.decoded = NULL};
    const cJSON *given, *earlier;

    add_address(&address, auth->string);
    reading->failed |= address.failed;
    if (address.failed || !is_needed(reading, strbuf_string(&address)))
        return;
    if (!read_login(auth, &login)) {
        pod_error(reading, FIELD_INVALID, place, auth->string, "its Secret has no user name and password for it");
        return;
    }
    given = find_given(edge_agent, strbuf_string(&address));
    if (given && !is_same(given, &login))
        pod_error(reading, FIELD_INVALID, place, auth->string,
                  "the registryCredentials of the ConfigMap edgeagent differ; leave one of the two out");
    cJSON_ArrayForEach(earlier, credentials)
    {
        if (strcasecmp(json_string_or(earlier, "address", ""), strbuf_string(&address)) == 0)
            given = earlier; /* as for a kubelet, the first one that fits */
    }
    if (!given)
        add_login(reading, credentials, strbuf_string(&address), &login);
}

static void read_secret(struct pod_reading *reading, const char *name, const cJSON *edge_agent, const char *place,
                        cJSON *credentials)
{
    const cJSON *data = reading->input->secret(reading->input->context, name);
    const char *encoded = json_string(data, DOCKER_CONFIG);
    cleanup_free char *text = NULL;
    cleanup_json cJSON *tree = NULL;
    const cJSON *auth;

    if (!encoded || yaml_binary_decode(encoded, &text, NULL) < 0 || json_parse(text, strlen(text), &tree, NULL) < 0 ||
        !cJSON_IsObject(json_get(tree, "auths"))) {
        pod_error(reading, FIELD_INVALID, place, name,
                  "there is no Secret of this name and of type kubernetes.io/dockerconfigjson in the namespace");
        return;
    }
    cJSON_ArrayForEach(auth, json_get(tree, "auths")) read_auth(reading, auth, edge_agent, place, credentials);
}

cJSON *pull_secrets_read(struct pod_reading *reading, const cJSON *edge_agent)
{
    const cJSON *list = json_get(reading->pod_spec, "imagePullSecrets");
    cJSON *credentials;
    size_t index = 0;
    const cJSON *item;

    if (pod_item_is_empty(list) || !reading->secrets)
        return NULL;
    credentials = cJSON_CreateObject();
    reading->failed |= !credentials;
    cJSON_ArrayForEach(item, list)
    {
        char place[FIELD_PATH_SIZE];

        field_path(place, "imagePullSecrets[%zu].name", index++);
        if (credentials)
            read_secret(reading, json_string_or(item, "name", ""), edge_agent, place, credentials);
    }
    return credentials;
}
