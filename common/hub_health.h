/* How a hub is doing, as the connector's leader tells it to the virtual node: an annotation on the connector's Lease,
 * one for each hub, whose value is
 *
 *     {"reachable":false,"everReachable":true,"message":"401 Unauthorized: …","time":"2026-11-23T16:39:23Z"}
 *
 * `everReachable` never goes back to false: a new leader takes it over from the annotation it finds. */
#ifndef COMMON_HUB_HEALTH_H
#define COMMON_HUB_HEALTH_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hub_health {
    bool reachable;      /* the last call to the hub was answered as it should */
    bool ever_reachable; /* once, by this connector or one before it */
    char *message;       /* a sentence for people, owned; "" at least after hub_health_read */
    int64_t time_s;      /* since when reachable is what it is, in seconds since 1970 */
};

#define HUB_HEALTH_INIT                                                                                                \
    {                                                                                                                  \
        false, false, NULL, 0                                                                                          \
    }

void hub_health_release(struct hub_health *health);

#define cleanup_hub_health __attribute__((cleanup(hub_health_release)))

/* "iot-edge-connector/hub-<hub>": the annotation's name. The text belongs to the caller; NULL without memory. */
char *hub_health_annotation(const char *hub);

/* The annotation's value. A message beyond 1024 bytes is cut. The text belongs to the caller; NULL without memory. */
char *hub_health_write(const struct hub_health *health);

/* Reads a value. On failure *health stays as it was. */
int hub_health_read(const char *text, struct hub_health *health, struct error *error);

#endif
