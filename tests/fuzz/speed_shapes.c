#include "tests/fuzz/speed_shapes.h"

#include "common/cleanup.h"

#include <string.h>

/* --- what a table of strings cannot say --- */

static void write_repeated(struct strbuf *out, const char *text, size_t count)
{
    while (count--)
        strbuf_add_string(out, text);
}

/* Lists within lists, as deep as may be, again and again. */
static void write_deep_lists(struct strbuf *out, size_t size)
{
    strbuf_add_string(out, "{\"Deep\":[0");
    while (out->length < size) {
        strbuf_add_char(out, ',');
        write_repeated(out, "[", 60);
        write_repeated(out, "]", 60);
    }
    strbuf_add_string(out, "]}");
}

static void write_deep_objects(struct strbuf *out, size_t size)
{
    strbuf_add_string(out, "{\"Deep\":[0");
    while (out->length < size) {
        strbuf_add_char(out, ',');
        write_repeated(out, "{\"a\":", 60);
        strbuf_add_char(out, '0');
        write_repeated(out, "}", 60);
    }
    strbuf_add_string(out, "]}");
}

static void write_host_config_in_itself(struct strbuf *out, size_t size)
{
    strbuf_add_string(out, "{\"HostConfig\":{\"Mounts\":[0");
    while (out->length < size) {
        strbuf_add_char(out, ',');
        write_repeated(out, "{\"VolumeOptions\":", 50);
        strbuf_add_char(out, '0');
        write_repeated(out, "}", 50);
    }
    strbuf_add_string(out, "]}}");
}

static void write_routes_in_depth(struct strbuf *out, size_t size)
{
    strbuf_add_string(out, "{\"routes\":{\"r\":[0");
    while (out->length < size) {
        strbuf_add_char(out, ',');
        write_repeated(out, "{\"route\":", 55);
        strbuf_add_char(out, '0');
        write_repeated(out, "}", 55);
    }
    strbuf_add_string(out, "]}}");
}

static void write_parentheses(struct strbuf *out, size_t size)
{
    write_repeated(out, "(", size / 2);
    strbuf_add_string(out, "tags.a='x'");
    write_repeated(out, ")", size / 2);
}

static void write_route_parentheses(struct strbuf *out, size_t size)
{
    strbuf_add_string(out, "FROM /* WHERE ");
    write_repeated(out, "(", size / 2);
    strbuf_add_string(out, "a='x'");
    write_repeated(out, ")", size / 2);
    strbuf_add_string(out, " INTO $upstream");
}

/* Each block deeper than the one before, up to the depth that is read. */
static void write_yaml_stairs(struct strbuf *out, size_t size)
{
    while (out->length < size) {
        for (int i = 0; i < 60; i++) {
            for (int k = 0; k < i; k++)
                strbuf_add_char(out, ' ');
            strbuf_add_string(out, "a:\n");
        }
        strbuf_add_string(out, "---\n");
    }
}

static void write_yaml_flow_depth(struct strbuf *out, size_t size)
{
    strbuf_add_char(out, '[');
    while (out->length < size) {
        write_repeated(out, "[", 60);
        write_repeated(out, "]", 60);
        strbuf_add_string(out, ",\n");
    }
    strbuf_add_string(out, "]\n");
}

/* A list that is large, and one alias of it. */
static void write_yaml_large_alias(struct strbuf *out, size_t size)
{
    strbuf_add_string(out, "a: &a\n");
    while (out->length < size)
        strbuf_add_string(out, "- text of a line\n");
    strbuf_add_string(out, "b: *a\n");
}

/* --- the table --- */

