#include "emulator/emulator.h"

#include "common/clock.h"
#include "emulator/memory.h"

static int fleet_init(struct emulator *emulator, struct error *error)
{
    const struct emulator_options *options = &emulator->options;
    struct emulator_fleet *fleet = &emulator->state.fleet;

    fleet->backoff_ms = options->backoff_ms;
    if (options->fleet_file && emulator_fleet_load(fleet, options->fleet_file, error) < 0)
        return -1;
    if (emulator_fleet_generate(fleet, options->devices, options->tags, options->tag_count, error) < 0)
        return -1;
    if (!options->fleet_file && options->devices == 0)
        emulator_fleet_add_defaults(fleet);
    return 0;
}

/* The conditions are waited for by the monotonic clock: the wall clock may jump. */
static void conditions_init(struct emulator *emulator)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&emulator->work, &attributes);
    pthread_cond_init(&emulator->moved, &attributes);
    pthread_condattr_destroy(&attributes);
}

int emulator_init(struct emulator *emulator, const struct emulator_options *options, const struct emulator_keys *keys,
                  struct error *error)
{
    *emulator = (struct emulator){.options = *options, .evaluate_at_ms = -1};
    emulator->hosts[0] = options->host ? options->host : "localhost";
    emulator->hosts[1] = options->host ? NULL : "127.0.0.1";
    pthread_mutex_init(&emulator->lock, NULL);
    conditions_init(emulator);
    emulator_faults_init(&emulator->faults);
    emulator_throttle_init(&emulator->configuration_calls, options->configuration_calls_per_minute * options->units);
    emulator_throttle_init(&emulator->query_calls, options->query_calls_per_minute * options->units);
    emulator_entra_init(&emulator->entra, options->entra_client, options->entra_rights,
                        options->token_lifetime_ms / 1000);
    if (options->evaluation_period_ms)
        emulator->evaluate_at_ms = clock_now_ms() + options->evaluation_period_ms;
    if (emulator_policies_init(&emulator->policies, keys, options->policy_keys, options->policy_key_count, error) < 0 ||
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
    emulator_policies_release(&emulator->policies);
    free(emulator->before_last.hidden_id);
    free(emulator->before_last.shown);
    pthread_cond_destroy(&emulator->moved);
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
    pthread_cond_broadcast(&emulator->moved);
    pthread_mutex_unlock(&emulator->lock);
}

int64_t emulator_wall_s(const struct emulator *emulator)
{
    return clock_wall_s() + emulator->state.quirks.clock_skew_s;
}

void emulator_wait(struct emulator *emulator, pthread_cond_t *condition, int64_t until_ms)
{
    int64_t wait_ms = until_ms - clock_now_ms();
    struct timespec deadline;

    if (wait_ms <= 0)
        return;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += (time_t)(wait_ms / 1000);
    deadline.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_sec++;
        deadline.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(condition, &emulator->lock, &deadline);
}

bool emulator_pause_until_moved(struct emulator *emulator, int64_t until_ms)
{
    if (!emulator->stopping)
        emulator_wait(emulator, &emulator->moved, until_ms);
    return !emulator->stopping;
}

bool emulator_pause(struct emulator *emulator, int64_t until_ms)
{
    while (clock_now_ms() < until_ms)
        if (!emulator_pause_until_moved(emulator, until_ms))
            return false;
    return true;
}
