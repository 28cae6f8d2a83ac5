#include "translate/volumes.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/strbuf.h"
#include "translate/quantity.h"

#include <string.h>

#define TOKEN_VOLUME_PREFIX "kube-api-access-"

/* One mount of a container. */
struct mount {
    const cJSON *item;
    const cJSON *volume;
    const char *path;
    const char *sub_path;
    const char *propagation; /* as Docker says it, "" for the default */
    bool read_only;
    size_t index;
};

/* The source of a volume: its member that is not the name. */
static const cJSON *source_of(const cJSON *volume)
{
    for (const cJSON *item = volume ? volume->child : NULL; item && item->string; item = item->next) {
        if (strcmp(item->string, "name") != 0 && !cJSON_IsNull(item))
            return item;
    }
    return NULL;
}

static bool is_source(const cJSON *volume, const char *name)
{
    const cJSON *source = source_of(volume);

    /* A volume without a source is an empty directory. */
    return source ? strcmp(source->string, name) == 0 : strcmp(name, "emptyDir") == 0;
}

/* The token of the service account, which is for the API server of the cluster. */
static bool is_token(const char *name)
{
    return strncmp(name, TOKEN_VOLUME_PREFIX, strlen(TOKEN_VOLUME_PREFIX)) == 0;
}

/* How often the volume is mounted in the whole pod. */
static size_t count_users(struct pod_reading *reading, const char *name)
{
    const cJSON *containers = json_get(reading->pod_spec, "containers");
    const cJSON *container;

    if (!reading->mounts.sorted) {
        cJSON_ArrayForEach(container, containers)
            item_index_add(&reading->mounts, json_get(container, "volumeMounts"), "name");
        reading->failed |= reading->mounts.failed;
    }
    return item_index_count(&reading->mounts, name);
}

static void check_host_path(struct pod_reading *reading, const cJSON *source, size_t index)
{
    static const char *const types[] = {"",       "DirectoryOrCreate", "Directory",  "File",
                                        "Socket", "CharDevice",        "BlockDevice"};
    const char *type = json_string_or(source, "type", "");
    const char *path = json_string_or(source, "path", "");
    char place[FIELD_PATH_SIZE];

    if (path[0] != '/')
        pod_error(reading, FIELD_INVALID, field_path(place, "volumes[%zu].hostPath.path", index), path,
                  "must be an absolute path on the device");
    else if (strchr(path, ':') && strcmp(type, "Directory") != 0 && strcmp(type, "File") != 0)
        pod_error(reading, FIELD_INVALID, field_path(place, "volumes[%zu].hostPath.path", index), path,
                  "Docker splits it at the colon; with type Directory or File it can have one");
    field_path(place, "volumes[%zu].hostPath.type", index);
    if (strcmp(type, "FileOrCreate") == 0) {
        pod_error(reading, FIELD_NOT_SUPPORTED, place, type,
                  "Docker makes no files; supported values: \"DirectoryOrCreate\", \"Directory\", \"File\", "
                  "\"Socket\", \"CharDevice\", \"BlockDevice\"");
        return;
    }
    for (size_t i = 0; i < array_length(types); i++) {
        if (strcmp(type, types[i]) != 0)
            continue;
        if (i > 3)
            pod_warning(reading,
                        "volumes[%zu]: Docker does not check for a %s at %s, and makes a folder when it is "
                        "missing",
                        index, type, path);
        return;
    }
    pod_error(reading, FIELD_NOT_SUPPORTED, place, type,
              "supported values: \"DirectoryOrCreate\", \"Directory\", \"File\", \"Socket\", \"CharDevice\", "
              "\"BlockDevice\"");
}