#define POD                                                                                                            \
    "\"nodeSelector\":{\"type\":\"virtual-kubelet\"},\"tolerations\":[{\"key\":\"virtual-kubelet.io/provider\","       \
    "\"operator\":\"Equal\",\"value\":\"iotedge\",\"effect\":\"NoSchedule\"},{\"key\":\"iot-edge-connector/edge\","    \
    "\"operator\":\"Exists\",\"effect\":\"NoSchedule\"},{\"key\":\"node.kubernetes.io/network-unavailable\","          \
    "\"operator\":\"Exists\",\"effect\":\"NoSchedule\"},{\"key\":\"node.kubernetes.io/not-ready\",\"operator\":"       \
    "\"Exists\"},{\"key\":\"node.kubernetes.io/unreachable\",\"operator\":\"Exists\"}],\"affinity\":"                  \
    "{\"podAntiAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":[{\"labelSelector\":{\"matchLabels\":"   \
    "{\"app\":\"a\"}},\"topologyKey\":\"kubernetes.io/hostname\"}]}},\"schedulingGates\":[{\"name\":"                  \
    "\"iot-edge-connector/placement\"}]"
#define SPEC                                                                                                           \
    "\"spec\":{\"replicas\":1,\"progressDeadlineSeconds\":3600,\"selector\":{\"matchLabels\":{\"app\":\"a\"}},"        \
    "\"strategy\":{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"maxSurge\":0,\"maxUnavailable\":\"100%\"}},"
#define ANNOTATIONS(condition)                                                                                         \
    "\"isEdgeDeployment\":\"true\",\"targetCondition\":\"" condition "\",\"priority\":\"10\",\"loggingOptions\":\"\"," \
    "\"sidecar.istio.io/inject\":\"false\""
#define TEMPLATE_METADATA(condition)                                                                                   \
    "\"metadata\":{\"labels\":{\"app\":\"a\"},\"annotations\":{" ANNOTATIONS(condition) "}}"
#define METADATA "{\"metadata\":{\"name\":\"a\",\"namespace\":\"default\"},"
#define HEAD     METADATA SPEC "\"template\":{" TEMPLATE_METADATA("tags.a='x'") ",\"spec\":{" POD ",\"containers\":["
#define TAIL     "]}}}}"
/* A Deployment with something in a container; with something in the pod beside one container. */
#define CONTAINER(what)   HEAD "{\"name\":\"mod\",\"image\":\"registry.example/m:1\",\"" what "\":["
#define CONTAINER_END     "]}" TAIL
#define POD_LIST(what)    HEAD "{\"name\":\"mod\",\"image\":\"registry.example/m:1\"}],\"" what "\":["
#define POD_LIST_END      "]}}}}"
#define TRANSLATED(what)  "{\"deployment\":" what
#define OF_CONFIG_MAPS(x) ",\"configMaps\":" x "}"

#define S(target, name, before, item, between, after)                                                                  \
    {                                                                                                                  \
        SPEED_##target, name, before, item, between, after, NULL                                                       \
    }
#define W(target, name, function)                                                                                      \
    {                                                                                                                  \
        SPEED_##target, name, NULL, NULL, NULL, NULL, function                                                         \
    }

const struct speed_shape speed_shapes[] = {
    /* JSON of any kind, where nobody looks at it */
    S(REVIEW, "digits", METADATA "\"x\":[", "1", ",", "]}"),
    S(REVIEW, "fractions", METADATA "\"x\":[", "0.12345678901234567", ",", "]}"),
    S(REVIEW, "numbers of 60 digits", METADATA "\"x\":[",
      "123456789012345678901234567890.12345678901234567890123456e-200", ",", "]}"),
    S(REVIEW, "empty strings", METADATA "\"x\":[", "\"\"", ",", "]}"),
    S(REVIEW, "empty objects", METADATA "\"x\":[", "{}", ",", "]}"),
    S(REVIEW, "empty lists", METADATA "\"x\":[", "[]", ",", "]}"),
    S(REVIEW, "words", METADATA "\"x\":[", "true", ",", "]}"),
    S(REVIEW, "one-letter members", METADATA "\"x\":{", "\"~\":1", ",", "}}"),
    S(REVIEW, "empty members", METADATA "\"x\":{", "\"\":1", ",", "}}"),
    S(REVIEW, "objects of one member", METADATA "\"x\":[", "{\"\":1}", ",", "]}"),
    S(REVIEW, "blanks", METADATA "\"x\":[", " ", " ", "1]}"),
    S(REVIEW, "escapes", METADATA "\"x\":\"", "\\u00e9", "\\n", "\"}"),
    S(REVIEW, "surrogate pairs", METADATA "\"x\":\"", "\\ud83d\\ude00", "", "\"}"),
    S(REVIEW, "quotes in text", METADATA "\"x\":\"", "\\\"", "", "\"}"),
    S(REVIEW, "one text", METADATA "\"x\":\"", "text ", "", "\"}"),
    W(REVIEW, "deep lists", write_deep_lists),
    W(REVIEW, "deep objects", write_deep_objects),
    S(UPDATE, "members in a plain Deployment", METADATA "\"spec\":{", "\"~\":1", ",", "}}"),

    /* Deployments */
    S(REVIEW, "containers", HEAD, "{\"name\":\"m#\",\"image\":\"registry.example/m:1\"}", ",", TAIL),
    S(UPDATE, "containers", HEAD, "{\"name\":\"m#\",\"image\":\"registry.example/m:1\"}", ",", TAIL),
    S(REVIEW, "containers without anything", HEAD, "{}", ",", TAIL),
    S(REVIEW, "containers that are numbers", HEAD, "1", ",", TAIL),
    S(REVIEW, "containers of one name", HEAD, "{\"name\":\"mod\",\"image\":\"x\"}", ",", TAIL),
    S(REVIEW, "containers with bad images", HEAD, "{\"name\":\"m#\",\"image\":\"A B\"}", ",", TAIL),
    S(REVIEW, "containers with a reason to warn", HEAD,
      "{\"name\":\"m#\",\"image\":\"x\",\"tty\":true,\"foo\":1,\"lifecycle\":{\"a\":1}}", ",", TAIL),
    S(REVIEW, "containers with all kinds of mistakes", HEAD,
      "{\"name\":\"M_#\",\"image\":\"\",\"env\":[{}],\"ports\":[{}],\"volumeMounts\":[{}],\"resources\":{\"limits\":"
      "{\"cpu\":\"x\"}}}",
      ",", TAIL),
    S(REVIEW, "unknown fields of a container", HEAD "{\"name\":\"mod\",", "\"f#\":1", ",", "}" TAIL),
    S(REVIEW, "unknown fields of the pod", HEAD "{\"name\":\"mod\",\"image\":\"x\"}],", "\"f#\":1", ",", "}}}}"),
    S(REVIEW, "env", CONTAINER("env"), "{\"name\":\"V#\",\"value\":\"x\"}", ",", CONTAINER_END),
    S(REVIEW, "env of one name", CONTAINER("env"), "{\"name\":\"V\",\"value\":\"x\"}", ",", CONTAINER_END),
    S(REVIEW, "env without names", CONTAINER("env"), "{}", ",", CONTAINER_END),
    S(REVIEW, "env with numbers", CONTAINER("env"), "{\"name\":\"V#\",\"value\":1}", ",", CONTAINER_END),
    S(REVIEW, "env with references", CONTAINER("env"), "{\"name\":\"V#\",\"value\":\"$(V1)\"}", ",", CONTAINER_END),
    S(REVIEW, "env with unknown references", CONTAINER("env"), "{\"name\":\"V#\",\"value\":\"$(X#)\"}", ",",
      CONTAINER_END),
    S(REVIEW, "env from ConfigMaps", CONTAINER("env"),
      "{\"name\":\"V#\",\"valueFrom\":{\"configMapKeyRef\":{\"name\":\"c\",\"key\":\"k#\"}}}", ",", CONTAINER_END),
    S(REVIEW, "env from Secrets", CONTAINER("env"),
      "{\"name\":\"V#\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"c\",\"key\":\"k#\"}}}", ",", CONTAINER_END),
    S(REVIEW, "env from fields", CONTAINER("env"),
      "{\"name\":\"V#\",\"valueFrom\":{\"fieldRef\":{\"fieldPath\":\"metadata.name\"}}}", ",", CONTAINER_END),
    S(REVIEW, "env from nothing", CONTAINER("env"), "{\"name\":\"V#\",\"valueFrom\":{\"x\":1}}", ",", CONTAINER_END),
    S(REVIEW, "one value with references", CONTAINER("env") "{\"name\":\"V\",\"value\":\"", "$(V)", "",
      "\"}" CONTAINER_END),
    S(REVIEW, "one value with unknown references", CONTAINER("env") "{\"name\":\"V\",\"value\":\"", "$(X)", "",
      "\"}" CONTAINER_END),
    S(REVIEW, "one value with open references", CONTAINER("env") "{\"name\":\"V\",\"value\":\"", "$(", "",
      "\"}" CONTAINER_END),
    S(REVIEW, "envFrom", CONTAINER("envFrom"), "{\"configMapRef\":{\"name\":\"c#\"}}", ",", CONTAINER_END),
    S(REVIEW, "args with references", CONTAINER("args"), "\"$(A)\"", ",", CONTAINER_END),
    S(REVIEW, "args", CONTAINER("args"), "\"a\"", ",", CONTAINER_END),
    S(REVIEW, "args that are numbers", CONTAINER("args"), "1", ",", CONTAINER_END),
    S(REVIEW, "ports", CONTAINER("ports"), "{\"containerPort\":#,\"hostPort\":#}", ",", CONTAINER_END),
    S(REVIEW, "ports of one number", CONTAINER("ports"), "{\"containerPort\":80,\"hostPort\":80}", ",", CONTAINER_END),
    S(REVIEW, "ports without anything", CONTAINER("ports"), "{}", ",", CONTAINER_END),
    S(REVIEW, "ports with bad names", CONTAINER("ports"), "{\"containerPort\":#,\"name\":\"a\",\"protocol\":\"x\"}",
      ",", CONTAINER_END),
    S(REVIEW, "volumeMounts", CONTAINER("volumeMounts"), "{\"name\":\"v#\",\"mountPath\":\"/a#\"}", ",", CONTAINER_END),
    S(REVIEW, "volumeMounts of one path", CONTAINER("volumeMounts"), "{\"name\":\"v\",\"mountPath\":\"/a\"}", ",",
      CONTAINER_END),
    S(REVIEW, "volumes", POD_LIST("volumes"), "{\"name\":\"v#\",\"emptyDir\":{}}", ",", POD_LIST_END),
    S(REVIEW, "volumes of one name", POD_LIST("volumes"), "{\"name\":\"v\",\"hostPath\":{\"path\":\"x\"}}", ",",
      POD_LIST_END),
    S(REVIEW, "volumes without anything", POD_LIST("volumes"), "{}", ",", POD_LIST_END),
    S(REVIEW, "claims", POD_LIST("volumes"), "{\"name\":\"v#\",\"persistentVolumeClaim\":{\"claimName\":\"c\"}}", ",",
      POD_LIST_END),
    S(REVIEW, "initContainers", POD_LIST("initContainers"), "{\"name\":\"i#\",\"image\":\"x\"}", ",", POD_LIST_END),
    S(REVIEW, "imagePullSecrets", POD_LIST("imagePullSecrets"), "{\"name\":\"s#\"}", ",", POD_LIST_END),
    S(REVIEW, "hostAliases", POD_LIST("hostAliases"), "{\"ip\":\"1.2.3.4\",\"hostnames\":[\"a#\"]}", ",", POD_LIST_END),
    S(REVIEW, "more tolerations",
      METADATA SPEC "\"template\":{" TEMPLATE_METADATA("tags.a='x'") ",\"spec\":{\"containers\":[{\"name\":\"mod\","
                                                                     "\"image\":\"x\"}],\"tolerations\":[",
      "{\"key\":\"k#\",\"operator\":\"Exists\"}", ",", "]}}}}"),
    S(REVIEW, "anti-affinity terms",
      METADATA SPEC
      "\"template\":{" TEMPLATE_METADATA("tags.a='x'") ",\"spec\":{\"containers\":[{\"name\":\"mod\",\"image\":\"x\"}],"
                                                       "\"affinity\":{\"podAntiAffinity\":"
                                                       "{\"requiredDuringSchedulingIgnoredDuringExecution\":[",
      "{\"labelSelector\":{\"matchLabels\":{\"app\":\"b\"}},\"topologyKey\":\"kubernetes.io/hostname\"}", ",",
      "]}}}}}}"),
    S(REVIEW, "labels",
      METADATA SPEC "\"template\":{\"metadata\":{\"annotations\":{" ANNOTATIONS("tags.a='x'") "},\"labels\":{\"app\":"
                                                                                              "\"a\",",
      "\"l#\":\"x\"", ",", "}},\"spec\":{" POD ",\"containers\":[{\"name\":\"mod\",\"image\":\"x\"}]}}}}"),
    S(REVIEW, "annotations of the template",
      METADATA SPEC
      "\"template\":{\"metadata\":{\"labels\":{\"app\":\"a\"},\"annotations\":{" ANNOTATIONS("tags.a='x'") ",",
      "\"a#\":\"x\"", ",", "}},\"spec\":{" POD ",\"containers\":[{\"name\":\"mod\",\"image\":\"x\"}]}}}}"),
    S(REVIEW, "annotations of ours that do not exist", "{\"metadata\":{\"name\":\"a\",\"annotations\":{",
      "\"iot-edge-connector/layere#\":\"x\"", ",",
      "}}," SPEC "\"template\":{" TEMPLATE_METADATA(
          "tags.a='x'") ",\"spec\":{" POD ",\"containers\":[{\"name\":\"mod\",\"image\":\"x\"}]}}}}"),
    S(REVIEW, "a target condition of many ORs",
      METADATA SPEC "\"template\":{\"metadata\":{\"labels\":{\"app\":\"a\"},\"annotations\":{\"isEdgeDeployment\":"
                    "\"true\",\"targetCondition\":\"",
      "tags.a='~'", " OR ", "\"}},\"spec\":{\"containers\":[{\"name\":\"mod\",\"image\":\"x\"}]}}}}"),

    /* ConfigMaps */
    S(CONFIG_MAP, "unknown keys", "{\"createOptions\":\"{}\",", "\"k#\":\"x\"", ",", "}"),
    S(CONFIG_MAP, "keys that are nearly known", "{\"createOptions\":\"{}\",", "\"createOption#\":\"\"", ",", "}"),
    S(CONFIG_MAP, "foreign keys", "{", "\"k#\":\"x\"", ",", "}"),
    S(CONFIG_MAP, "digits as data", "{\"createOptions\":[", "1", ",", "]}"),
    S(EDGE_HUB, "routes", "{\"routes\":{", "\"r#\":\"FROM /messages/* INTO $upstream\"", ",", "}}"),
    S(EDGE_HUB, "routes with conditions", "{\"routes\":{",
      "\"r#\":\"FROM /messages/modules/a/outputs/b WHERE a.b > 5 AND c = 'x' INTO "
      "BrokeredEndpoint(\\\"/modules/b/inputs/"
      "c\\\")\"",
      ",", "}}"),
    S(EDGE_HUB, "bad routes", "{\"routes\":{", "\"r#\":\"FROM\"", ",", "}}"),
    S(EDGE_HUB, "empty routes", "{\"routes\":{", "\"~\":\"\"", ",", "}}"),
    S(EDGE_HUB, "routes to warn of", "{\"routes\":{", "\"r#\":\"FROM /messages/x/* INTO $upstream\"", ",", "}}"),
    S(EDGE_HUB, "routes that are digits", "{\"routes\":{", "\"~\":1", ",", "}}"),
    S(EDGE_HUB, "a list of digits", "{\"routes\":[", "1", ",", "]}"),
    S(EDGE_HUB, "routes as objects", "{\"routes\":{", "\"r#\":{\"route\":\"FROM /* INTO $upstream\",\"priority\":1}",
      ",", "}}"),
    S(EDGE_HUB, "empty objects as routes", "{\"routes\":{", "\"~\":{}", ",", "}}"),
    S(EDGE_HUB, "unknown members of routes", "{\"routes\":{\"r\":{", "\"rout#\":1", ",", "}}}"),
    S(EDGE_HUB, "unknown members", "{", "\"~\":1", ",", "}"),
    S(EDGE_HUB, "members that are nearly known", "{", "\"schemaVersio#\":1", ",", "}"),
    S(EDGE_HUB, "unknown store members", "{\"storeAndForwardConfiguration\":{", "\"timeToLiveSec#\":1", ",", "}}"),
    W(EDGE_HUB, "nested objects", write_deep_objects),
    W(EDGE_HUB, "nested lists", write_deep_lists),
    W(EDGE_HUB, "nested routes", write_routes_in_depth),
    S(EDGE_HUB, "one long route", "{\"routes\":{\"r\":\"FROM /* WHERE ", "a=1", " OR ", " INTO $upstream\"}}"),
    S(EDGE_AGENT, "unknown members", "{", "\"~\":1", ",", "}"),
    S(EDGE_AGENT, "system modules", "{\"systemModules\":{", "\"edgeHu#\":{}", ",", "}}"),
    S(EDGE_AGENT, "env", "{\"systemModules\":{\"edgeHub\":{\"env\":{", "\"~\":{\"value\":\"x\"}", ",", "}}}}"),
    S(EDGE_AGENT, "bad env", "{\"systemModules\":{\"edgeHub\":{\"env\":{", "\"~\":1", ",", "}}}}"),
    S(EDGE_AGENT, "registries", "{\"runtime\":{\"settings\":{\"registryCredentials\":{",
      "\"~\":{\"address\":\"a#.example\",\"username\":\"u\",\"password\":\"p\"}", ",", "}}}}"),
    S(EDGE_AGENT, "empty registries", "{\"runtime\":{\"settings\":{\"registryCredentials\":{", "\"~\":{}", ",", "}}}}"),
    S(EDGE_AGENT, "createOptions", "{\"systemModules\":{\"edgeHub\":{\"settings\":{\"createOptions\":\"{\\\"Cmd\\\":[",
      "1", ",", "]}\"}}}}"),
    S(EDGE_AGENT, "pieces of createOptions", "{\"systemModules\":{\"edgeHub\":{\"settings\":{",
      "\"createOptions#\":\"x\"", ",", "}}}}"),
    S(DESIRED, "members", "{", "\"~\":\"x\"", ",", "}"),
    S(DESIRED, "digits", "{", "\"~\":1", ",", "}"),
    S(DESIRED, "a list of digits", "{\"a\":[", "1", ",", "]}"),
    S(DESIRED, "null", "{", "\"~\":null", ",", "}"),
    S(DESIRED, "bad names", "{", "\".~\":1", ",", "}"),
    S(DESIRED, "empty objects", "{", "\"~\":{}", ",", "}"),
    S(DESIRED, "objects of an object", "{", "\"~\":{\"a\":{\"b\":1}}", ",", "}"),
    W(DESIRED, "nested objects", write_deep_objects),
    W(DESIRED, "nested lists", write_deep_lists),
    S(DESIRED, "one text", "{\"a\":\"", "text ", "", "\"}"),
    S(ENV, "variables", "{", "\"~\":\"x\"", ",", "}"),
    S(ENV, "digits", "{", "\"~\":1", ",", "}"),
    S(ENV, "objects", "{", "\"~\":{\"value\":\"x\"}", ",", "}"),
    S(ENV, "empty objects", "{", "\"~\":{}", ",", "}"),
    S(ENV, "unknown members", "{", "\"~\":{\"valu\":1}", ",", "}"),
    S(ENV, "lists", "{", "\"~\":[]", ",", "}"),
    S(ENV, "one list of digits", "{\"a\":[", "1", ",", "]}"),

    /* createOptions */
    S(CREATE_OPTIONS, "unknown names", "{", "\"name#\":1", ",", "}"),
    S(CREATE_OPTIONS, "short unknown names", "{", "\"~\":1", ",", "}"),
    S(CREATE_OPTIONS, "nearly known names", "{", "\"Hostnam#\":1", ",", "}"),
    S(CREATE_OPTIONS, "nearly known names in HostConfig", "{\"HostConfig\":{", "\"PidsLimi#\":1", ",", "}}"),
    S(CREATE_OPTIONS, "one name again and again", "{", "\"Env\":1", ",", "}"),
    S(CREATE_OPTIONS, "names in other case", "{", "\"\\u0065nv#\":1", ",", "}"),
    S(CREATE_OPTIONS, "digits", "{\"Cmd\":[", "1", ",", "]}"),
    S(CREATE_OPTIONS, "digits that nobody reads", "{\"x\":[", "1", ",", "]}"),
    S(CREATE_OPTIONS, "empty strings", "{\"Cmd\":[", "\"\"", ",", "]}"),
    S(CREATE_OPTIONS, "empty objects", "{\"x\":[", "{}", ",", "]}"),
    S(CREATE_OPTIONS, "blanks", "{\"Cmd\":[", " ", " ", "\"\"]}"),
    S(CREATE_OPTIONS, "digits with blanks", "{\"Cmd\":[", "1 ", ", ", "]}"),
    S(CREATE_OPTIONS, "escapes", "{\"Cmd\":[\"", "\\u00e9", "\\n", "\"]}"),
    S(CREATE_OPTIONS, "names with escapes", "{", "\"\\u0061~\":1", ",", "}"),
    S(CREATE_OPTIONS, "one text", "{\"Cmd\":[\"", "text ", "", "\"]}"),
    S(CREATE_OPTIONS, "letters of Unicode", "{\"Cmd\":[\"", "\xc3\xa9\xe2\x82\xac", "", "\"]}"),
    S(CREATE_OPTIONS, "Env", "{\"Env\":[", "\"V#=x\"", ",", "]}"),
    S(CREATE_OPTIONS, "Env of one name", "{\"Env\":[", "\"V=x\"", ",", "]}"),
    S(CREATE_OPTIONS, "empty Env", "{\"Env\":[", "\"\"", ",", "]}"),
    S(CREATE_OPTIONS, "bad Env", "{\"Env\":[", "\"=\"", ",", "]}"),
    S(CREATE_OPTIONS, "capabilities", "{\"HostConfig\":{\"CapAdd\":[", "\"NET_ADMI#\"", ",", "]}}"),
    S(CREATE_OPTIONS, "Binds", "{\"HostConfig\":{\"Binds\":[", "\"/a:/b#\"", ",", "]}}"),
    S(CREATE_OPTIONS, "Binds of one place", "{\"HostConfig\":{\"Binds\":[", "\"/a:/b\"", ",", "]}}"),
    S(CREATE_OPTIONS, "bad Binds", "{\"HostConfig\":{\"Binds\":[", "\"a\"", ",", "]}}"),
    S(CREATE_OPTIONS, "Mounts", "{\"HostConfig\":{\"Mounts\":[",
      "{\"Type\":\"volume\",\"Source\":\"v\",\"Target\":\"/a#\"}", ",", "]}}"),
    S(CREATE_OPTIONS, "empty Mounts", "{\"HostConfig\":{\"Mounts\":[", "{}", ",", "]}}"),
    S(CREATE_OPTIONS, "mistyped Mounts", "{\"HostConfig\":{\"Mounts\":[",
      "{\"Type\":[],\"Target\":{},\"ReadOnly\":\"x\"}", ",", "]}}"),
    S(CREATE_OPTIONS, "Mounts with corrected types", "{\"HostConfig\":{\"Mounts\":[",
      "{\"Type\":1,\"Target\":1,\"ReadOnly\":1}", ",", "]}}"),
    S(CREATE_OPTIONS, "Mounts in other case", "{\"HostConfig\":{\"Mounts\":[",
      "{\"type\":\"volume\",\"target\":\"/a#\"}", ",", "]}}"),
    S(CREATE_OPTIONS, "Mounts with unknown names", "{\"HostConfig\":{\"Mounts\":[", "{\"Typ\":1,\"Tar\":1}", ",",
      "]}}"),
    S(CREATE_OPTIONS, "Mounts with empty options", "{\"HostConfig\":{\"Mounts\":[",
      "{\"BindOptions\":{},\"TmpfsOptions\":{}}", ",", "]}}"),
    S(CREATE_OPTIONS, "Devices as strings", "{\"HostConfig\":{\"Devices\":[", "\"/dev/x\"", ",", "]}}"),
    S(CREATE_OPTIONS, "Ulimits", "{\"HostConfig\":{\"Ulimits\":[", "{\"Name\":\"x\",\"Soft\":2,\"Hard\":1}", ",",
      "]}}"),
    S(CREATE_OPTIONS, "Sysctls", "{\"HostConfig\":{\"Sysctls\":{", "\"~\":1", ",", "}}}"),
    S(CREATE_OPTIONS, "Labels", "{\"Labels\":{", "\"~\":\"\"", ",", "}}"),
    S(CREATE_OPTIONS, "mistyped Labels", "{\"Labels\":{", "\"~\":[]", ",", "}}"),
    S(CREATE_OPTIONS, "ExposedPorts", "{\"ExposedPorts\":{", "\"#/tcp\":{}", ",", "}}"),
    S(CREATE_OPTIONS, "bad ExposedPorts", "{\"ExposedPorts\":{", "\"~\":{}", ",", "}}"),
    S(CREATE_OPTIONS, "ports without protocol", "{\"ExposedPorts\":{", "\"#\":{}", ",", "}}"),
    S(CREATE_OPTIONS, "PortBindings", "{\"HostConfig\":{\"PortBindings\":{", "\"#/tcp\":[{\"HostPort\":\"#\"}]", ",",
      "}}}"),
    S(CREATE_OPTIONS, "PortBindings of one port", "{\"HostConfig\":{\"PortBindings\":{\"80/tcp\":[",
      "{\"HostPort\":\"80\"}", ",", "]}}}"),
    S(CREATE_OPTIONS, "bad PortBindings", "{\"HostConfig\":{\"PortBindings\":{", "\"~\":[{\"HostPort\":\"x\"}]", ",",
      "}}}"),
    S(CREATE_OPTIONS, "networks", "{\"NetworkingConfig\":{\"EndpointsConfig\":{", "\"n#\":{\"Aliases\":[1]}", ",",
      "}}}"),
    W(CREATE_OPTIONS, "nested lists", write_deep_lists),
    W(CREATE_OPTIONS, "nested objects", write_deep_objects),
    W(CREATE_OPTIONS, "nested options", write_host_config_in_itself),

    /* target conditions */
    S(CONDITION, "ORs", "", "tags.a='~'", " OR ", ""),
    S(CONDITION, "ANDs", "", "tags.a#='x'", " AND ", ""),
    S(CONDITION, "ANDs of one field", "", "tags.a='~'", " AND ", ""),
    S(CONDITION, "short ORs", "", "tags.a=1", " or ", ""),
    S(CONDITION, "NOTs", "", "NOT ", "", "tags.a=1"),
    S(CONDITION, "ORs in parentheses", "", "(tags.a='~')", " OR ", ""),
    S(CONDITION, "ANDs of ORs", "", "(tags.a='~' OR tags.b='~')", " AND ", ""),
    S(CONDITION, "reported properties", "", "properties.reported.a.b.c.d.e > 5", " AND ", ""),
    S(CONDITION, "a long name", "tags.", "a", "", "=1"),
    S(CONDITION, "a path", "tags", ".a", "", "=1"),
    S(CONDITION, "a long text", "tags.a='", "text ", "", "'"),
    S(CONDITION, "doubled quotes", "tags.a='", "''", "", "'"),
    S(CONDITION, "an open text", "tags.a='", "x", "", ""),
    S(CONDITION, "IN", "tags.a IN [", "'~'", ",", "]"),
    S(CONDITION, "blanks", "tags.a", " ", "", "=1"),
    W(CONDITION, "parentheses", write_parentheses),

    /* routes */
    S(ROUTE, "ORs", "FROM /* WHERE ", "a='~'", " OR ", " INTO $upstream"),
    S(ROUTE, "comparisons of numbers", "FROM /* WHERE ", "a<1", " AND ", " INTO $upstream"),
    S(ROUTE, "sums", "FROM /* WHERE a=", "1", "+", " INTO $upstream"),
    S(ROUTE, "nots", "FROM /* WHERE ", "NOT ", "", "a INTO $upstream"),
    S(ROUTE, "minus signs", "FROM /* WHERE a=", "-", " ", "1 INTO $upstream"),
    S(ROUTE, "ORs of systems", "FROM /* WHERE ", "$body.a.b='~'", " OR ", " INTO $upstream"),
    S(ROUTE, "functions", "FROM /* WHERE ", "startsWith(a,'~')", " OR ", " INTO $upstream"),
    S(ROUTE, "functions of functions", "FROM /* WHERE a=", "concat(", "'~',", " INTO $upstream"),
    S(ROUTE, "arguments", "FROM /* WHERE a=concat(", "'~'", ",", ") INTO $upstream"),
    S(ROUTE, "a long source", "FROM /messages/modules/", "a", "", "/* INTO $upstream"),
    S(ROUTE, "steps of a source", "FROM /messages", "/a", "", " INTO $upstream"),
    S(ROUTE, "a long sink", "FROM /* INTO BrokeredEndpoint(\"/modules/", "a", "", "/inputs/b\")"),
    S(ROUTE, "comments", "FROM /* ", "/* x */ ", "", "INTO $upstream"),
    S(ROUTE, "lines", "FROM /*", "\n", "", "INTO $upstream"),
    S(ROUTE, "lines before a mistake", "", "\n", "", "x"),
    S(ROUTE, "a long text", "FROM /* WHERE a='", "text ", "", "' INTO $upstream"),
    S(ROUTE, "an open text", "FROM /* WHERE a='", "x", "", ""),
    S(ROUTE, "escapes", "FROM /* WHERE a='", "\\'", "", "' INTO $upstream"),
    S(ROUTE, "a path", "FROM /* WHERE a", ".a", "", "=1 INTO $upstream"),
    W(ROUTE, "parentheses", write_route_parentheses),

    /* YAML */
    S(YAML, "a list of letters", "[", "a", ",", "]\n"),
    S(YAML, "a list of digits", "[", "1", ", ", "]\n"),
    S(YAML, "items", "", "- a\n", "", ""),
    S(YAML, "members", "", "k#: value\n", "", ""),
    S(YAML, "short members", "", "~: 1\n", "", ""),
    S(YAML, "members in braces", "{", "k#: v", ", ", "}\n"),
    S(YAML, "containers", "a:\n", "- name: m#\n  image: registry.example/m:1\n  env:\n  - {name: A, value: b}\n", "",
      ""),
    S(YAML, "documents", "", "---\na: 1\n", "", ""),
    S(YAML, "empty documents", "", "---\n", "", ""),
    S(YAML, "comments", "a: 1\n", "# comment\n", "", ""),
    S(YAML, "empty lines", "a: 1\n", "\n", "", ""),
    S(YAML, "blanks", "a: [", " ", "", "]\n"),
    S(YAML, "a block of text", "a: |\n", "  text of a line\n", "", ""),
    S(YAML, "a folded text", "a: >\n", "  text of a line\n", "", ""),
    S(YAML, "a plain text", "a: ", "text ", "", "\n"),
    S(YAML, "a plain text of many lines", "a: text\n", "  text of a line\n", "", ""),
    S(YAML, "a quoted text", "a: '", "text ''of'' a line ", "", "'\n"),
    S(YAML, "escapes", "a: \"", "\\u00e9", "\\n", "\"\n"),
    S(YAML, "letters of Unicode", "a: \"", "\xc3\xa9\xe2\x82\xac", "", "\"\n"),
    S(YAML, "anchors", "", "k#: &a# x\n", "", ""),
    S(YAML, "one anchor", "a: &a x\n", "k#: *a\n", "", ""),
    S(YAML, "merged members", "a: &a {b: 1, c: 2, d: 3}\n", "k#:\n  <<: *a\n", "", ""),
    S(YAML, "an alias of a list", "a: &a [b, b, b, b, b, b, b, b]\n", "k#: *a\n", "", ""),
    S(YAML, "aliases of aliases", "a: &a [b, b, b, b, b, b, b, b, b]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n",
      "k#: *b\n", "", ""),
    W(YAML, "a large alias", write_yaml_large_alias),
    S(YAML, "numbers", "", "- 0x#\n- 1e#\n- 0o17\n- 1_000\n", "", ""),
    S(YAML, "words", "", "- yes\n- ~\n- off\n- null\n", "", ""),
    S(YAML, "tags", "", "- !!str 1\n- !!int \"5\"\n", "", ""),
    S(YAML, "binary", "", "- !!binary aGVsbG8=\n", "", ""),
    S(YAML, "one name again and again", "", "k: 1\n", "", ""),
    S(YAML, "JSON", "{\"a\":[", "{\"name\":\"m#\",\"value\":\"x\"}", ",", "]}\n"),
    S(YAML, "JSON of digits", "{\"a\":[", "1", ",", "]}\n"),
    W(YAML, "stairs", write_yaml_stairs),
    W(YAML, "nested lists", write_yaml_flow_depth),

    /* the sync engine's translation */
    S(TRANSLATION, "containers", TRANSLATED(HEAD), "{\"name\":\"m#\",\"image\":\"registry.example/m:1\"}", ",",
      TAIL "}"),
    S(TRANSLATION, "env", TRANSLATED(CONTAINER("env")), "{\"name\":\"V#\",\"value\":\"x\"}", ",", CONTAINER_END "}"),
    S(TRANSLATION, "env with references", TRANSLATED(CONTAINER("env")), "{\"name\":\"V#\",\"value\":\"$(V1)$(V2)\"}",
      ",", CONTAINER_END "}"),
    S(TRANSLATION, "one value with references",
      TRANSLATED(CONTAINER("env")) "{\"name\":\"V\",\"value\":\"x\"},{\"name\":\"W\",\"value\":\"", "$(V)", "",
      "\"}" CONTAINER_END "}"),
    S(TRANSLATION, "doubling references", TRANSLATED(CONTAINER("env")) "{\"name\":\"V0\",\"value\":\"0123456789\"},",
      "{\"name\":\"V#\",\"value\":\"$(V0)$(V0)$(V0)$(V0)\"}", ",", CONTAINER_END "}"),
    S(TRANSLATION, "open references", TRANSLATED(CONTAINER("env")) "{\"name\":\"W\",\"value\":\"", "$(", "",
      "\"}" CONTAINER_END "}"),
    S(TRANSLATION, "args with references", TRANSLATED(CONTAINER("args")), "\"$(A)\"", ",", CONTAINER_END "}"),
    S(TRANSLATION, "ports", TRANSLATED(CONTAINER("ports")), "{\"containerPort\":#,\"hostPort\":#}", ",",
      CONTAINER_END "}"),
    S(TRANSLATION, "volumeMounts", TRANSLATED(CONTAINER("volumeMounts")), "{\"name\":\"v#\",\"mountPath\":\"/a#\"}",
      ",", CONTAINER_END "}"),
    S(TRANSLATION, "volumes", TRANSLATED(POD_LIST("volumes")), "{\"name\":\"v#\",\"hostPath\":{\"path\":\"/x\"}}", ",",
      POD_LIST_END "}"),
    S(TRANSLATION, "hostAliases", TRANSLATED(POD_LIST("hostAliases")), "{\"ip\":\"1.2.3.4\",\"hostnames\":[\"a#\"]}",
      ",", POD_LIST_END "}"),
    S(TRANSLATION, "envFrom",
      TRANSLATED(CONTAINER("envFrom") "{\"configMapRef\":{\"name\":\"c\"}}" CONTAINER_END) ",\"configMaps\":{\"c\":{",
      "\"~\":\"x\"", ",", "}}}"),
    S(TRANSLATION, "many envFrom", TRANSLATED(CONTAINER("envFrom")), "{\"configMapRef\":{\"name\":\"c\"}}", ",",
      CONTAINER_END ",\"configMaps\":{\"c\":{\"A\":\"x\",\"B\":\"y\"}}}"),
    S(TRANSLATION, "env of a ConfigMap", TRANSLATED(CONTAINER("env")),
      "{\"name\":\"V#\",\"valueFrom\":{\"configMapKeyRef\":{\"name\":\"c\",\"key\":\"A\"}}}", ",",
      CONTAINER_END ",\"configMaps\":{\"c\":{\"A\":\"x\",\"B\":\"y\"}}}"),
    S(TRANSLATION, "a module's env",
      TRANSLATED(HEAD "{\"name\":\"mod\",\"image\":\"x\"}" TAIL) ",\"configMaps\":{\"mod\":{\"env\":\"{", "\\\"~\\\":1",
      ",", "}\"}}}"),
    S(TRANSLATION, "a module's env beside its own",
      TRANSLATED(
          CONTAINER("env") "{\"name\":\"A\",\"value\":\"x\"}" CONTAINER_END) ",\"configMaps\":{\"mod\":{\"env\":\"{",
      "\\\"a~\\\":1", ",", "}\"}}}"),
    S(TRANSLATION, "desired properties",
      TRANSLATED(HEAD "{\"name\":\"mod\",\"image\":\"x\"}" TAIL) ",\"configMaps\":{\"mod\":{\"desiredProperties\":\"{",
      "\\\"~\\\":1", ",", "}\"}}}"),
    S(TRANSLATION, "routes",
      TRANSLATED(HEAD "{\"name\":\"mod\",\"image\":\"x\"}" TAIL) ",\"configMaps\":{\"edgehub\":{\"desiredProperties\":"
                                                                 "\"{\\\"routes\\\":{",
      "\\\"~\\\":\\\"FROM /* INTO $upstream\\\"", ",", "}}\"}}}"),
    S(TRANSLATION, "routes to modules",
      TRANSLATED(HEAD "{\"name\":\"mod\",\"image\":\"x\"}" TAIL) ",\"configMaps\":{\"edgehub\":{\"desiredProperties\":"
                                                                 "\"{\\\"routes\\\":{",
      "\\\"~\\\":\\\"FROM /messages/modules/a/* INTO BrokeredEndpoint('/modules/x/inputs/y')\\\"", ",", "}}\"}}}"),
    S(TRANSLATION, "createOptions beside env",
      TRANSLATED(CONTAINER(
          "volumeMounts") "{\"name\":\"v\",\"mountPath\":\"/"
                          "a\"}],\"args\":[\"x\"],\"command\":[\"y\"" CONTAINER_END) ",\"configMaps\":{\"mod\":{"
                                                                                     "\"createOptions\":\"{"
                                                                                     "\\\"HostConfig\\\":{"
                                                                                     "\\\"Binds\\\":[",
      "\\\"/a:/b#\\\"", ",", "]}}\"}}}"),
};
const size_t speed_shape_count = array_length(speed_shapes);

static void add_letters(struct strbuf *out, size_t number)
{
    for (; number; number /= 26)
        strbuf_add_char(out, (char)('a' + number % 26));
}

static void add_item(struct strbuf *out, const char *item, size_t number)
{
    for (; *item; item++) {
        if (*item == '#')
            strbuf_add_format(out, "%zu", number);
        else if (*item == '~')
            add_letters(out, number);
        else
            strbuf_add_char(out, *item);
    }
}

void speed_shape_write(const struct speed_shape *shape, size_t size, struct strbuf *out)
{
    if (shape->write) {
        shape->write(out, size);
        return;
    }
    strbuf_add_string(out, shape->before);
    for (size_t number = 1; number == 1 || out->length < size; number++) {
        if (number > 1)
            strbuf_add_string(out, shape->between);
        add_item(out, shape->item, number);
    }
    strbuf_add_string(out, shape->after);
}
