#include "server/dry_run_print.h"

#include "common/cleanup.h"
#include "common/json_writer.h"
#include "server/pod_report.h"

#include <string.h>

#define ABSENT                                                                                                         \
    "would be judged absent: its configurations go after two lists that agree and a look by its name, unless the "     \
    "brake holds"

void dry_run_plan_release(struct dry_run_plan *plan)
{
    for (size_t i = 0; i < plan->placement_count; i++) {
        free(plan->placements[i].namespace);
        free(plan->placements[i].name);
    }
    free(plan->placements);
    *plan = (struct dry_run_plan){.engine = NULL};
}

int dry_run_plan_place(struct dry_run_plan *plan, const struct cluster_pod *pod, const char *node)
{
    struct dry_run_placement *placements =
        reallocarray(plan->placements, plan->placement_count + 1, sizeof(*placements));
    if (!placements)
        return -1;
    plan->placements = placements;
    struct dry_run_placement *placement = &placements[plan->placement_count++];
    int hub = pod_report_hub(plan->engine, node);
    *placement = (struct dry_run_placement){.namespace = strdup(pod->namespace),
                                            .name = strdup(pod->name),
                                            .hub = hub < 0 ? NULL : plan->engine->hubs[hub].hub->name};
    return placement->namespace && placement->name ? 0 : -1;
}

/* --- counts ----------------------------------------------------------------------------------- */

struct counts {
    size_t now, later, problems, absent;
};

static struct counts count_hub(const struct hub_worker *worker)
{
    struct counts counts = {0};
    for (size_t i = 0; i < worker->outlook.count; i++) {
        counts.now += !worker->outlook.calls[i].waits;
        counts.later += worker->outlook.calls[i].waits;
    }
    const struct hub_standing *standing = NULL;
    TAILQ_FOREACH(standing, &worker->standings, link)
    counts.problems += standing->reason != NULL;
    const struct absence *absence = NULL;
    TAILQ_FOREACH(absence, &worker->absences.list, link)
    counts.absent++;
    return counts;
}

static struct counts count_all(const struct dry_run_plan *plan)
{
    struct counts all = {0};
    for (size_t i = 0; i < plan->engine->hub_count; i++) {
        struct counts one = count_hub(&plan->engine->hubs[i]);
        all.now += one.now;
        all.later += one.later;
        all.problems += one.problems;
        all.absent += one.absent;
    }
    return all;
}

static bool is_something(const struct dry_run_plan *plan, const struct counts *counts)
{
    return counts->now || counts->later || counts->problems || counts->absent || plan->placement_count;
}

/* --- for people ------------------------------------------------------------------------------- */

static void print_calls(const struct hub_worker *worker, bool waits, FILE *out)
{
    for (size_t i = 0; i < worker->outlook.count; i++) {
        const struct explained_call *call = &worker->outlook.calls[i];
        if (call->waits == waits)
            fprintf(out, "  %s%s %s for %s/%s: %s\n", waits ? "later " : "", explanation_action_name(call->action),
                    call->id, call->namespace, call->name, call->why);
    }
}

static void print_hub(const struct hub_worker *worker, FILE *out)
{
    struct counts counts = count_hub(worker);
    if (worker->trouble) {
        fprintf(out, "hub %s: cannot be read: %s\n", worker->hub->name, worker->trouble);
        return;
    }
    bool something = counts.now || counts.later || counts.problems || counts.absent;
    fprintf(out, "hub %s:%s\n", worker->hub->name, something ? "" : " nothing to do");
    print_calls(worker, false, out);
    print_calls(worker, true, out);
    const struct hub_standing *standing = NULL;
    TAILQ_FOREACH(standing, &worker->standings, link)
    {
        if (standing->reason)
            fprintf(out, "  %s: %s: %s\n", standing->key, standing->reason, standing->message ? standing->message : "");
    }
    const struct absence *absence = NULL;
    TAILQ_FOREACH(absence, &worker->absences.list, link)
    fprintf(out, "  %s: " ABSENT "\n", absence->key);
}

