/* The program as a whole, in process: its files are written into a folder of their own. */
#include "cli/cli.h"
#include "common/file.h"
#include "tests/unit/translate_objects.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

struct outcome {
    enum cli_exit exit;
    char *out, *err;
};

static char folder[] = "/tmp/test_cli_run.XXXXXX";

static void outcome_release(struct outcome *outcome)
{
    free(outcome->out);
    free(outcome->err);
}

#define cleanup_outcome __attribute__((cleanup(outcome_release)))

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status, (void)kind, (void)place;
    return remove(path);
}

static int leave_folder(void **state)
{
    (void)state;
    return chdir("/") == 0 ? nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) : -1;
}

static void write_file(const char *name, const char *text)
{
    assert_int_equal(file_write(name, text, strlen(text), 0600, NULL), 0);
}

#define RUN(...) run((const char *const[]){"kubectl-iotedge", __VA_ARGS__, NULL})

static struct outcome run(const char *const *words)
{
    struct outcome outcome = {CLI_OK, NULL, NULL};
    size_t out_size, err_size;
    FILE *out = open_memstream(&outcome.out, &out_size);
    FILE *err = open_memstream(&outcome.err, &err_size);
    int count = 0;

    assert_true(out && err);
    while (words[count])
        count++;
    outcome.exit = cli_run(count, (char *const *)words, out, err);
    fclose(out);
    fclose(err);
    return outcome;
}

static void assert_outcome(const struct outcome *outcome, enum cli_exit exit, const char *out, const char *err)
{
    assert_string_equal(outcome->err, err);
    assert_string_equal(outcome->out, out);
    assert_int_equal(outcome->exit, exit);
}

