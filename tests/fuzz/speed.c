/* How long the judging code takes for inputs made to be slow, in milliseconds of processor time for each MiB.
 *
 * usage: speed [--all] [--limit MS] [WORD]...
 *
 *   --all       also the shapes that stay below the limit, slowest first
 *   --limit MS  what an input may take for each MiB of it: 15
 *   WORD        only shapes with one of these words in their name or target
 *
 * Each shape of speed_shapes.c is written in several sizes and goes in by the door that it would come by: a review or a
 * ConfigMap as the body of an admission request, in the arena in which the webhook parses; a text of createOptions, a
 * condition or a route into the function that the webhook gives it to, the arena open as well; YAML as kubectl-iotedge
 * reads it, and a Deployment as the sync engine translates it, both with malloc. The best of several runs counts, since
 * other processes only ever add. Ends with 1 when something is above the limit.
 *
 * What is translated fits in the twin of a module, or is refused by its size: so a translation has an allowance of 10
 * ms whatever it is given, and above that the limit. A route is measured as long as it may be in a ConfigMap.
 * YAML is no part of the whole: libyaml allocates each token, and alone needs more than the limit for files as people
 * write them. Asked for by its name it is measured without libyaml's own reading of the same text. */
#include "common/banned.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "common/yaml.h"
#include "server/admission.h"
#include "server/arena.h"
#include "tests/fuzz/speed_shapes.h"
#include "translate/create_options.h"
#include "translate/create_options_check.h"
#include "translate/manifest.h"
#include "translate/route.h"
#include "translate/target_condition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <yaml.h>

#define MIB              1048576.0
#define DEFAULT_LIMIT    15.0
#define RUNS             3
#define MORE_RUNS        12  /* for what seems to be too slow */
#define MAX_SECONDS      0.2 /* of all runs, but for the first */
#define MAX_MEASUREMENTS 4096
#define ROUTE_LENGTH     4000
#define ROUTE_RUNS       50   /* of one measurement, since a route is short */
#define ALLOWANCE        10.0 /* ms of a translation */

static const size_t sizes[] = {(size_t)64 << 10, (size_t)512 << 10, (size_t)3 << 20};

struct measurement {
    const struct speed_shape *shape;
    const char *door;
    size_t length;
    double rate; /* ms for each MiB */
};

struct options {
    bool all;
    double limit;
    char **words;
    int word_count;
};

struct table {
    struct measurement items[MAX_MEASUREMENTS];
    size_t count;
};

/* --- the doors --- */

static double processor_seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double run_admission(enum webhook_path path, const char *text, size_t length)
{
    static struct metrics metrics;
    struct admission admission = {.metrics = &metrics};
    struct http_response response = {0};
    double begun = processor_seconds();

    admission_answer(&admission, path, text, length, &response);
    begun = processor_seconds() - begun;
    free(response.body);
    return begun;
}

static double run_mutate(const char *text, size_t length)
{
    return run_admission(WEBHOOK_MUTATE, text, length);
}

static double run_validate(const char *text, size_t length)
{
    return run_admission(WEBHOOK_VALIDATE, text, length);
}

static double run_create_options(const char *text, size_t length)
{
    double begun = processor_seconds();
    cleanup_findings struct findings findings = FINDINGS_INIT;
    cleanup_free char *minified = NULL;

    (void)length;
    arena_begin();
    if (create_options_minify(text, &minified, NULL) == 0)
        create_options_check(minified, "data[createOptions]", CREATE_OPTIONS_WRITTEN, &findings);
    arena_end(NULL);
    return processor_seconds() - begun;
}

static double run_condition(const char *text, size_t length)
{
    double begun = processor_seconds();
    cleanup_findings struct findings findings = FINDINGS_INIT;

    (void)length;
    if (target_condition_check(text, NULL) == 0)
        target_condition_warn(text, &findings);
    return processor_seconds() - begun;
}

static double run_route(const char *text, size_t length)
{
    double begun = processor_seconds();

    (void)length;
    for (int i = 0; i < ROUTE_RUNS; i++) {
        cleanup_findings struct findings findings = FINDINGS_INIT;
        cleanup_route struct route route = ROUTE_INIT;
        struct route_position position;

        (void)route_read(text, "route up", &route, &position, &findings, NULL);
    }
    return (processor_seconds() - begun) / ROUTE_RUNS;
}

