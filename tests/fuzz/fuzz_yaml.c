/* Any bytes as YAML: either a tree within the caps, whose JSON reads back as the same tree, or a sentence. */
#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "common/yaml.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tree(const cJSON *documents)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    cleanup_json cJSON *again = NULL;
    struct json_writer writer = {.out = &text};
    const cJSON *document;

    cJSON_ArrayForEach(document, documents)
    {
        if (json_depth(document, JSON_MAX_DEPTH) > JSON_MAX_DEPTH || json_has_duplicates(document, NULL))
            abort();
        strbuf_clear(&text);
        writer.needs_comma = false;
        json_add_value(&writer, document);
        if (json_parse(text.data, text.length, &again, NULL) < 0 || !json_equal(document, again))
            abort();
        cJSON_Delete(steal_ptr(again));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_error struct error error = {NULL};
    cleanup_json cJSON *documents = NULL;

    if (yaml_parse((const char *)data, size, &documents, &error) == 0)
        check_tree(documents);
    else if (!error.message || documents)
        abort();
    return 0;
}
