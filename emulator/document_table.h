/* Numbers for documents that have several owners, so that a file can hold each once. */
#ifndef EMULATOR_DOCUMENT_TABLE_H
#define EMULATOR_DOCUMENT_TABLE_H

#include "emulator/document.h"

#include <stddef.h>

struct emulator_numbered_document {
    const struct emulator_document *document;
    size_t number;
};

struct emulator_document_table {
    struct emulator_numbered_document *items;
    size_t count, capacity;
};

/* Adds the document when it is not folded and not empty; the same one any number of times. */
void emulator_document_table_add(struct emulator_document_table *table, const struct emulator_document *document);

/* When all are added: numbers them from 0 in the order in which they first came. */
void emulator_document_table_finish(struct emulator_document_table *table);

/* The number of a document, or -1 when it is not in the table. */
long emulator_document_table_find(const struct emulator_document_table *table,
                                  const struct emulator_document *document);

/* The documents by their numbers, count of them; for the caller to free. */
const struct emulator_document **emulator_document_table_list(const struct emulator_document_table *table);

void emulator_document_table_release(struct emulator_document_table *table);

#endif
