#include "emulator/document_table.h"

#include "emulator/memory.h"

#include <stdint.h>

void emulator_document_table_add(struct emulator_document_table *table, const struct emulator_document *document)
{
    if (!document->tree || !document->tree->child)
        return;
    table->items = emulator_array_grow(table->items, table->count, &table->capacity, sizeof(*table->items));
    table->items[table->count] = (struct emulator_numbered_document){document, table->count};
    table->count++;
}

/* By address; of the same document the one that came first. */
static int compare_documents(const void *left, const void *right)
{
    const struct emulator_numbered_document *a = left;
    const struct emulator_numbered_document *b = right;

    if (a->document != b->document)
        return (uintptr_t)a->document < (uintptr_t)b->document ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

static int compare_numbers(const void *left, const void *right)
{
    const struct emulator_numbered_document *a = left;
    const struct emulator_numbered_document *b = right;

    return a->number < b->number ? -1 : a->number > b->number;
}

static void items_sort(struct emulator_document_table *table, int (*compare)(const void *left, const void *right))
{
    if (table->count)
        qsort(table->items, table->count, sizeof(*table->items), compare);
}

void emulator_document_table_finish(struct emulator_document_table *table)
{
    size_t kept = 0;

    items_sort(table, compare_documents);
    for (size_t i = 0; i < table->count; i++)
        if (i == 0 || table->items[i].document != table->items[i - 1].document)
            table->items[kept++] = table->items[i];
    table->count = kept;
    items_sort(table, compare_numbers);
    for (size_t i = 0; i < table->count; i++)
        table->items[i].number = i;
    items_sort(table, compare_documents);
}

long emulator_document_table_find(const struct emulator_document_table *table, const struct emulator_document *document)
{
    size_t low = 0, high = table->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if ((uintptr_t)table->items[middle].document < (uintptr_t)document)
            low = middle + 1;
        else
            high = middle;
    }
    return low < table->count && table->items[low].document == document ? (long)table->items[low].number : -1;
}

const struct emulator_document **emulator_document_table_list(const struct emulator_document_table *table)
{
    const struct emulator_document **list = emulator_allocate(table->count * sizeof(*list));

    for (size_t i = 0; i < table->count; i++)
        list[table->items[i].number] = table->items[i].document;
    return list;
}

void emulator_document_table_release(struct emulator_document_table *table)
{
    free(table->items);
    *table = (struct emulator_document_table){NULL, 0, 0};
}