static void check_empty_dir(struct pod_reading *reading, const cJSON *volume, size_t index)
{
    const cJSON *source = json_get(volume, "emptyDir");
    const cJSON *limit = json_get(source, "sizeLimit");
    const char *medium = json_string_or(source, "medium", "");
    const char *name = json_string_or(volume, "name", "?");
    size_t users = count_users(reading, name);
    char place[FIELD_PATH_SIZE];
    int64_t bytes;

    if (limit && !cJSON_IsNull(limit) && !quantity_read(limit, 0, &bytes))
        pod_error(reading, FIELD_INVALID, field_path(place, "volumes[%zu].emptyDir.sizeLimit", index),
                  cJSON_IsString(limit) ? limit->valuestring : json_type_name(limit),
                  "must be a quantity such as 64Mi");
    field_path(place, "volumes[%zu].emptyDir.medium", index);
    if (strcmp(medium, "Memory") == 0) {
        if (users > 1)
            pod_error(reading, FIELD_INVALID, place, medium,
                      "a tmpfs belongs to one mount of one module; leave the medium out for a volume that is shared");
        return;
    }
    if (*medium) {
        pod_error(reading, FIELD_NOT_SUPPORTED, place, medium, "supported values: \"\", \"Memory\"");
        return;
    }
    if (limit && !cJSON_IsNull(limit))
        pod_warning(reading, "volumes[%zu]: Docker has no sizeLimit for a volume on disk", index);
    if (users > 1)
        pod_warning(reading, "volumes[%zu]: %s is a named volume on the device and stays when modules are recreated",
                    index, name);
    else if (users)
        pod_warning(reading, "volumes[%zu]: %s is an anonymous volume, empty again when its module is recreated", index,
                    name);
}

static void check_claim(struct pod_reading *reading, const cJSON *source, size_t index)
{
    const char *claim = json_string_or(source, "claimName", "");
    char place[FIELD_PATH_SIZE];

    field_path(place, "volumes[%zu].persistentVolumeClaim", index);
    if (!reading->annotations->allow_pvc)
        pod_error(reading, FIELD_FORBIDDEN, place, NULL,
                  "a device has no volumes of the cluster; with metadata.annotations[" ANNOTATION_PREFIX
                  "allow-pvc] \"true\" it becomes a Docker volume of the claim's name on each device");
    else if (!*claim)
        pod_error(reading, FIELD_REQUIRED, place, NULL, "claimName");
    else
        pod_warning(reading, "volumes[%zu]: claim %s is a volume of each device of its own, not the cluster's", index,
                    claim);
}

static void check_volume(struct pod_reading *reading, const cJSON *volume, size_t index)
{
    const cJSON *source = source_of(volume);
    const char *name = json_string_or(volume, "name", "");
    char place[FIELD_PATH_SIZE];

    if (is_token(name))
        return;
    if (!*name)
        pod_error(reading, FIELD_REQUIRED, field_path(place, "volumes[%zu].name", index), NULL, "the volume's name");
    if (is_source(volume, "emptyDir"))
        check_empty_dir(reading, volume, index);
    else if (is_source(volume, "hostPath"))
        check_host_path(reading, source, index);
    else if (is_source(volume, "persistentVolumeClaim"))
        check_claim(reading, source, index);
    else
        pod_error(reading, FIELD_FORBIDDEN, field_path(place, "volumes[%zu].%s", index, source->string), NULL,
                  "a device has no such volume: put the files into the image, or settings into the module's "
                  "desiredProperties");
    if (*name && !count_users(reading, name))
        pod_warning(reading, "volumes[%zu]: no container mounts %s: it is left out", index, name);
}

void volumes_read(struct pod_reading *reading, const cJSON *item)
{
    size_t index = 0;

    if (!reading->findings || !cJSON_IsArray(item))
        return;
    for (const cJSON *volume = item->child; volume && !findings_is_full(reading->findings); volume = volume->next) {
        if (cJSON_IsObject(volume))
            check_volume(reading, volume, index);
        index++;
    }
}

static const cJSON *find_volume(struct pod_reading *reading, const char *name)
{
    if (!reading->volumes.sorted) {
        item_index_add(&reading->volumes, json_get(reading->pod_spec, "volumes"), "name");
        reading->failed |= reading->volumes.failed;
    }
    return item_index_find(&reading->volumes, name, strlen(name));
}

static bool read_propagation(struct pod_reading *reading, struct mount *mount)
{
    const char *text = json_string_or(mount->item, "mountPropagation", "None");
    char place[FIELD_PATH_SIZE];

    mount->propagation = "";
    field_path(place, "volumeMounts[%zu].mountPropagation", mount->index);
    if (strcmp(text, "HostToContainer") == 0)
        mount->propagation = "rslave";
    else if (strcmp(text, "Bidirectional") == 0)
        mount->propagation = "rshared";
    else if (strcmp(text, "None") != 0) {
        pod_error(reading, FIELD_NOT_SUPPORTED, place, text,
                  "supported values: \"None\", \"HostToContainer\", \"Bidirectional\"");
        return false;
    }
    if (*mount->propagation && !is_source(mount->volume, "hostPath")) {
        pod_error(reading, FIELD_FORBIDDEN, place, NULL, "only a hostPath can propagate mounts on a device");
        return false;
    }
    return true;
}

