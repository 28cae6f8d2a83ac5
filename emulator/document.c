#include "emulator/document.h"

#include "emulator/memory.h"

struct emulator_document *emulator_document_new(cJSON *tree)
{
    struct emulator_document *document = emulator_allocate(sizeof(*document));

    document->owners = 1;
    document->tree = tree;
    return document;
}

struct emulator_document *emulator_document_share(struct emulator_document *document)
{
    document->owners++;
    return document;
}

void emulator_document_drop(struct emulator_document *document)
{
    if (!document || --document->owners)
        return;
    cJSON_Delete(document->tree);
    free(document);
}
