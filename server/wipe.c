#include "server/wipe.h"

#include "common/banned.h"

#include <string.h>

void wipe_text(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
}

void wipe_strbuf(struct strbuf *buffer)
{
    if (buffer->data)
        explicit_bzero(buffer->data, buffer->capacity);
}

/* Trees that were read have at most JSON_MAX_DEPTH levels. */
void wipe_json(cJSON *tree)
{
    if (!tree)
        return;
    wipe_text(tree->valuestring);
    for (cJSON *item = tree->child; item; item = item->next)
        wipe_json(item);
}

void wipe_and_delete_json(cJSON **tree)
{
    wipe_json(*tree);
    cJSON_Delete(*tree);
}