/* Whether a path leads out of its volume. */
static bool has_parent(const char *path)
{
    const char *at = path;

    while ((at = strstr(at, ".."))) {
        if ((at == path || at[-1] == '/') && (at[2] == '\0' || at[2] == '/'))
            return true;
        at += 2;
    }
    return false;
}

static bool read_sub_path(struct pod_reading *reading, struct mount *mount)
{
    char place[FIELD_PATH_SIZE];

    mount->sub_path = json_string_or(mount->item, "subPath", "");
    if (*json_string_or(mount->item, "subPathExpr", "")) {
        pod_error(reading, FIELD_FORBIDDEN, field_path(place, "volumeMounts[%zu].subPathExpr", mount->index), NULL,
                  "write the path itself as subPath: it is the same on every device");
        return false;
    }
    if (!*mount->sub_path)
        return true;
    field_path(place, "volumeMounts[%zu].subPath", mount->index);
    if (!is_source(mount->volume, "hostPath")) {
        pod_error(reading, FIELD_FORBIDDEN, place, NULL, "Docker mounts whole volumes; only a hostPath can have it");
        return false;
    }
    if (mount->sub_path[0] == '/' || has_parent(mount->sub_path)) {
        pod_error(reading, FIELD_INVALID, place, mount->sub_path, "must be a relative path without ..");
        return false;
    }
    return true;
}

/* Checks what all kinds of mounts have. */
static bool read_mount(struct pod_reading *reading, struct mount *mount)
{
    const char *name = json_string_or(mount->item, "name", "");
    char place[FIELD_PATH_SIZE];

    mount->path = json_string_or(mount->item, "mountPath", "");
    mount->volume = find_volume(reading, name);
    mount->read_only = json_bool(mount->item, "readOnly", false);
    if (!mount->volume) {
        pod_error(reading, FIELD_INVALID, field_path(place, "volumeMounts[%zu].name", mount->index), name,
                  "the pod has no volume of this name");
        return false;
    }
    if (mount->path[0] != '/' || strchr(mount->path, ':')) {
        pod_error(reading, FIELD_INVALID, field_path(place, "volumeMounts[%zu].mountPath", mount->index), mount->path,
                  "must be an absolute path without a colon");
        return false;
    }
    if (strcmp(json_string_or(mount->item, "recursiveReadOnly", "Disabled"), "Enabled") == 0) {
        pod_error(reading, FIELD_FORBIDDEN, field_path(place, "volumeMounts[%zu].recursiveReadOnly", mount->index),
                  NULL, "a device cannot promise it; readOnly alone is possible");
        return false;
    }
    return read_propagation(reading, mount) && read_sub_path(reading, mount);
}

static cJSON *add_mount(struct pod_reading *reading, const struct mount *mount, const char *type, const char *source)
{
    cJSON *list = pod_member_array(reading, pod_host_config(reading), "Mounts");
    cJSON *item = list ? cJSON_CreateObject() : NULL;

    if (!list)
        return NULL;
    if (!item || !cJSON_AddItemToArray(list, item)) {
        cJSON_Delete(item);
        reading->failed = true;
        return NULL;
    }
    pod_add_string(reading, item, "Type", type);
    if (*source)
        pod_add_string(reading, item, "Source", source);
    pod_add_string(reading, item, "Target", mount->path);
    if (mount->read_only)
        pod_add_true(reading, item, "ReadOnly");
    return item;
}

