#include "sync/base_content.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"

#include <stdio.h>
#include <string.h>

#define MOST_CHUNKS 100

/* They are one text in pieces: createOptions, createOptions01 … */
static void chunks_join(const cJSON *settings, struct strbuf *joined)
{
    char name[32] = "createOptions";

    for (unsigned i = 1; i <= MOST_CHUNKS; i++) {
        const char *chunk = json_string(settings, name);

        if (!chunk)
            return;
        strbuf_add_string(joined, chunk);
        (void)snprintf(name, sizeof name, "createOptions%02u", i);
    }
}

/* Equal options may be written in many ways; what is no JSON is compared as it is. */
static void options_write(const cJSON *settings, struct json_writer *writer)
{
    cleanup_strbuf struct strbuf joined = STRBUF_INIT;
    cleanup_json cJSON *options = NULL;

    chunks_join(settings, &joined);
    writer->out->failed |= joined.failed;
    if (!joined.length)
        json_add_raw(writer, "{}");
    else if (json_parse(strbuf_string(&joined), joined.length, &options, NULL) == 0)
        json_add_canonical(writer, options);
    else
        json_add_string(writer, strbuf_string(&joined));
}

static int system_modules_read(const cJSON *modules, struct base_content *content)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    struct json_writer writer = {.out = &text};
    const cJSON *hub_settings = json_at(modules, "edgeHub", "settings", NULL);

    content->agent_image = json_string(json_at(modules, "edgeAgent", "settings", NULL), "image");
    content->hub_image = json_string(hub_settings, "image");
    json_begin_array(&writer);
    json_add_string(&writer, content->agent_image);
    json_add_string(&writer, content->hub_image);
    options_write(hub_settings, &writer);
    json_end_array(&writer);
    if (text.failed)
        return -1;
    content_hash(strbuf_string(&text), content->system_digest);
    return 0;
}

int base_content_read(const cJSON *content, struct base_content *ret_content)
{
    const cJSON *modules = json_get(content, "modulesContent");
    const cJSON *agent = json_get(modules ? modules : json_get(content, "moduleContent"), "$edgeAgent");
    const cJSON *desired = json_get(agent, "properties.desired");
    const cJSON *system = json_get(desired, "systemModules");

    *ret_content = (struct base_content){.is_edge = modules || agent, .is_base = cJSON_IsObject(desired)};
    return system ? system_modules_read(system, ret_content) : 0;
}
