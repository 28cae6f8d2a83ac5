/* Any ConfigMap, as JSON: judged without a fault. The first byte chooses its name, the rest is its data. */
#include "common/cleanup.h"
#include "common/json.h"
#include "tests/fuzz/fuzz_findings.h"
#include "translate/validate.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Not JSON: the text is the value of the key that matters most for the name. */
static cJSON *read_data(const char *text, size_t size, const char *key)
{
    cJSON *tree = NULL;

    if (json_parse(text, size, &tree, NULL) == 0)
        return tree;
    tree = cJSON_CreateObject();
    cJSON_AddStringToObject(tree, key, text);
    return tree;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"edgehub", "edgeagent", "sensor", "sensor"};
    static const char *const keys[] = {"desiredProperties", "desiredProperties", "createOptions", "desiredProperties"};
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_json cJSON *config_map = cJSON_CreateObject();
    cleanup_free char *text = NULL;
    size_t kind;

    if (!size)
        return 0;
    kind = data[0] % array_length(names);
    text = strndup((const char *)data + 1, size - 1);
    cJSON_AddStringToObject(cJSON_AddObjectToObject(config_map, "metadata"), "name", names[kind]);
    cJSON_AddItemToObject(config_map, "data", read_data(text, strlen(text), keys[kind]));
    validate_config_map(config_map, &findings);
    (void)validate_config_map_is_ours(config_map);
    fuzz_check_findings(&findings);
    return 0;
}
