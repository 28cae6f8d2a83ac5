#include "server/packed.h"

#include "common/json.h"

#include <string.h>

char *packed_text(const cJSON *object)
{
    return cJSON_PrintUnformatted(object);
}

cJSON *packed_open(const char *text)
{
    cJSON *tree = NULL;
    return text && json_parse(text, strlen(text), &tree, NULL) == 0 ? tree : NULL;
}