#define PLAIN                                                                                                          \
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"                                            \
    "  selector: {matchLabels: {app: web}}\n  template:\n    metadata:\n      labels: {app: web}\n"                    \
    "      annotations: {isEdgeDeployment: 'true', targetCondition: \"tags.site='north'\"}\n"                          \
    "    spec: {containers: [{name: sensor, image: 'registry.example/sensor:1'}]}\n"
#define SETTINGS "---\nkind: ConfigMap\nmetadata: {name: sensor}\ndata: {version: '2'}\n"

static void test_version_and_help(void **state)
{
    cleanup_outcome struct outcome version = RUN("--version");
    cleanup_outcome struct outcome help = RUN("--help");
    cleanup_outcome struct outcome behind = RUN("validate", "--help");

    (void)state;
    assert_outcome(&version, CLI_OK, "kubectl-iotedge " VERSION "\n", "");
    assert_non_null(strstr(help.out, "kubectl iotedge validate -f FILE..."));
    assert_outcome(&behind, CLI_OK, help.out, "");
    assert_int_equal(help.exit, CLI_OK);
}

static void test_wrong_command_lines(void **state)
{
    static const struct {
        const char *words[8];
        const char *err;
    } cases[] = {
        {{"x"},
         "a command is missing: validate, translate, diff, explain, status, orphans or adopt; see kubectl iotedge "
         "--help"},
        {{"x", "verify"},
         "there is no command verify; there are validate, translate, diff, explain, status, orphans and adopt; see "
         "kubectl iotedge "
         "--help"},
        {{"x", "validate"}, "no file is given: -f FILE, or -f - for the standard input"},
        {{"x", "validate", "-f"}, "-f needs a file, or - for the standard input"},
        {{"x", "validate", "-x", "a"},
         "unknown option -x; validate has --filename, --output, --hub-config, --hub, --edge-agent-image, "
         "--edge-hub-image; see kubectl iotedge --help"},
        {{"x", "validate", "a", "-o", "yaml"}, "there is no output yaml; there are text, json and sarif"},
        {{"x", "validate", "a", "-o"}, "-o needs a value"},
        {{"x", "translate", "a", "-o", "json"},
         "unknown option -o; translate has --filename, --hub-config, --hub, --edge-agent-image, --edge-hub-image; see "
         "kubectl iotedge --help"},
        {{"x", "explain"}, "no key is given; --all lists all of them"},
        {{"x", "explain", "--every"}, "unknown option --every; explain has --all; see kubectl iotedge --help"},
        {{"x", "diff", "-f", "a"},
         "diff compares two files or folders: -f OLD -f NEW; or, without -f, the cluster with the hubs"},
        {{"x", "diff", "-f", "a", "-f", "b"}, "cannot read a: No such file or directory"},
        {{"x", "diff", "a", "-o", "sarif"}, "there is no output sarif; there are text and json"},
        {{"x", "orphans", "web"}, "orphans takes no names, but \"web\" is one"},
        {{"x", "orphans", "-y"},
         "unknown option -y; orphans has --output, --hub, --namespace, --kubeconfig, --context, --server, "
         "--connection-string-file, --ca-file, --owner; see kubectl iotedge --help"},
        {{"x", "adopt", "a", "--hub", "h"},
         "adopt needs an id on the hub and a Deployment: adopt ID NAME; see kubectl iotedge --help"},
        {{"x", "adopt", "a", "b"}, "--hub NAME is missing: the hub's name in the connector's configuration"},
        {{"x", "status", "-n", "a", "-A"}, "--namespace and --all-namespaces exclude each other"},
        {{"x", "status", "--all-namespaces=yes"}, "--all-namespaces takes no value"},
        {{"x", "status", "-s", "http://127.0.0.1:1", "--connector", "x"},
         "the connector's Service must be NAMESPACE/NAME, not \"x\""},
        {{"x", "translate", "a", "--hub"}, "--hub needs a value"},
        {{"x", "validate", "-f", "missing.yaml"}, "cannot read missing.yaml: No such file or directory"},
        {{"x", "translate", "-f", "missing.yaml"}, "cannot read missing.yaml: No such file or directory"},
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_outcome struct outcome outcome = run(cases[i].words);
        cleanup_strbuf struct strbuf expected = STRBUF_INIT;

        strbuf_add_format(&expected, "kubectl-iotedge: %s\n", cases[i].err);
        assert_outcome(&outcome, CLI_FAILURE, "", strbuf_string(&expected));
    }
}

/* Credential plugins are kubectl's. */
static void test_a_kubeconfig_that_cannot_be_used(void **state)
{
    cleanup_outcome struct outcome outcome = {CLI_OK, NULL, NULL};

    (void)state;
    write_file("exec.yaml", "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\n"
                            "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\n"
                            "users: [{name: u, user: {exec: {command: kubelogin}}}]\n");
    outcome = RUN("status", "--kubeconfig", "exec.yaml");
    assert_outcome(&outcome, CLI_FAILURE, "",
                   "kubectl-iotedge: kubeconfig exec.yaml: user \"u\": exec: credential plugins are not supported, use "
                   "a token, a tokenFile or a client certificate; while `kubectl proxy` runs, --server "
                   "http://127.0.0.1:8001 needs no kubeconfig\n");
}

static void test_files_that_cannot_be_read(void **state)
{
    cleanup_outcome struct outcome broken = {CLI_OK, NULL, NULL};
    cleanup_outcome struct outcome scalar = {CLI_OK, NULL, NULL};

    (void)state;
    write_file("broken.yaml", "a: [\n");
    write_file("scalar.yaml", "kind: X\n---\njust text\n");
    broken = RUN("validate", "-f", "broken.yaml");
    assert_int_equal(broken.exit, CLI_FAILURE);
    assert_memory_equal(broken.err, "kubectl-iotedge: broken.yaml: ", strlen("kubectl-iotedge: broken.yaml: "));
    scalar = RUN("validate", "-f", "scalar.yaml");
    assert_outcome(&scalar, CLI_FAILURE, "",
                   "kubectl-iotedge: scalar.yaml: document 2 is no Kubernetes object but string\n");
}

static void test_nothing_found(void **state)
{
    cleanup_outcome struct outcome good = {CLI_OK, NULL, NULL};
    cleanup_outcome struct outcome others = {CLI_OK, NULL, NULL};

    (void)state;
    write_file("good.yaml", PLAIN SETTINGS);
    write_file("others.yaml", "# nothing\n---\nkind: Service\n---\nkind: Deployment\nspec: {template: {spec: {}}}\n");
    good = RUN("validate", "-f", "good.yaml");
    assert_outcome(&good, CLI_OK, "", "");
    others = RUN("validate", "-f", "others.yaml", "good.yaml", "--filename=good.yaml");
    assert_outcome(&others, CLI_OK, "", "");
}

static void test_findings_name_file_object_and_field(void **state)
{
    cleanup_outcome struct outcome outcome = {CLI_OK, NULL, NULL};

    (void)state;
    write_file("bad.yaml",
               "apiVersion: apps/v2\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
               "  selector: {matchLabels: {app: web}}\n  template:\n    metadata:\n      labels: {app: web}\n"
               "      annotations: {isEdgeDeployment: 'true', priority: high}\n"
               "    spec: {containers: [{name: sensor, image: x, future: [{name: A}]}]}\n"
               "---\nkind: ConfigMap\nmetadata: {name: edgehub}\ndata: {routes: x}\n");
    write_file("theirs.yaml", "kind: ConfigMap\nmetadata: {name: app}\ndata: {version: '1', status: up, app.conf: x}\n"
                              "---\nkind: Pod\nmetadata: {name: bare, annotations: {isEdgeDeployment: 'true'}}\n");
    outcome = RUN("validate", "-f", "bad.yaml", "-f", "theirs.yaml");
    assert_outcome(
        &outcome, CLI_FINDINGS,
        "bad.yaml: Deployment/web: apiVersion: Unsupported value: \"apps/v2\": supported values: \"apps/v1\"\n"
        "bad.yaml: Deployment/web: spec.template.metadata.annotations[priority]: Invalid value: \"high\": must be a "
        "whole "
        "number from 0 to 2147483647; the highest wins on a device\n"
        "bad.yaml: Deployment/web: spec.template.metadata.annotations[targetCondition]: Required value: say which "
        "devices, as "
        "in tags.building='b43'; * means all of them\n"
        "bad.yaml: ConfigMap/edgehub: data: Unsupported value: \"routes\": supported values: \"desiredProperties\"\n",
        "bad.yaml: Deployment/web: warning: not sent to the device: future of container sensor; use createOptions\n"
        "theirs.yaml: ConfigMap/app: warning: data: Unsupported value: \"app.conf\": supported values: \"status\", "
        "\"restartPolicy\", \"version\", \"createOptions\", \"desiredProperties\", \"imagePullPolicy\", "
        "\"startupOrder\", \"env\"\n"
        "theirs.yaml: ConfigMap/app: warning: data[status]: Unsupported value: \"up\": supported values: \"running\", "
        "\"stopped\"\n"
        "theirs.yaml: Pod/bare: warning: only Deployments reach the devices\n");
}

/* A ConfigMap's own findings are told once, where it stands; what shows only together is told of the Deployment. */
static void test_findings_of_the_whole(void **state)
{
    cleanup_outcome struct outcome outcome = {CLI_OK, NULL, NULL};

    (void)state;
    write_file("whole.yaml",
               "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
               "  selector: {matchLabels: {app: web}}\n  template:\n    metadata:\n      labels: {app: web}\n"
               "      annotations: {isEdgeDeployment: 'true', targetCondition: \"tags.a='b'\"}\n"
               "    spec: {containers: [{name: sensor, image: x}, {name: sensor, image: z}]}\n"
               "---\nkind: ConfigMap\nmetadata: {name: sensor}\ndata: {status: up}\n");
    outcome = RUN("validate", "-f", "whole.yaml");
    assert_outcome(
        &outcome, CLI_FINDINGS,
        "whole.yaml: Deployment/web: spec.template.spec.containers[1].name: Duplicate value: \"sensor\"\n"
        "whole.yaml: ConfigMap/sensor: data[status]: Unsupported value: \"up\": supported values: \"running\", "
        "\"stopped\"\n",
        "");
}

#define RUNTIME                                                                                                        \
    "          \"schemaVersion\": \"1.0\",\n          \"runtime\": {\n            \"type\": \"docker\",\n"             \
    "            \"settings\": {\n              \"minDockerVersion\": \"v1.25\",\n"                                    \
    "              \"loggingOptions\": \"\",\n              \"registryCredentials\": {}\n            }\n          "    \
    "},\n"
#define SYSTEM(agent, hub)                                                                                             \
    "          \"systemModules\": {\n            \"edgeAgent\": {\n              \"type\": \"docker\",\n"              \
    "              \"settings\": {\n                \"image\": \"" agent "\",\n"                                       \
    "                \"createOptions\": \"{}\"\n              }\n            },\n            \"edgeHub\": {\n"         \
    "              \"type\": \"docker\",\n              \"status\": \"running\",\n"                                    \
    "              \"restartPolicy\": \"always\",\n              \"settings\": {\n"                                    \
    "                \"image\": \"" hub "\",\n                \"createOptions\": \"{}\"\n              }\n"            \
    "            }\n          },\n"
#define CONFIGURATION(agent, hub)                                                                                      \
    "{\n  \"targetCondition\": \"tags.site='north'\",\n  \"priority\": 10,\n  \"content\": {\n"                        \
    "    \"modulesContent\": {\n      \"$edgeAgent\": {\n        \"properties.desired\": {\n" RUNTIME                  \
    SYSTEM(agent, hub) "          \"modules\": {\n            \"sensor\": {\n              \"version\": \"2\",\n"      \
                       "              \"type\": \"docker\",\n              \"status\": \"running\",\n"                 \
                       "              \"restartPolicy\": \"always\",\n              \"settings\": {\n"                 \
                       "                \"image\": \"registry.example/sensor:1\",\n"                                   \
                       "                \"createOptions\": \"{}\"\n              }\n            }\n          }\n"      \
                       "        }\n      },\n      \"$edgeHub\": {\n        \"properties.desired\": {\n"               \
                       "          \"schemaVersion\": \"1.0\",\n          \"routes\": {\n"                              \
                       "            \"route\": \"FROM /* INTO $upstream\"\n          },\n"                             \
                       "          \"storeAndForwardConfiguration\": {\n            \"timeToLiveSecs\": 7200\n"         \
                       "          }\n        }\n      }\n    }\n  }\n}\n"

static void test_translate_prints_the_configuration(void **state)
{
    cleanup_outcome struct outcome defaults = {CLI_OK, NULL, NULL};
    cleanup_outcome struct outcome configured = {CLI_OK, NULL, NULL};
    cleanup_outcome struct outcome chosen = {CLI_OK, NULL, NULL};

    (void)state;
    write_file("settings.yaml", SETTINGS);
    write_file("deployment.yaml", PLAIN);
    write_file("connector.yaml",
               "owner: x\nhubs:\n- name: one\n  systemModules: {edgeAgentImage: 'one.example/agent'}\n"
               "- name: two\n  systemModules: {edgeHubImage: 'two.example/hub'}\n");
    defaults = RUN("translate", "-f", "deployment.yaml", "-f", "settings.yaml");
    assert_outcome(&defaults, CLI_OK,
                   CONFIGURATION("mcr.microsoft.com/azureiotedge-agent:1.5", "mcr.microsoft.com/azureiotedge-hub:1.5"),
                   "");
    configured = RUN("translate", "-f", "deployment.yaml", "settings.yaml", "--hub-config", "connector.yaml");
    assert_outcome(&configured, CLI_OK, CONFIGURATION("one.example/agent", "mcr.microsoft.com/azureiotedge-hub:1.5"),
                   "");
    chosen = RUN("translate", "deployment.yaml", "settings.yaml", "--hub-config=connector.yaml", "--hub=two",
                 "--edge-agent-image", "mine.example/agent");
    assert_outcome(&chosen, CLI_OK, CONFIGURATION("mine.example/agent", "two.example/hub"), "");
}

static void test_translate_image_of_the_hub(void **state)
{
    cleanup_outcome struct outcome outcome = {CLI_OK, NULL, NULL};

    (void)state;
    write_file("both.yaml", PLAIN SETTINGS);
    outcome = RUN("translate", "--edge-agent-image=a", "--edge-hub-image=h", "-f", "both.yaml");
    assert_outcome(&outcome, CLI_OK, CONFIGURATION("a", "h"), "");
}

static void test_translate_failures(void **state)
{
    cleanup_outcome struct outcome nothing = {CLI_OK, NULL, NULL};
    cleanup_outcome struct outcome findings = {CLI_OK, NULL, NULL};
    cleanup_outcome struct outcome no_hub = {CLI_OK, NULL, NULL};
    cleanup_outcome struct outcome no_hubs = {CLI_OK, NULL, NULL};

    (void)state;
    write_file("settings.yaml", SETTINGS);
    write_file("wrong.yaml", PLAIN "---\nkind: ConfigMap\nmetadata: {name: sensor}\ndata: {status: up}\n");
    write_file("connector.yaml", "hubs: [{name: one}]\n");
    write_file("empty.yaml", "owner: x\n");
    nothing = RUN("translate", "-f", "settings.yaml");
    assert_outcome(&nothing, CLI_FINDINGS, "", "kubectl-iotedge: no edge Deployment in these files\n");
    findings = RUN("translate", "-f", "wrong.yaml");
    assert_outcome(&findings, CLI_FINDINGS, "",
                   "wrong.yaml: Deployment/web: configmap/sensor: data[status]: Unsupported value: \"up\": supported "
                   "values: \"running\", \"stopped\"\n");
    no_hub = RUN("translate", "-f", "wrong.yaml", "--hub-config", "connector.yaml", "--hub", "two");
    assert_outcome(&no_hub, CLI_FAILURE, "", "kubectl-iotedge: there is no hub two in connector.yaml\n");
    no_hubs = RUN("translate", "-f", "wrong.yaml", "--hub-config", "empty.yaml");
    assert_outcome(&no_hubs, CLI_FAILURE, "", "kubectl-iotedge: empty.yaml: has no list of hubs\n");
}

static void test_lists_and_namespaces(void **state)
{
    cleanup_outcome struct outcome outcome = {CLI_OK, NULL, NULL};

    (void)state;
    write_file("list.yaml",
               "kind: List\nitems:\n- kind: ConfigMap\n  metadata: {name: sensor, namespace: default}\n"
               "  data: {version: '9'}\n- kind: ConfigMap\n  metadata: {name: sensor, namespace: default}\n"
               "  data: {version: '2'}\n- kind: ConfigMap\n  metadata: {name: sensor, namespace: other}\n"
               "  data: {version: '3'}\n");
    write_file("deployment.yaml", PLAIN);
    outcome = RUN("translate", "--edge-agent-image=a", "--edge-hub-image=h", "list.yaml", "deployment.yaml");
    assert_outcome(&outcome, CLI_OK, CONFIGURATION("a", "h"), "");
}

static void test_a_folder_is_read_in_the_order_of_names(void **state)
{
    cleanup_outcome struct outcome whole = {CLI_OK, NULL, NULL};
    cleanup_outcome struct outcome empty = {CLI_OK, NULL, NULL};

    (void)state;
    assert_int_equal(mkdir("folder", 0700), 0);
    assert_int_equal(mkdir("empty", 0700), 0);
    write_file("folder/b.yml", "kind: ConfigMap\nmetadata: {name: edgehub}\ndata: {b: x}\n");
    write_file("folder/a.yaml", "kind: ConfigMap\nmetadata: {name: edgeagent}\ndata: {a: x}\n");
    write_file("folder/c.json",
               "{\"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"edgehub\"}, \"data\": {\"c\": \"\"}}");
    write_file("folder/d.txt", "not read: [\n");
    write_file("empty/d.txt", "not read: [\n");
    whole = RUN("validate", "-f", "folder");
    assert_outcome(&whole, CLI_FINDINGS,
                   "folder/a.yaml: ConfigMap/edgeagent: data: Unsupported value: \"a\": supported values: "
                   "\"desiredProperties\"\n"
                   "folder/b.yml: ConfigMap/edgehub: data: Unsupported value: \"b\": supported values: "
                   "\"desiredProperties\"\n"
                   "folder/c.json: ConfigMap/edgehub: data: Unsupported value: \"c\": supported values: "
                   "\"desiredProperties\"\n",
                   "");
    empty = RUN("validate", "-f", "empty/");
    assert_outcome(&empty, CLI_FAILURE, "", "kubectl-iotedge: empty/: has no file that ends in .yaml, .yml or .json\n");
}

#define TWO_FINDINGS                                                                                                   \
    "kind: ConfigMap\nmetadata: {name: edgehub, namespace: shop}\ndata: {x: \"\\\"\"}\n"                               \
    "---\nkind: Pod\nmetadata: {name: bare, annotations: {isEdgeDeployment: 'true'}}\n"

static void test_findings_for_machines(void **state)
{
    cleanup_outcome struct outcome json = {CLI_OK, NULL, NULL};
    cleanup_outcome struct outcome sarif = {CLI_OK, NULL, NULL};
    cleanup_outcome struct outcome none = {CLI_OK, NULL, NULL};

    (void)state;
    write_file("two.yaml", TWO_FINDINGS);
    write_file("none.yaml", "# nothing\n");
    json = RUN("validate", "-f", "two.yaml", "-o", "json");
    assert_outcome(&json, CLI_FINDINGS,
                   "{\"findings\":[{\"file\":\"two.yaml\",\"kind\":\"ConfigMap\",\"namespace\":\"shop\",\"name\":"
                   "\"edgehub\",\"level\":\"error\",\"reason\":\"FieldValueNotSupported\",\"field\":\"data\","
                   "\"message\":\"Unsupported value: \\\"x\\\": supported values: \\\"desiredProperties\\\"\"},"
                   "{\"file\":\"two.yaml\",\"kind\":\"Pod\",\"namespace\":\"default\",\"name\":\"bare\",\"level\":"
                   "\"warning\",\"message\":\"only Deployments reach the devices\"}],\"errors\":1,\"warnings\":1}\n",
                   "");
    none = RUN("validate", "-f", "none.yaml", "--output=json");
    assert_outcome(&none, CLI_OK, "{\"findings\":[],\"errors\":0,\"warnings\":0}\n", "");
    sarif = RUN("validate", "-f", "two.yaml", "-o", "sarif");
    assert_outcome(
        &sarif, CLI_FINDINGS,
        "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{\"tool\":{"
        "\"driver\":{\"name\":\"kubectl-iotedge\",\"version\":\"" VERSION "\"}},\"results\":["
        "{\"ruleId\":\"FieldValueNotSupported\",\"level\":\"error\",\"message\":{\"text\":\"data: Unsupported value: "
        "\\\"x\\\": supported values: \\\"desiredProperties\\\"\"},\"locations\":[{\"physicalLocation\":{"
        "\"artifactLocation\":{\"uri\":\"two.yaml\"}},\"logicalLocations\":[{\"fullyQualifiedName\":"
        "\"ConfigMap/edgehub: data\"}]}]},"
        "{\"ruleId\":\"Warning\",\"level\":\"warning\",\"message\":{\"text\":\"only Deployments reach the devices\"},"
        "\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":\"two.yaml\"}},\"logicalLocations\":[{"
        "\"fullyQualifiedName\":\"Pod/bare\"}]}]}]}]}\n",
        "");
}

/* As the first samples had it; Kubernetes filled in a selector then. */
static void test_files_of_old(void **state)
{
#define OLD(version, selector, condition)                                                                              \
    "apiVersion: " version "\nkind: Deployment\nmetadata: {name: web}\nspec:\n" selector                               \
    "  template:\n    metadata:\n      labels: {app: web}\n"                                                           \
    "      annotations: {isEdgeDeployment: 'true', targetCondition: " condition "}\n"                                  \
    "    spec: {containers: [{name: sensor, image: 'registry.example/sensor:1'}]}\n"
#define HINT(file, version)                                                                                            \
    file ": Deployment/web: warning: apiVersion " version " ended with Kubernetes 1.16: write apps/v1; judged as "     \
         "that\n"
    cleanup_outcome struct outcome good = {CLI_OK, NULL, NULL};
    cleanup_outcome struct outcome bad = {CLI_OK, NULL, NULL};
    cleanup_outcome struct outcome lacking = {CLI_OK, NULL, NULL};

    (void)state;
    write_file("old-good.yaml",
               OLD("apps/v1beta2", "  selector: {matchLabels: {app: web}}\n", "\"tags.site='north'\""));
    write_file("old-bad.yaml", OLD("apps/v1beta1", "  selector: {matchLabels: {app: web}}\n", "''"));
    write_file("old-lacking.yaml", OLD("extensions/v1beta1", "", "\"tags.site='north'\""));
    good = RUN("validate", "-f", "old-good.yaml");
    assert_outcome(&good, CLI_OK, "", HINT("old-good.yaml", "apps/v1beta2"));
    bad = RUN("validate", "-f", "old-bad.yaml");
    assert_outcome(&bad, CLI_FINDINGS,
                   "old-bad.yaml: Deployment/web: spec.template.metadata.annotations[targetCondition]: Required value: "
                   "say which devices, as in tags.building='b43'; * means all of them\n",
                   HINT("old-bad.yaml", "apps/v1beta1"));
    lacking = RUN("validate", "-f", "old-lacking.yaml");
    assert_outcome(&lacking, CLI_FINDINGS,
                   "old-lacking.yaml: Deployment/web: spec.selector: Required value: apps/v1 does not fill it in: "
                   "write the template's labels in matchLabels\n",
                   HINT("old-lacking.yaml", "extensions/v1beta1"));
}

/* Only people are shown the place. */
static void test_a_caret_below_a_route(void **state)
{
    static const char error[] =
        "data[desiredProperties].routes[b].route: Invalid value: \"FROM /messages/*\\nINTO upstream\": \"upstream\" at "
        "line 2, character 6: a sink is expected: $upstream or BrokeredEndpoint(\"/modules/<module>/inputs/<input>\"); "
        "$upstream was probably meant\n    INTO upstream\n         ^\n";
    cleanup_outcome struct outcome text = {CLI_OK, NULL, NULL};
    cleanup_outcome struct outcome json = {CLI_OK, NULL, NULL};
    cleanup_outcome struct outcome prefixed = {CLI_OK, NULL, NULL};
    cleanup_strbuf struct strbuf expected = STRBUF_INIT;

#define ROUTES                                                                                                         \
    "data: {desiredProperties: '{\"routes\":{\"a\":\"FROM /* INTO $upstream\",\"b\":{\"route\":\"FROM "                \
    "/messages/*\\nINTO upstream\"}}}'}\n"
    (void)state;
    write_file("route.yaml", "kind: ConfigMap\nmetadata: {name: edgehub}\n" ROUTES);
    text = RUN("validate", "-f", "route.yaml");
    strbuf_add_format(&expected, "route.yaml: ConfigMap/edgehub: %s", error);
    assert_outcome(&text, CLI_FINDINGS, strbuf_string(&expected), "");
    json = RUN("validate", "-f", "route.yaml", "-o", "json");
    assert_int_equal(json.exit, CLI_FINDINGS);
    assert_null(strstr(json.out, "^"));

    /* With a prefix its name says nothing: it is judged with the Deployment that reads it. */
    write_file("prefixed.yaml",
               "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n"
               "  annotations: {iot-edge-connector/configmap-prefix: web-}\nspec:\n"
               "  selector: {matchLabels: {app: web}}\n  template:\n    metadata:\n      labels: {app: web}\n"
               "      annotations: {isEdgeDeployment: 'true', targetCondition: \"tags.site='north'\"}\n"
               "    spec: {containers: [{name: sensor, image: x}]}\n"
               "---\nkind: ConfigMap\nmetadata: {name: web-edgehub}\n" ROUTES);
    prefixed = RUN("validate", "-f", "prefixed.yaml");
    strbuf_clear(&expected);
    strbuf_add_format(&expected, "prefixed.yaml: Deployment/web: configmap/web-edgehub: %s", error);
    assert_outcome(&prefixed, CLI_FINDINGS, strbuf_string(&expected), "");
}

static void test_warnings_of_a_config_map_are_told_once(void **state)
{
    cleanup_outcome struct outcome outcome = {CLI_OK, NULL, NULL};

    (void)state;
    write_file("once.yaml", PLAIN
               "---\nkind: ConfigMap\nmetadata: {name: sensor}\n"
               "data: {createOptions: '{\"env\":[],\"HostConfig\":{\"Privileged\":\"true\",\"shmsize\":5}}', x: y}\n"
               "---\nkind: ConfigMap\nmetadata: {name: edgehub}\n"
               "data: {desiredProperties: '{\"mqttBroker\":{},\"routes\":{\"a\":\"FROM /messages/modules/sensor/* "
               "WHERE $twin.tags.x = \\\"a\\\" INTO $upstream\"}}'}\n");
    outcome = RUN("validate", "-f", "once.yaml");
    assert_outcome(
        &outcome, CLI_OK, "",
        "once.yaml: ConfigMap/sensor: warning: data: Unsupported value: \"x\": supported values: \"status\", "
        "\"restartPolicy\", \"version\", \"createOptions\", \"desiredProperties\", \"imagePullPolicy\", "
        "\"startupOrder\", \"env\"\n"
        "once.yaml: ConfigMap/sensor: warning: data[createOptions].env: Docker's spelling is Env\n"
        "once.yaml: ConfigMap/sensor: warning: data[createOptions].HostConfig.Privileged: the device makes true or "
        "false of this string\n"
        "once.yaml: ConfigMap/sensor: warning: data[createOptions].HostConfig.shmsize: Docker's spelling is ShmSize\n"
        "once.yaml: ConfigMap/edgehub: warning: mqttBroker of edgeHub is not forwarded: it has no MQTT broker any "
        "more\n"
        "once.yaml: ConfigMap/edgehub: warning: route a: $twin.tags.x is never there on a device: only IoT Hub's own "
        "routes know twins\n");
}

static void test_standard_input(void **state)
{
    int kept = dup(STDIN_FILENO);
    cleanup_outcome struct outcome outcome = {CLI_OK, NULL, NULL};
    int fd;

    (void)state;
    write_file("input.yaml", TWO_FINDINGS);
    fd = open("input.yaml", O_RDONLY);
    assert_true(kept >= 0 && fd >= 0);
    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    outcome = RUN("validate", "-f", "-");
    assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
    close(fd);
    close(kept);
    assert_outcome(&outcome, CLI_FINDINGS,
                   "-: ConfigMap/edgehub: data: Unsupported value: \"x\": supported values: \"desiredProperties\"\n",
                   "-: Pod/bare: warning: only Deployments reach the devices\n");
}

/* What only the two of them together show is told of the Deployment. */
static void test_a_container_against_its_config_map(void **state)
{
    cleanup_outcome struct outcome outcome = {CLI_OK, NULL, NULL};

    (void)state;
    write_file("against.yaml",
               "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
               "  selector: {matchLabels: {app: web}}\n  template:\n    metadata:\n      labels: {app: web}\n"
               "      annotations: {isEdgeDeployment: 'true', targetCondition: \"tags.a='b'\"}\n"
               "    spec:\n      tolerations: [{key: virtual-kubelet.io/provider, operator: Exists}]\n"
               "      containers: [{name: sensor, image: x, workingDir: /a}]\n"
               "---\nkind: ConfigMap\nmetadata: {name: sensor}\ndata: {createOptions: '{\"WorkingDir\":\"/b\"}'}\n");
    outcome = RUN("validate", "-f", "against.yaml");
    assert_outcome(&outcome, CLI_FINDINGS,
                   "against.yaml: Deployment/web: configmap/sensor: data[createOptions].WorkingDir: Invalid value: "
                   "containers[0] has another value: \"/a\"; leave one of the two out\n",
                   "against.yaml: Deployment/web: warning: completed in the cluster, not in the file: tolerations; a "
                   "diff against the file shows it\n");
}

static void test_secrets_of_the_files(void **state)
{
    cleanup_outcome struct outcome refused = {CLI_OK, NULL, NULL};
    cleanup_outcome struct outcome allowed = {CLI_OK, NULL, NULL};

    (void)state;
    write_file("secret.yaml",
               "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
               "  selector: {matchLabels: {app: web}}\n  template:\n    metadata:\n      labels: {app: web}\n"
               "      annotations: {isEdgeDeployment: 'true', targetCondition: \"tags.a='b'\"}\n"
               "    spec:\n      containers:\n      - name: sensor\n        image: x\n"
               "        env: [{name: A, valueFrom: {secretKeyRef: {name: login, key: a}}}]\n"
               "---\nkind: Secret\nmetadata: {name: login}\nstringData: {a: pass}\n");
    write_file("allowing.yaml", "owner: x\nhubs: [{name: one}]\nsecretsFrom: [default]\n");
    refused = RUN("translate", "-f", "secret.yaml");
    assert_int_equal(refused.exit, CLI_FINDINGS);
    assert_string_equal(refused.out, "");
    allowed = RUN("translate", "-f", "secret.yaml", "--hub-config", "allowing.yaml");
    assert_int_equal(allowed.exit, CLI_OK);
    assert_non_null(strstr(allowed.out, "\"value\": \"pass\""));
}

static void test_diff(void **state)
{
    cleanup_outcome struct outcome same = {CLI_OK, NULL, NULL};
    cleanup_outcome struct outcome in_place = {CLI_OK, NULL, NULL};
    cleanup_outcome struct outcome content = {CLI_OK, NULL, NULL};
    cleanup_outcome struct outcome removed = {CLI_OK, NULL, NULL};
    cleanup_outcome struct outcome refused = {CLI_OK, NULL, NULL};

    (void)state;
    write_file("old.yaml", PLAIN SETTINGS);
    write_file("moved.yaml", SETTINGS "---\n" PLAIN);
    write_file("version.yaml", PLAIN "---\nkind: ConfigMap\nmetadata: {name: sensor}\ndata: {version: '3'}\n");
    write_file("empty.yaml", SETTINGS);
    write_file("priority.yaml",
               "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
               "  selector: {matchLabels: {app: web}}\n  template:\n    metadata:\n      labels: {app: web}\n"
               "      annotations: {isEdgeDeployment: 'true', targetCondition: \"tags.site='north'\", "
               "priority: '11'}\n"
               "    spec: {containers: [{name: sensor, image: 'registry.example/sensor:1'}]}\n" SETTINGS);
    write_file("wrong.yaml",
               "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
               "  selector: {matchLabels: {app: web}}\n  template:\n    metadata:\n      labels: {app: web}\n"
               "      annotations: {isEdgeDeployment: 'true'}\n"
               "    spec: {containers: [{name: sensor, image: 'registry.example/sensor:1'}]}\n");
    same = RUN("diff", "-f", "old.yaml", "-f", "moved.yaml");
    assert_outcome(&same, CLI_OK, "", "");
    in_place = RUN("diff", "-f", "old.yaml", "-f", "priority.yaml");
    assert_outcome(&in_place, CLI_FINDINGS,
                   "default/web: the configuration stays; condition and priority change in place\n"
                   "--- old.yaml\n+++ priority.yaml\n@@ -1,6 +1,6 @@\n {\n"
                   "   \"targetCondition\": \"tags.site='north'\",\n-  \"priority\": 10,\n+  \"priority\": 11,\n"
                   "   \"content\": {\n     \"modulesContent\": {\n       \"$edgeAgent\": {\n",
                   "");
    content = RUN("diff", "-f", "old.yaml", "-f", "version.yaml");
    assert_int_equal(content.exit, CLI_FINDINGS);
    assert_non_null(strstr(content.out, "default/web: new content: a new configuration takes the old one's place\n"));
    assert_non_null(strstr(content.out, "\n-              \"version\": \"2\",\n+              \"version\": \"3\",\n"));
    removed = RUN("diff", "-f", "old.yaml", "-f", "empty.yaml");
    assert_int_equal(removed.exit, CLI_FINDINGS);
    assert_memory_equal(removed.out, "default/web: the configuration is deleted", 41);
    refused = RUN("diff", "-f", "old.yaml", "-f", "wrong.yaml");
    assert_outcome(
        &refused, CLI_FAILURE,
        "wrong.yaml: Deployment/web: spec.template.metadata.annotations[targetCondition]: Required value: say "
        "which devices, as in tags.building='b43'; * means all of them\n",
        "");
}

static void test_explain(void **state)
{
    cleanup_outcome struct outcome one = RUN("explain", "allow-gap", "startupOrder");
    cleanup_outcome struct outcome unknown = RUN("explain", "nothing");
    cleanup_outcome struct outcome all = RUN("explain", "--all");

    (void)state;
    assert_outcome(&one, CLI_OK,
                   "iot-edge-connector/allow-gap (Annotations of the Deployment)\n"
                   "  values       true, false\n  default      false\n"
                   "  translation  A layer may be deleted before its successor is there, when the two cannot be on a "
                   "device together.\n"
                   "startupOrder (ConfigMap of a module)\n"
                   "  values       0 … 4294967295\n"
                   "  translation  modules.NAME.startupOrder (schema version 1.1): an order of starting, no waiting\n",
                   "");
    assert_outcome(&unknown, CLI_FAILURE, "",
                   "kubectl-iotedge: nothing is known of nothing; kubectl iotedge explain --all lists what is\n");
    assert_memory_equal(all.out, "# Reference\n", 12);
    assert_int_equal(all.exit, CLI_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version_and_help),
        cmocka_unit_test(test_wrong_command_lines),
        cmocka_unit_test(test_a_kubeconfig_that_cannot_be_used),
        cmocka_unit_test(test_files_that_cannot_be_read),
        cmocka_unit_test(test_nothing_found),
        cmocka_unit_test(test_findings_name_file_object_and_field),
        cmocka_unit_test(test_findings_of_the_whole),
        cmocka_unit_test(test_translate_prints_the_configuration),
        cmocka_unit_test(test_translate_image_of_the_hub),
        cmocka_unit_test(test_translate_failures),
        cmocka_unit_test(test_lists_and_namespaces),
        cmocka_unit_test(test_a_folder_is_read_in_the_order_of_names),
        cmocka_unit_test(test_findings_for_machines),
        cmocka_unit_test(test_files_of_old),
        cmocka_unit_test(test_a_caret_below_a_route),
        cmocka_unit_test(test_warnings_of_a_config_map_are_told_once),
        cmocka_unit_test(test_standard_input),
        cmocka_unit_test(test_a_container_against_its_config_map),
        cmocka_unit_test(test_secrets_of_the_files),
        cmocka_unit_test(test_diff),
        cmocka_unit_test(test_explain),
    };

    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
