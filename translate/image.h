/* References to container images, as Docker and the IoT Edge agent read them. */
#ifndef TRANSLATE_IMAGE_H
#define TRANSLATE_IMAGE_H

#include "common/strbuf.h"

#include <stdbool.h>

/* NULL when a device can pull this reference, else what is wrong with it. Accepted is what the distribution grammar and
 * the agent's own check accept, and the agent's `$upstream:<port>/…` for images of a parent device. */
const char *image_problem(const char *image);

/* Whether it has a tag and a digest. */
bool image_has_tag_and_digest(const char *image);

/* Appends the reference as the agent takes it: it refuses a tag and a digest together, so that the digest alone stays.
 */
void image_add_for_device(struct strbuf *out, const char *image);

#endif
