#include "emulator/document.h"

#include "common/json.h"
#include "common/json_writer.h"
#include "emulator/memory.h"

struct emulator_document *emulator_document_new(cJSON *tree)
{
    struct emulator_document *document = emulator_allocate(sizeof(*document));

    document->owners = 1;
    document->tree = tree;
    return document;
}

struct emulator_document *emulator_document_fold(cJSON *tree)
{
    struct emulator_document *document = emulator_document_new(NULL);
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer json = {.out = &text};

    json_add_value(&json, tree);
    document->text = emulator_text_copy_length(strbuf_string(&text), text.length);
    cJSON_Delete(tree);
    return document;
}

struct emulator_document *emulator_document_part(struct emulator_document *whole, const cJSON *tree)
{
    struct emulator_document *part = emulator_document_new((cJSON *)tree);

    part->whole = emulator_document_share(whole);
    return part;
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
    if (document->whole)
        emulator_document_drop(document->whole);
    else
        cJSON_Delete((cJSON *)document->tree);
    if (document->as_read != document)
        emulator_document_drop(document->as_read);
    free(document->text);
    free(document->verdict_text);
    free(document);
}

cJSON *emulator_document_copy(const struct emulator_document *document)
{
    /* What was written from a tree needs no judging. */
    return document->tree ? cJSON_Duplicate(document->tree, true) : cJSON_Parse(document->text);
}

bool emulator_document_equal(const struct emulator_document *a, const struct emulator_document *b)
{
    if (a == b)
        return true;
    if (a->text && b->text && strcmp(a->text, b->text) == 0)
        return true;
    cleanup_json cJSON *copy_a = a->tree ? NULL : emulator_document_copy(a);
    cleanup_json cJSON *copy_b = b->tree ? NULL : emulator_document_copy(b);
    return json_equal(copy_a ? copy_a : a->tree, copy_b ? copy_b : b->tree);
}
