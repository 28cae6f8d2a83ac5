/* What counting and writing share: the bounded sets of labels. Private to server/metrics*.c. */
#ifndef SERVER_METRICS_PRIVATE_H
#define SERVER_METRICS_PRIVATE_H

#include "server/metrics.h"

#define METRICS_HUB_OTHER (-1)
#define METRICS_HUB_NONE  0

/* The last two are these. */
extern const int metrics_hub_codes[METRICS_HUB_CODES];
extern const int metrics_webhook_codes[METRICS_WEBHOOK_CODES];
extern const struct histogram_scale metrics_webhook_scale, metrics_hub_scale;

#endif
