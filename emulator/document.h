/* A JSON object that is never changed and has several owners: the desired properties of a configuration are one
 * document, however many devices follow it. Counting is not atomic: the emulator's lock is held. */
#ifndef EMULATOR_DOCUMENT_H
#define EMULATOR_DOCUMENT_H

#include <cjson/cJSON.h>

struct emulator_document {
    unsigned owners;
    cJSON *tree; /* an object */
};

/* Takes the tree over; the caller is the first owner. */
struct emulator_document *emulator_document_new(cJSON *tree);
struct emulator_document *emulator_document_share(struct emulator_document *document);
/* document may be NULL. */
void emulator_document_drop(struct emulator_document *document);

#endif
