/* Ways in which a hub may differ from the one that everybody expects. All are off at first; the admin interface turns
 * them on. */
#ifndef EMULATOR_QUIRKS_H
#define EMULATOR_QUIRKS_H

#include "common/error.h"
#include "common/json_writer.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

/* What twins say of connections. */
enum emulator_connection_lie {
    EMULATOR_CONNECTION_TRUE,
    EMULATOR_CONNECTION_CONNECTED,
    EMULATOR_CONNECTION_DISCONNECTED,
    EMULATOR_CONNECTION_INVERTED,
};

struct emulator_quirks {
    bool queue_throttled;   /* a call over the rate waits for its turn, at most 10 s, before it gets 429 */
    int64_t clock_skew_s;   /* the hub's clock is so much ahead: in Date and for tokens */
    bool delete_first;      /* a delete is evaluated at once, when no new configuration has been evaluated yet */
    bool resend_on_delete;  /* a delete writes the twins of its devices again: the same content, a new version */
    bool normalise_content; /* content is stored with its names sorted and without nulls */
    bool newest_layer_only; /* of several layers only the newest reaches a device */
    enum emulator_connection_lie connection;
};

/* Changes those that the object names: throttling (refuse, queue), clockSkew (seconds), deleteFirst, resendOnDelete,
 * normaliseContent, layers (union, newest), connectionState (true, connected, disconnected, inverted). Nothing is
 * changed when one of them is wrong. */
int emulator_quirks_change(struct emulator_quirks *quirks, const cJSON *order, struct error *error);
void emulator_quirks_write(struct json_writer *json, const struct emulator_quirks *quirks);

/* A copy of a content as the hub normalises it. */
cJSON *emulator_quirks_normalise(const cJSON *content);

#endif