static void mount_host_path(struct pod_reading *reading, const struct mount *mount)
{
    const cJSON *source = json_get(mount->volume, "hostPath");
    const char *type = json_string_or(source, "type", "");
    cleanup_strbuf struct strbuf from = STRBUF_INIT;
    cleanup_strbuf struct strbuf bind = STRBUF_INIT;

    strbuf_add_string(&from, json_string_or(source, "path", ""));
    if (*mount->sub_path)
        strbuf_add_format(&from, "%s%s", from.length && from.data[from.length - 1] == '/' ? "" : "/", mount->sub_path);
    if (strcmp(type, "Directory") == 0 || strcmp(type, "File") == 0) {
        cJSON *item = add_mount(reading, mount, "bind", strbuf_string(&from));

        if (*mount->propagation)
            pod_add_string(reading, pod_member_object(reading, item, "BindOptions"), "Propagation", mount->propagation);
    } else {
        strbuf_add_format(&bind, "%s:%s", strbuf_string(&from), mount->path);
        if (mount->read_only || *mount->propagation)
            strbuf_add_format(&bind, ":%s%s%s", mount->read_only ? "ro" : "",
                              mount->read_only && *mount->propagation ? "," : "", mount->propagation);
        pod_append_string(reading, pod_member_array(reading, pod_host_config(reading), "Binds"), strbuf_string(&bind));
    }
    reading->failed |= from.failed || bind.failed;
}

static void mount_memory(struct pod_reading *reading, const struct mount *mount, const cJSON *source)
{
    cleanup_strbuf struct strbuf options = STRBUF_INIT;
    int64_t bytes;

    if (mount->read_only)
        strbuf_add_string(&options, "ro");
    if (quantity_read(json_get(source, "sizeLimit"), 0, &bytes))
        strbuf_add_format(&options, "%ssize=%lld", options.length ? "," : "", (long long)bytes);
    pod_add_string(reading, pod_member_object(reading, pod_host_config(reading), "Tmpfs"), mount->path,
                   strbuf_string(&options));
}

/* Other Deployments on the same device have volumes of the same name. */
static void mount_shared(struct pod_reading *reading, const struct mount *mount)
{
    const cJSON *metadata = json_get(reading->deployment, "metadata");
    cleanup_strbuf struct strbuf name = STRBUF_INIT;

    strbuf_add_format(&name, "%s_%s_%s", json_string_or(metadata, "namespace", "default"),
                      json_string_or(metadata, "name", ""), json_string_or(mount->volume, "name", ""));
    add_mount(reading, mount, "volume", strbuf_string(&name));
    reading->failed |= name.failed;
}

static void mount_empty_dir(struct pod_reading *reading, const struct mount *mount)
{
    const cJSON *source = json_get(mount->volume, "emptyDir");

    if (strcmp(json_string_or(source, "medium", ""), "Memory") == 0)
        mount_memory(reading, mount, source);
    else if (count_users(reading, json_string_or(mount->volume, "name", "")) > 1)
        mount_shared(reading, mount);
    else if (mount->read_only)
        add_mount(reading, mount, "volume", "");
    else
        pod_member_object(reading, pod_member_object(reading, pod_options(reading), "Volumes"), mount->path);
}

static void write_mount(struct pod_reading *reading, const struct mount *mount)
{
    if (is_source(mount->volume, "hostPath"))
        mount_host_path(reading, mount);
    else if (is_source(mount->volume, "emptyDir"))
        mount_empty_dir(reading, mount);
    else if (is_source(mount->volume, "persistentVolumeClaim"))
        add_mount(reading, mount, "volume",
                  json_string_or(json_get(mount->volume, "persistentVolumeClaim"), "claimName", ""));
}

static bool is_repeated(struct pod_reading *reading, const struct mount *mount)
{
    const cJSON *first = item_index_find(&reading->mount_paths, mount->path, strlen(mount->path));
    char place[FIELD_PATH_SIZE];

    if (!first || first == mount->item)
        return false;
    pod_error(reading, FIELD_DUPLICATE, field_path(place, "volumeMounts[%zu].mountPath", mount->index), mount->path,
              "%s", "");
    return true;
}

void volumes_read_mounts(struct pod_reading *reading)
{
    const cJSON *mounts = json_get(reading->container, "volumeMounts");
    struct mount mount = {.index = 0};

    for (const cJSON *item = cJSON_IsArray(mounts) ? mounts->child : NULL; item && !findings_is_full(reading->findings);
         item = item->next, mount.index++) {
        mount.item = item;
        if (is_token(json_string_or(item, "name", "")))
            continue;
        if (read_mount(reading, &mount) && !is_repeated(reading, &mount) && reading->wishes)
            write_mount(reading, &mount);
    }
}