bool dry_run_print_text(const struct dry_run_plan *plan, FILE *out)
{
    struct counts counts = count_all(plan);
    for (size_t i = 0; i < plan->placement_count; i++) {
        const struct dry_run_placement *placement = &plan->placements[i];
        if (placement->hub)
            fprintf(out, "pod %s/%s: would be placed on hub %s\n", placement->namespace, placement->name,
                    placement->hub);
        else
            fprintf(out, "pod %s/%s: no hub is left for it, it would stay Pending\n", placement->namespace,
                    placement->name);
    }
    for (size_t i = 0; i < plan->engine->hub_count; i++)
        print_hub(&plan->engine->hubs[i], out);
    fprintf(out, "calls now: %zu, later: %zu, problems: %zu, absent: %zu; nothing was written\n", counts.now,
            counts.later, counts.problems, counts.absent);
    return is_something(plan, &counts);
}

/* --- for machines ----------------------------------------------------------------------------- */

static void write_placements(const struct dry_run_plan *plan, struct json_writer *writer)
{
    json_name(writer, "placements"), json_begin_array(writer);
    for (size_t i = 0; i < plan->placement_count; i++) {
        json_begin_object(writer);
        json_member_string(writer, "namespace", plan->placements[i].namespace);
        json_member_string(writer, "pod", plan->placements[i].name);
        json_member_string(writer, "hub", plan->placements[i].hub);
        json_end_object(writer);
    }
    json_end_array(writer);
}

static void write_calls(const struct hub_worker *worker, struct json_writer *writer)
{
    json_name(writer, "calls"), json_begin_array(writer);
    for (size_t i = 0; i < worker->outlook.count; i++)
        explained_call_write(&worker->outlook.calls[i], writer);
    json_end_array(writer);
}

static void write_problems(const struct hub_worker *worker, struct json_writer *writer)
{
    const struct hub_standing *standing = NULL;
    json_name(writer, "problems"), json_begin_array(writer);
    TAILQ_FOREACH(standing, &worker->standings, link)
    {
        if (!standing->reason)
            continue;
        json_begin_object(writer);
        json_member_string(writer, "namespace", standing->namespace);
        json_member_string(writer, "name", standing->name);
        json_member_string(writer, "reason", standing->reason);
        json_member_string(writer, "message", standing->message);
        json_end_object(writer);
    }
    json_end_array(writer);
}

static void write_absent(const struct hub_worker *worker, struct json_writer *writer)
{
    const struct absence *absence = NULL;
    json_name(writer, "absent"), json_begin_array(writer);
    TAILQ_FOREACH(absence, &worker->absences.list, link)
    {
        json_begin_object(writer);
        json_member_string(writer, "namespace", absence->namespace);
        json_member_string(writer, "name", absence->name);
        json_end_object(writer);
    }
    json_end_array(writer);
}

static void write_hub(const struct hub_worker *worker, struct json_writer *writer)
{
    json_begin_object(writer);
    json_member_string(writer, "name", worker->hub->name);
    json_member_string(writer, "trouble", worker->trouble);
    write_calls(worker, writer);
    write_problems(worker, writer);
    write_absent(worker, writer);
    json_end_object(writer);
}

bool dry_run_print_json(const struct dry_run_plan *plan, FILE *out)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};
    struct counts counts = count_all(plan);
    json_begin_object(&writer);
    write_placements(plan, &writer);
    json_name(&writer, "hubs"), json_begin_array(&writer);
    for (size_t i = 0; i < plan->engine->hub_count; i++)
        write_hub(&plan->engine->hubs[i], &writer);
    json_end_array(&writer);
    json_end_object(&writer);
    fprintf(out, "%s\n", strbuf_string(&text));
    return is_something(plan, &counts);
}
