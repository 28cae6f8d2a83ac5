/* What an UPDATE brings about, apart from what has always been so. */
#ifndef SERVER_ADMISSION_CHANGE_H
#define SERVER_ADMISSION_CHANGE_H

#include "server/review.h"
#include "translate/field_error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether an error that the new Deployment has, of one whose spec stays, comes with this update: the old one (whose
 * findings are given) did not have it, or the annotation that it is about has another value now. */
bool admission_change_brought(const struct review *review, const struct findings *old_findings,
                              const struct field_error *found);

/* Warns of what the completion left in a Deployment that was an edge Deployment and is none any more: its pods would
 * wait for ever, or be sent to hubs. */
void admission_change_warn(const struct review *review, struct findings *findings);

#endif
