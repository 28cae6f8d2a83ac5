#include "emulator/state_saver.h"

#include "common/clock.h"
#include "common/file.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "emulator/memory.h"
#include "emulator/state_file.h"

/* How long a change may be missing from the file. */
#define PERIOD_MS 250
/* Of a large fleet's time, looking may take this part: the lock is held meanwhile. */
#define SHARE 20

static uint64_t digest(const struct strbuf *text)
{
    uint64_t hash = 14695981039346656037ULL;

    for (size_t i = 0; i < text->length; i++)
        hash = (hash ^ (unsigned char)text->data[i]) * 1099511628211ULL;
    return hash;
}

int emulator_state_saver_save(struct emulator_state_saver *saver, struct error *error)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;

    pthread_mutex_lock(&saver->emulator->lock);
    emulator_state_write(saver->emulator, &text);
    pthread_mutex_unlock(&saver->emulator->lock);
    if (text.failed)
        return error_set(error, "out of memory");
    uint64_t wanted = digest(&text);
    if (wanted == saver->saved)
        return 0;
    if (file_write(saver->path, text.data, text.length, 0600, error) < 0)
        return -1;
    saver->saved = wanted;
    return 0;
}

/* Waits for so long, or for the end. Returns whether it is the end. */
static bool stops_within(struct emulator_state_saver *saver, int64_t wait_ms)
{
    struct timespec deadline;

    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += (time_t)(wait_ms / 1000);
    deadline.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_sec++;
        deadline.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&saver->lock);
    while (!saver->stopping && pthread_cond_timedwait(&saver->stop, &saver->lock, &deadline) == 0)
        continue;
    bool stopping = saver->stopping;
    pthread_mutex_unlock(&saver->lock);
    return stopping;
}

static void *run(void *context)
{
    struct emulator_state_saver *saver = context;
    int64_t wait_ms = PERIOD_MS;

    while (!stops_within(saver, wait_ms)) {
        cleanup_error struct error error = {NULL};
        int64_t start = clock_now_ms();
        if (emulator_state_saver_save(saver, &error) < 0)
            log_error("the state is not saved: %s", error_message(&error));
        wait_ms = (clock_now_ms() - start) * SHARE;
        if (wait_ms < PERIOD_MS)
            wait_ms = PERIOD_MS;
    }
    return NULL;
}

static void saver_release(struct emulator_state_saver *saver)
{
    pthread_cond_destroy(&saver->stop);
    pthread_mutex_destroy(&saver->lock);
}

int emulator_state_saver_start(struct emulator_state_saver *saver, struct emulator *emulator, const char *path,
                               struct error *error)
{
    pthread_condattr_t attributes;

    *saver = (struct emulator_state_saver){.emulator = emulator, .path = path};
    pthread_mutex_init(&saver->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&saver->stop, &attributes);
    pthread_condattr_destroy(&attributes);
    int result = emulator_state_saver_save(saver, error);
    if (result == 0 && pthread_create(&saver->thread, NULL, run, saver) != 0)
        result = error_set(error, "cannot start a thread");
    if (result < 0)
        saver_release(saver);
    return result;
}

int emulator_state_saver_stop(struct emulator_state_saver *saver, struct error *error)
{
    pthread_mutex_lock(&saver->lock);
    saver->stopping = true;
    pthread_cond_signal(&saver->stop);
    pthread_mutex_unlock(&saver->lock);
    pthread_join(saver->thread, NULL);
    int result = emulator_state_saver_save(saver, error);
    saver_release(saver);
    return result;
}
