#include "emulator/emulator.h"

#include "common/clock.h"
#include "emulator/memory.h"

int emulator_keys_set(struct emulator_keys *keys, const char *primary, const char *secondary, struct error *error)
{
    const char *const texts[] = {primary, secondary};

    for (size_t i = 0; i < array_length(texts); i++) {
        size_t length = 0;
        cleanup_free unsigned char *bytes = texts[i] ? emulator_base64_bytes(texts[i], &length) : NULL;
        if ((i == 0 && !texts[i]) || (texts[i] && (!bytes || length == 0)))
            return error_set(error, "a key must be base64 and not empty");
    }
    free(keys->primary);
    free(keys->secondary);
    keys->primary = emulator_text_copy(primary);
    keys->secondary = emulator_text_copy(secondary);
    return 0;
}

void emulator_keys_release(struct emulator_keys *keys)
{
    free(keys->policy);
    free(keys->primary);
    free(keys->secondary);
}

static int fleet_init(struct emulator *emulator, struct error *error)
{
    if (emulator->options.fleet_file)
        return emulator_fleet_load(&emulator->state.fleet, emulator->options.fleet_file, error);
    emulator_fleet_add_defaults(&emulator->state.fleet);
    return 0;
}

/* The condition is waited for by the monotonic clock: the wall clock may jump. */
static void work_init(struct emulator *emulator)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&emulator->work, &attributes);
    pthread_condattr_destroy(&attributes);
}

int emulator_init(struct emulator *emulator, const struct emulator_options *options, const struct emulator_keys *keys,
                  struct error *error)
{
    *emulator = (struct emulator){.options = *options, .evaluate_at_ms = -1};
    emulator->hosts[0] = options->host ? options->host : "localhost";
    emulator->hosts[1] = options->host ? NULL : "127.0.0.1";
    pthread_mutex_init(&emulator->lock, NULL);
    work_init(emulator);
    emulator_faults_init(&emulator->faults);
    emulator_throttle_init(&emulator->configuration_calls, options->configuration_calls_per_minute * options->units);
    emulator_throttle_init(&emulator->query_calls, options->query_calls_per_minute * options->units);
    emulator->keys.policy = emulator_text_copy(keys->policy);
    if (options->evaluation_period_ms)
        emulator->evaluate_at_ms = clock_now_ms() + options->evaluation_period_ms;
    if (emulator_keys_set(&emulator->keys, keys->primary, keys->secondary, error) < 0 ||
        fleet_init(emulator, error) < 0) {
        emulator_release(emulator);
        return -1;
    }
    return 0;
}

void emulator_release(struct emulator *emulator)
{
    emulator_configurations_release(&emulator->state.configurations);
    emulator_fleet_release(&emulator->state.fleet);
    emulator_plans_release(&emulator->state.plans);
    emulator_history_clear(&emulator->history);
    emulator_coverage_clear(&emulator->coverage);
    emulator_faults_release(&emulator->faults);
    emulator_throttle_release(&emulator->configuration_calls);
    emulator_throttle_release(&emulator->query_calls);
    emulator_keys_release(&emulator->keys);
    pthread_cond_destroy(&emulator->work);
    pthread_mutex_destroy(&emulator->lock);
}

void emulator_evaluate_now(struct emulator *emulator)
{
    int64_t now = clock_now_ms();

    emulator_evaluate(&emulator->state, now, emulator->options.pull_delay_ms);
    emulator->evaluate_at_ms =
        emulator->options.evaluation_period_ms ? now + emulator->options.evaluation_period_ms : -1;
    pthread_cond_signal(&emulator->work);
}

void emulator_evaluate_soon(struct emulator *emulator)
{
    int64_t soon = clock_now_ms() + emulator->options.first_evaluation_ms;

    if (emulator->options.evaluation_period_ms == 0 || emulator->evaluate_at_ms <= soon)
        return;
    emulator->evaluate_at_ms = soon;
    pthread_cond_signal(&emulator->work);
}

void emulator_stop(struct emulator *emulator)
{
    pthread_mutex_lock(&emulator->lock);
    emulator->stopping = true;
    emulator->faults.stopping = true;
    emulator_faults_clear(&emulator->faults, true);
    pthread_cond_signal(&emulator->work);
    pthread_mutex_unlock(&emulator->lock);
}
