/* Looks from time to time whether the serving certificate's files have changed, and tells log and metrics. */
#ifndef SERVER_CERTIFICATE_WATCH_H
#define SERVER_CERTIFICATE_WATCH_H

#include "http/certificate.h"
#include "server/metrics.h"

#include <stdbool.h>
#include <stdint.h>

struct certificate_watch {
    struct http_certificate *certificate; /* not ours */
    struct metrics *metrics;
    int64_t next_ms;
    char *last_trouble; /* what was logged last, so that it is logged once */
    bool expiry_told;
};

void certificate_watch_init(struct certificate_watch *watch, struct http_certificate *certificate,
                            struct metrics *metrics);
void certificate_watch_release(struct certificate_watch *watch);

/* Call it every second or so. Logs. */
void certificate_watch_tick(struct certificate_watch *watch);

#endif
