/* Any bytes as JSON: what json_minify accepts stays the same when minified again, and json_parse reads the same from it
 * as from the original. */
#include "common/cleanup.h"
#include "common/json.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_stable(const char *minified)
{
    cleanup_free char *again = NULL;

    if (json_minify(minified, strlen(minified), &again, NULL) < 0 || strcmp(minified, again) != 0)
        abort();
}

static void check_same_meaning(const char *text, size_t length, const char *minified)
{
    cleanup_json cJSON *before = NULL;
    cleanup_json cJSON *after = NULL;
    int result = json_parse(text, length, &before, NULL);

    if (json_parse(minified, strlen(minified), &after, NULL) != result || !json_equal(before, after))
        abort();
    if (before && json_has_duplicates(before, NULL))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_error struct error error = {NULL};
    cleanup_json cJSON *tree = NULL;
    cleanup_free char *minified = NULL;

    if (json_minify((const char *)data, size, &minified, &error) < 0) {
        if (!error.message || minified)
            abort();
        json_parse((const char *)data, size, &tree, NULL); /* more lenient, and it must survive as well */
        return 0;
    }
    check_stable(minified);
    check_same_meaning((const char *)data, size, minified);
    return 0;
}
