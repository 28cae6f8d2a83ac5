/* Inputs of any size that are hard for something: what the speed of the judging code is measured with. */
#ifndef TESTS_FUZZ_SPEED_SHAPES_H
#define TESTS_FUZZ_SPEED_SHAPES_H

#include "common/strbuf.h"

#include <stddef.h>

/* What a text is. */
enum speed_target {
    SPEED_REVIEW,         /* a Deployment, judged and completed by the webhook */
    SPEED_UPDATE,         /* the same, beside itself as the old object */
    SPEED_CONFIG_MAP,     /* the data of a ConfigMap of a module */
    SPEED_EDGE_HUB,       /* desiredProperties of edgehub */
    SPEED_EDGE_AGENT,     /* desiredProperties of edgeagent */
    SPEED_DESIRED,        /* desiredProperties of a module */
    SPEED_ENV,            /* env of a module's ConfigMap */
    SPEED_CREATE_OPTIONS, /* createOptions of a module */
    SPEED_CONDITION,      /* a target condition */
    SPEED_ROUTE,
    SPEED_YAML,
    SPEED_TRANSLATION, /* a Deployment and its ConfigMaps, as the sync engine translates them */
    SPEED_TARGETS,
};

/* before, then item again and again with between in between, then after. In item a # is its number and a ~ the number
 * as letters; where those are not enough, write does it all. */
struct speed_shape {
    enum speed_target target;
    const char *name;
    const char *before, *item, *between, *after;
    void (*write)(struct strbuf *out, size_t size);
};

extern const struct speed_shape speed_shapes[];
extern const size_t speed_shape_count;

/* About size bytes of it. */
void speed_shape_write(const struct speed_shape *shape, size_t size, struct strbuf *out);

#endif
