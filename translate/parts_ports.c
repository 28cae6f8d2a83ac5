#include "translate/parts_ports.h"

#include "common/cleanup.h"
#include "translate/edge_agent.h"
#include "translate/host_ports.h"

#include <stdlib.h>

struct place {
    char text[FIELD_PATH_SIZE];
};

void parts_check_ports(const struct manifest_input *input, const struct parts *parts, struct findings *findings)
{
    cleanup_free struct host_ports_module *modules = calloc(parts->module_count + 1, sizeof(*modules));
    cleanup_free struct place *places = calloc(parts->module_count + 1, sizeof(*places));
    cleanup_free char *edge_hub = NULL;

    /* A layer runs beside the edgeHub of a base deployment that is not known here. */
    if (!parts->annotations.layered && input->system_modules.edge_hub_create_options)
        edge_hub = edge_agent_hub_create_options(parts->edge_agent, input->system_modules.edge_hub_create_options);
    if (!modules || !places) {
        findings->failed = 1;
        return;
    }
    modules[0] = (struct host_ports_module){"edgeHub", edge_hub, ""};
    for (size_t i = 0; i < parts->module_count; i++) {
        const struct module *module = &parts->modules[i];

        field_path(places[i].text, "spec.template.spec.containers[%zu]", i);
        modules[i + 1] = (struct host_ports_module){module->name, module->settings.create_options, places[i].text};
    }
    host_ports_check(modules, parts->module_count + 1, findings);
}
