/* Twins: how they change, and how the service shows them. */
#ifndef EMULATOR_TWIN_H
#define EMULATOR_TWIN_H

#include "emulator/fleet.h"

void emulator_twin_init(struct emulator_twin *twin, const char *module_id, int64_t now);
void emulator_twin_release(struct emulator_twin *twin);

/* Puts the document in place of the section's; the caller keeps its share. Versions move only when the content differs.
 * Returns whether it did. section is one of the twin's two. */
bool emulator_twin_set(struct emulator_twin *twin, struct emulator_section *section, struct emulator_document *document,
                       int64_t now);

/* Writes the desired properties again as they are: the versions move, nothing else. */
void emulator_twin_resend(struct emulator_twin *twin, int64_t now);

/* Merges a patch {"tags": …, "properties": {"desired": …}} into the twin: null deletes, arrays are replaced. */
int emulator_twin_patch(struct emulator_twin *twin, const cJSON *patch, int64_t now, struct error *error);

/* Puts the tags and the desired properties of such an object in place of the twin's; what is missing becomes empty. */
int emulator_twin_replace(struct emulator_twin *twin, const cJSON *whole, int64_t now, struct error *error);

/* The whole twin as JSON. It borrows from the documents and the tags: use and delete it before they change. twin is the
 * device's own or one of its modules'. */
cJSON *emulator_twin_tree(const struct emulator_device *device, const struct emulator_twin *twin);

/* "AAAAAAAAAAE=": the twin's etag, for the caller to free. */
char *emulator_twin_etag(const struct emulator_twin *twin);

#endif
