/* For tests of the emulator: a hub with devices, without a network. */
#ifndef TESTS_UNIT_EMULATOR_WORLD_H
#define TESTS_UNIT_EMULATOR_WORLD_H

#include "common/cleanup.h"
#include "common/json.h"
#include "common/strbuf.h"
#include "emulator/agent.h"
#include "emulator/coverage.h"
#include "emulator/evaluation.h"
#include "emulator/twin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The report that was looked at last. */
static cJSON *world_shown;

static inline void world_init(struct emulator_hub_state *state)
{
    *state = (struct emulator_hub_state){.fleet = {.devices = NULL}};
    emulator_fleet_add_defaults(&state->fleet);
}

static inline void world_release(struct emulator_hub_state *state)
{
    emulator_configurations_release(&state->configurations);
    emulator_fleet_release(&state->fleet);
    emulator_plans_release(&state->plans);
    cJSON_Delete(world_shown);
    world_shown = NULL;
}

/* A base deployment with one module m of that image; image NULL: without modules. For the caller to free. */
static inline char *world_base(const char *image)
{
    struct strbuf text = STRBUF_INIT;

    strbuf_add_string(&text, "{\"modulesContent\":{\"$edgeAgent\":{\"properties.desired\":{\"schemaVersion\":\"1.1\","
                             "\"runtime\":{\"type\":\"docker\",\"settings\":{}},\"systemModules\":{"
                             "\"edgeAgent\":{\"type\":\"docker\",\"settings\":{\"image\":\"agent:1.5\"}},"
                             "\"edgeHub\":{\"type\":\"docker\",\"status\":\"running\",\"restartPolicy\":\"always\","
                             "\"settings\":{\"image\":\"hub:1.5\"}}},\"modules\":{");
    if (image)
        strbuf_add_format(&text,
                          "\"m\":{\"type\":\"docker\",\"status\":\"running\",\"restartPolicy\":\"always\","
                          "\"settings\":{\"image\":\"%s\"}}",
                          image);
    strbuf_add_string(&text, "}}},\"$edgeHub\":{\"properties.desired\":{\"schemaVersion\":\"1.1\",\"routes\":{},"
                             "\"storeAndForwardConfiguration\":{\"timeToLiveSecs\":60}}}");
    if (image)
        strbuf_add_string(&text, ",\"m\":{\"properties.desired\":{\"a\":{\"b\":1}}}");
    strbuf_add_string(&text, "}}");
    return strbuf_steal(&text);
}

/* Creates, or with a configuration of that id there, updates. */
static inline struct emulator_configuration *world_put(struct emulator_hub_state *state, const char *id,
                                                       const char *condition, int priority, const char *content)
{
    static const struct emulator_configuration_rules rules = {0, false};
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    cleanup_refusal struct emulator_refusal refusal = EMULATOR_REFUSAL_INIT;
    struct emulator_configuration *configuration = NULL;
    cleanup_json cJSON *body = NULL;
    const char *if_match = emulator_configurations_find(&state->configurations, id) ? "*" : NULL;

    strbuf_add_format(&text, "{\"targetCondition\":\"%s\",\"priority\":%d,\"content\":%s}", condition, priority,
                      content);
    assert_int_equal(json_parse(strbuf_string(&text), text.length, &body, NULL), 0);
    if (emulator_configurations_put(&state->configurations, &rules, id, if_match, body, &configuration, &refusal) < 0)
        fail_msg("%s: %s", id, error_message(&refusal.message));
    return configuration;
}

static inline struct emulator_configuration *world_base_put(struct emulator_hub_state *state, const char *id,
                                                            const char *condition, int priority, const char *image)
{
    cleanup_free char *content = world_base(image);

    return world_put(state, id, condition, priority, content);
}

static inline void world_delete(struct emulator_hub_state *state, const char *id)
{
    assert_int_equal(emulator_configurations_delete(&state->configurations, id, NULL, NULL), 0);
}

/* What the device's $edgeAgent reports; until the next look. */
static inline const cJSON *world_report(struct emulator_hub_state *state, const char *device_id)
{
    const struct emulator_device *device = emulator_fleet_find(&state->fleet, device_id);

    cJSON_Delete(world_shown);
    world_shown = emulator_document_copy(emulator_device_module(device, "$edgeAgent")->reported.document);
    return world_shown;
}

/* The image that the device reports for a module, or NULL. */
static inline const char *world_reported(struct emulator_hub_state *state, const char *device_id, const char *module)
{
    const cJSON *shown = json_at(world_report(state, device_id), "modules", module, NULL);

    return json_string(json_get(shown, "settings"), "image");
}

#endif
