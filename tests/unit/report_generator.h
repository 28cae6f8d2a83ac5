/* What devices report of a configuration, made from a number, and what must hold of every judgement of it. */
#ifndef TESTS_UNIT_REPORT_GENERATOR_H
#define TESTS_UNIT_REPORT_GENERATOR_H

#include "tests/unit/review_generator.h"
#include "translate/module_state.h"

#define REPORT_ID      "shop-web-0123"
#define REPORT_NOW     INT64_C(1795452000000) /* 2026-11-23T16:40:00Z */
#define REPORT_DEVICES 4

static inline const char *report_pick(struct generator *generator, const char *const *texts, size_t count)
{
    return texts[generator_pick(generator, count)];
}

#define REPORT_PICK(generator, ...)                                                                                    \
    report_pick(generator, (const char *const[]){__VA_ARGS__},                                                         \
                sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* As the agent writes it: the parent's name for $upstream, :latest where there is no tag; or it runs another one. */
static inline void report_image(struct generator *generator, const char *image, struct strbuf *out)
{
    static const char upstream[] = "$upstream";
    bool from_parent = strncmp(image, upstream, strlen(upstream)) == 0;

    strbuf_add_string(out, from_parent ? "parent.example" : "");
    strbuf_add_string(out, from_parent ? image + strlen(upstream) : image);
    strbuf_add_string(out, REPORT_PICK(generator, "", "", ":latest", "x"));
    if (generator_pick(generator, 8) == 0)
        strbuf_clear(out);
}

static inline void report_module(struct generator *generator, const char *image, cJSON *module)
{
    cleanup_strbuf struct strbuf reported = STRBUF_INIT;

    report_image(generator, image, &reported);
    cJSON_AddStringToObject(cJSON_AddObjectToObject(module, "settings"), "image", strbuf_string(&reported));
    cJSON_AddStringToObject(
        module, "runtimeStatus",
        REPORT_PICK(generator, "running", "running", "running", "backoff", "failed", "dead", "stopped", "unknown"));
    cJSON_AddStringToObject(module, "statusDescription", REPORT_PICK(generator, "", "exited", "caf\u00e9\t\x01"));
    cJSON_AddStringToObject(module, "lastStartTimeUtc",
                            REPORT_PICK(generator, "2026-11-23T16:39:00Z", "0001-01-01T00:00:00Z", "yesterday"));
    cJSON_AddNumberToObject(module, "restartCount", (double)generator_pick(generator, 3));
    cJSON_AddItemToObject(module, "exitCode",
                          cJSON_CreateNumber(generator_pick(generator, 4)   ? 0
                                             : generator_pick(generator, 2) ? 9e9
                                                                            : -9e9));
}

static inline cJSON *report_twin(struct generator *generator, const struct manifest *manifest, size_t device)
{
    cJSON *twin = cJSON_CreateObject();
    cJSON *properties = cJSON_AddObjectToObject(twin, "properties");
    cJSON *desired = cJSON_AddObjectToObject(properties, "desired");
    cJSON *reported = cJSON_AddObjectToObject(properties, "reported");
    cJSON *last = cJSON_AddObjectToObject(reported, "lastDesiredStatus");
    cJSON *modules = cJSON_AddObjectToObject(reported, "modules");
    char name[32];

    (void)snprintf(name, sizeof(name), "device%02zu", (device * 7) % 10);
    cJSON_AddStringToObject(twin, "deviceId", name);
    cJSON_AddStringToObject(twin, "moduleId", "$edgeAgent");
    cJSON_AddStringToObject(cJSON_AddObjectToObject(cJSON_AddObjectToObject(twin, "configurations"), REPORT_ID),
                            "status", REPORT_PICK(generator, "Applied", "Applied", "Applied", "Targeted", "Other"));
    cJSON_AddNumberToObject(desired, "$version", 7);
    cJSON_AddStringToObject(cJSON_AddObjectToObject(desired, "$metadata"), "$lastUpdated",
                            REPORT_PICK(generator, "2026-11-23T16:38:00Z", "2026-11-23T10:00:00Z", ""));
    cJSON_AddNumberToObject(reported, "lastDesiredVersion", generator_pick(generator, 4) ? 7 : 6);
    cJSON_AddNumberToObject(last, "code", generator_pick(generator, 4) ? 200 : 400);
    cJSON_AddStringToObject(last, "description", REPORT_PICK(generator, "", "no such image"));
    for (size_t i = 0; i < manifest->module_count; i++)
        report_module(generator, manifest->images[i], cJSON_AddObjectToObject(modules, manifest->modules[i]));
    if (generator_pick(generator, 3) == 0)
        generator_break(generator, twin);
    return twin;
}

static inline void assert_states(const struct module_states *states)
{
    cleanup_free char *message = module_states_message(states);

    assert_non_null(message);
    assert_true(states->applied <= states->targeted);
    assert_true(states->succeeded + states->failed + states->offline <= states->targeted);
    for (size_t i = 0; i < states->module_count; i++) {
        assert_true(states->modules[i].running <= states->targeted - states->offline);
        /* Who is ready at all is ready for less. */
        assert_true(!module_states_ready(states, i, 100) || module_states_ready(states, i, 50));
    }
    assert_false(module_states_ready(states, states->module_count, 1));
}

static inline void generated_reports(const struct manifest *manifest, uint64_t number)
{
    struct generator generator = {.state = (number + 1) * UINT64_C(0xD1342543DE82EF95)};
    struct module_state_input input = {
        .configuration_id = REPORT_ID,
        .manifest = manifest,
        .now_wall_ms = REPORT_NOW,
        .offline_after_ms = 15 * 60000,
        .configuration_since_wall_ms = REPORT_NOW - (int64_t)generator_pick(&generator, 2) * 3600000,
    };
    struct module_states states;
    size_t devices = generator_pick(&generator, REPORT_DEVICES + 1);

    assert_int_equal(module_states_begin(&input, &states), 0);
    for (size_t i = 0; i < devices; i++) {
        cleanup_json cJSON *twin = report_twin(&generator, manifest, i);

        module_states_add_twin(&input, &states, twin);
    }
    assert_states(&states);
    module_states_release(&states);
}

#endif
