/* A JSON object that is never changed and has several owners: the desired properties of a configuration are one
 * document, however many devices follow it. What each device has for itself, its reports, is folded: text, a fifth of
 * the size, made into a tree when someone looks. Counting is not atomic: the emulator's lock is held. */
#ifndef EMULATOR_DOCUMENT_H
#define EMULATOR_DOCUMENT_H

#include <cjson/cJSON.h>
#include <stdbool.h>

struct emulator_document {
    unsigned owners;
    const cJSON *tree; /* an object; NULL: folded */
    char *text;        /* of a folded one, JSON */
    int verdict;       /* of desired properties: what manifest_check says, once; 0: not asked yet */
    char *verdict_text;
    struct emulator_document *whole;   /* the document that the tree is a part of, or NULL */
    struct emulator_document *as_read; /* see manifest_read.h; NULL: nobody has asked; may be itself */
};

/* Takes the tree over; the caller is the first owner. */
struct emulator_document *emulator_document_new(cJSON *tree);
/* Likewise; the tree is gone afterwards. */
struct emulator_document *emulator_document_fold(cJSON *tree);
/* A document that is an object within another, and keeps that one. */
struct emulator_document *emulator_document_part(struct emulator_document *whole, const cJSON *tree);
struct emulator_document *emulator_document_share(struct emulator_document *document);
/* document may be NULL. */
void emulator_document_drop(struct emulator_document *document);

/* The object, for the caller to delete. */
cJSON *emulator_document_copy(const struct emulator_document *document);
/* Whether both say the same. */
bool emulator_document_equal(const struct emulator_document *a, const struct emulator_document *b);

#endif