/* As many events as there are before the end or a mistake. */
static double run_libyaml(const char *text, size_t length)
{
    double begun = processor_seconds();
    yaml_parser_t parser;
    yaml_event_t event;
    bool more = true;

    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    while (more && yaml_parser_parse(&parser, &event)) {
        more = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return processor_seconds() - begun;
}

static double run_yaml(const char *text, size_t length)
{
    double begun = processor_seconds();
    cJSON *documents = NULL;

    (void)yaml_parse(text, length, &documents, NULL);
    cJSON_Delete(documents);
    return processor_seconds() - begun - run_libyaml(text, length);
}

static const cJSON *find_config_map(void *context, const char *name)
{
    return json_get(json_get(context, "configMaps"), name);
}

/* The engine has parsed its objects long before. */
static double run_translation(const char *text, size_t length)
{
    static const struct system_modules system_modules = {
        .edge_agent_image = "registry.example/agent:1.5",
        .edge_hub_image = "registry.example/hub:1.5",
        .edge_hub_create_options = "{}",
    };
    cleanup_json cJSON *world = NULL;
    cleanup_manifest struct manifest manifest = MANIFEST_INIT;
    cleanup_findings struct findings findings = FINDINGS_INIT;
    double begun;

    if (json_parse(text, length, &world, NULL) < 0)
        abort();
    struct manifest_input input = {
        .deployment = json_get(world, "deployment"),
        .config_map = find_config_map,
        .context = world,
        .system_modules = system_modules,
    };
    begun = processor_seconds();
    (void)manifest_translate(&input, &manifest, &findings);
    return processor_seconds() - begun;
}

/* --- what goes in --- */

#define REVIEW_HEAD                                                                                                    \
    "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"1\",\"namespace\":"   \
    "\"default\",\"operation\":\"%s\",\"kind\":{\"group\":\"%s\",\"version\":\"v1\",\"kind\":\"%s\"},\"object\":"

static void wrap_deployment(struct strbuf *out, const char *text, bool update)
{
    strbuf_add_format(out, REVIEW_HEAD, update ? "UPDATE" : "CREATE", "apps", "Deployment");
    strbuf_add_string(out, text);
    if (update) {
        strbuf_add_string(out, ",\"oldObject\":");
        strbuf_add_string(out, text);
    }
    strbuf_add_string(out, "}}");
}

static void wrap_config_map(struct strbuf *out, const char *name, const char *key, const char *text)
{
    struct json_writer writer = {.out = out};

    strbuf_add_format(out, REVIEW_HEAD, "CREATE", "", "ConfigMap");
    strbuf_add_format(out, "{\"metadata\":{\"name\":\"%s\"},\"data\":", name);
    if (key) {
        json_begin_object(&writer);
        json_member_string(&writer, key, text);
        json_end_object(&writer);
    } else {
        strbuf_add_string(out, text);
    }
    strbuf_add_string(out, "}}}");
}

struct door {
    const char *name;
    double (*run)(const char *text, size_t length);
    double allowance; /* ms */
};

static const struct {
    const char *name;
    const char *config_map, *key;
    struct door doors[2];
} targets[SPEED_TARGETS] = {
    [SPEED_REVIEW] = {"review", NULL, NULL, {{"/mutate", run_mutate}, {"/validate", run_validate}}},
    [SPEED_UPDATE] = {"update", NULL, NULL, {{"/mutate", run_mutate}, {"/validate", run_validate}}},
    [SPEED_CONFIG_MAP] = {"ConfigMap", "sensor", NULL, {{"/validate", run_validate}}},
    [SPEED_EDGE_HUB] = {"edgehub", "edgehub", "desiredProperties", {{"/validate", run_validate}}},
    [SPEED_EDGE_AGENT] = {"edgeagent", "edgeagent", "desiredProperties", {{"/validate", run_validate}}},
    [SPEED_DESIRED] = {"desiredProperties", "sensor", "desiredProperties", {{"/validate", run_validate}}},
    [SPEED_ENV] = {"env", "sensor", "env", {{"/validate", run_validate}}},
    [SPEED_CREATE_OPTIONS] = {"createOptions",
                              "sensor",
                              "createOptions",
                              {{"/validate", run_validate}, {"text", run_create_options}}},
    [SPEED_CONDITION] = {"condition", NULL, NULL, {{"text", run_condition}}},
    [SPEED_ROUTE] = {"route", NULL, NULL, {{"text", run_route}}},
    [SPEED_YAML] = {"YAML", NULL, NULL, {{"text", run_yaml}}},
    [SPEED_TRANSLATION] = {"translation", NULL, NULL, {{"engine", run_translation, ALLOWANCE}}},
};

/* As that door takes it. */
static void wrap(enum speed_target target, const struct door *door, const char *text, struct strbuf *out)
{
    if (target == SPEED_REVIEW || target == SPEED_UPDATE)
        wrap_deployment(out, text, target == SPEED_UPDATE);
    else if (targets[target].config_map && door->run == run_validate)
        wrap_config_map(out, targets[target].config_map, targets[target].key, text);
    else
        strbuf_add_string(out, text);
}

/* --- measuring --- */

static double best_of_some(const struct door *door, const struct strbuf *text, double limit_ms)
{
    double best = 1e9, spent = processor_seconds();

    for (int i = 0; i < RUNS || (i < MORE_RUNS && best * 1e3 > limit_ms); i++) {
        double took = door->run(text->data, text->length);

        best = took < best ? took : best;
        if (processor_seconds() - spent > MAX_SECONDS)
            break;
    }
    return best;
}

static void measure(const struct speed_shape *shape, const struct options *options, struct table *table)
{
    for (size_t d = 0; d < 2; d++) {
        const struct door *door = &targets[shape->target].doors[d];

        for (size_t i = 0; i < array_length(sizes) && door->run; i++) {
            cleanup_strbuf struct strbuf text = STRBUF_INIT;
            cleanup_strbuf struct strbuf wrapped = STRBUF_INIT;
            double mib, took;

            if (shape->target == SPEED_ROUTE && i > 0)
                break;
            speed_shape_write(shape, shape->target == SPEED_ROUTE ? ROUTE_LENGTH : sizes[i], &text);
            wrap(shape->target, door, strbuf_string(&text), &wrapped);
            if (text.failed || wrapped.failed || table->count == MAX_MEASUREMENTS)
                abort();
            mib = (double)wrapped.length / MIB;
            took = best_of_some(door, &wrapped, options->limit * mib) - door->allowance / 1e3;
            table->items[table->count++] = (struct measurement){shape, door->name, wrapped.length, took * 1e3 / mib};
            if (took > MAX_SECONDS)
                break;
        }
    }
}

static bool is_wanted(const struct speed_shape *shape, const struct options *options)
{
    for (int i = 0; i < options->word_count; i++) {
        if (strstr(shape->name, options->words[i]) || strcmp(targets[shape->target].name, options->words[i]) == 0)
            return true;
    }
    return options->word_count == 0 && shape->target != SPEED_YAML;
}

static int compare(const void *a, const void *b)
{
    const struct measurement *x = a, *y = b;

    return x->rate > y->rate ? -1 : x->rate < y->rate;
}

static int report(struct table *table, const struct options *options)
{
    size_t above = 0;

    qsort(table->items, table->count, sizeof(*table->items), compare);
    for (size_t i = 0; i < table->count; i++) {
        const struct measurement *item = &table->items[i];

        above += item->rate > options->limit;
        if (options->all || item->rate > options->limit)
            printf("%9.1f ms/MiB  %8.2f KiB  %-17s %-9s %s\n", item->rate, (double)item->length / 1024,
                   targets[item->shape->target].name, item->door, item->shape->name);
    }
    printf("%zu measurements of %zu shapes, %zu above %g ms/MiB\n", table->count, speed_shape_count, above,
           options->limit);
    return above ? 1 : 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: speed [--all] [--limit MS] [WORD]...\n");
    return 2;
}

int main(int argc, char **argv)
{
    static struct table table;
    struct options options = {.limit = DEFAULT_LIMIT};
    int at = 1;

    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strcmp(argv[at], "--all") == 0)
            options.all = true;
        else if (strcmp(argv[at], "--limit") == 0 && at + 1 < argc)
            options.limit = strtod(argv[++at], NULL);
        else
            return usage();
    }
    options.words = argv + at;
    options.word_count = argc - at;
    arena_install();
    for (size_t i = 0; i < speed_shape_count; i++) {
        if (is_wanted(&speed_shapes[i], &options))
            measure(&speed_shapes[i], &options, &table);
    }
    return report(&table, &options);
}
