/* The desired properties of $edgeAgent and $edgeHub as the device reads them: names of members in any letter case, and
 * the words of status, restartPolicy and imagePullPolicy too. Both are brought to their usual spelling. */
#ifndef EMULATOR_MANIFEST_READ_H
#define EMULATOR_MANIFEST_READ_H

#include "emulator/document.h"

/* The document with the usual spelling: itself when it has that already, else another that it keeps. Both live as long
 * as it does. */
struct emulator_document *emulator_manifest_read_agent(struct emulator_document *document);
struct emulator_document *emulator_manifest_read_hub(struct emulator_document *document);

#endif
