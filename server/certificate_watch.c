#include "server/certificate_watch.h"

#include "common/banned.h"
#include "common/clock.h"
#include "common/log.h"

#include <stdlib.h>
#include <string.h>

#define PERIOD_MS 3000

static void tell_expiry(struct certificate_watch *watch)
{
    int64_t expiry = http_certificate_expiry(watch->certificate);
    watch->metrics->certificate_expiry_wall_s = expiry;
    bool expired = expiry <= clock_wall_s();
    if (expired && !watch->expiry_told)
        log_error("the serving certificate has expired: the API server refuses it, and edge Deployments with it");
    watch->expiry_told = expired;
}

/* Files that are being exchanged may not fit for a moment; the same trouble is told once. */
static void tell_trouble(struct certificate_watch *watch, struct error *error)
{
    if (watch->last_trouble && strcmp(watch->last_trouble, error_message(error)) == 0)
        return;
    atomic_fetch_add(&watch->metrics->certificate_reload_errors, 1);
    log_error("the new serving certificate cannot be used, the old one goes on serving: %s", error_message(error));
    free(watch->last_trouble);
    watch->last_trouble = error->message;
    error->message = NULL;
}

void certificate_watch_init(struct certificate_watch *watch, struct http_certificate *certificate,
                            struct metrics *metrics)
{
    *watch = (struct certificate_watch){.certificate = certificate, .metrics = metrics};
    tell_expiry(watch);
}

void certificate_watch_release(struct certificate_watch *watch)
{
    free(watch->last_trouble);
    watch->last_trouble = NULL;
}

void certificate_watch_tick(struct certificate_watch *watch)
{
    int64_t now = clock_now_ms();
    if (now < watch->next_ms)
        return;
    watch->next_ms = now + PERIOD_MS;

    cleanup_error struct error error = {0};
    int changed = http_certificate_reload(watch->certificate, &error);
    if (changed < 0)
        tell_trouble(watch, &error);
    else
        certificate_watch_release(watch);
    if (changed > 0) {
        atomic_fetch_add(&watch->metrics->certificate_reloads, 1);
        log_info("a new serving certificate is in use");
    }
    tell_expiry(watch);
}
