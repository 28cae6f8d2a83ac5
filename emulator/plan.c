#include "emulator/plan.h"

#include "common/json.h"
#include "emulator/memory.h"
#include "emulator/twin_limits.h"

static void plan_free(struct emulator_plan *plan)
{
    for (size_t i = 0; i < plan->module_count; i++) {
        free(plan->module_ids[i]);
        emulator_document_drop(plan->desired[i]);
    }
    free(plan->module_ids);
    free(plan->desired);
    free(plan->orders);
    free(plan);
}

static bool plan_is_for(const struct emulator_plan *plan, struct emulator_configuration *const *configurations,
                        size_t count)
{
    if (plan->order_count != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (plan->orders[i] != configurations[i]->order)
            return false;
    return true;
}

static bool is_system_module(const char *id)
{
    return strcmp(id, "$edgeAgent") == 0 || strcmp(id, "$edgeHub") == 0;
}

/* Desired properties of a module that $edgeAgent is not told to run have no twin to go to. */
static void plan_fill(struct emulator_plan *plan, cJSON *merged)
{
    cleanup_json cJSON *modules = cJSON_Duplicate(json_at(merged, "$edgeAgent", "modules", NULL), true);
    size_t most = (size_t)cJSON_GetArraySize(merged);

    plan->module_ids = emulator_allocate(most * sizeof(*plan->module_ids));
    plan->desired = emulator_allocate(most * sizeof(struct emulator_document *));
    for (cJSON *module = merged->child; module; module = merged->child) {
        cJSON_DetachItemViaPointer(merged, module);
        if (!is_system_module(module->string) && !json_get(modules, module->string)) {
            cJSON_Delete(module);
            continue;
        }
        plan->module_ids[plan->module_count] = emulator_text_copy(module->string);
        plan->desired[plan->module_count++] = emulator_document_new(module);
    }
}

static struct emulator_plan *plan_new(struct emulator_configuration *const *configurations, size_t count)
{
    struct emulator_plan *plan = emulator_allocate(sizeof(*plan));
    cleanup_free const cJSON **contents = emulator_allocate(count * sizeof(*contents));

    plan->orders = emulator_allocate(count * sizeof(*plan->orders));
    plan->order_count = count;
    for (size_t i = 0; i < count; i++) {
        plan->orders[i] = configurations[i]->order;
        contents[i] = configurations[i]->content;
    }
    cleanup_json cJSON *merged = emulator_content_merge(contents, count);
    plan_fill(plan, merged);
    for (size_t i = 0; i < plan->module_count; i++)
        if (emulator_twin_limits_check(plan->desired[i]->tree, plan->module_ids[i], EMULATOR_TWIN_DESIRED_LIMIT, NULL) <
            0)
            plan->oversize = true;
    return plan;
}

struct emulator_plan *emulator_plan_for(struct emulator_plans *plans,
                                        struct emulator_configuration *const *configurations, size_t count)
{
    struct emulator_plan *plan = NULL;

    for (size_t i = 0; i < plans->count && !plan; i++)
        if (plan_is_for(plans->items[i], configurations, count))
            plan = plans->items[i];
    if (!plan) {
        plan = plan_new(configurations, count);
        plans->items = emulator_array_grow(plans->items, plans->count, &plans->capacity, sizeof(*plans->items));
        plans->items[plans->count++] = plan;
    }
    plan->used = true;
    return plan;
}

void emulator_plans_sweep(struct emulator_plans *plans)
{
    size_t kept = 0;

    for (size_t i = 0; i < plans->count; i++) {
        if (!plans->items[i]->used) {
            plan_free(plans->items[i]);
            continue;
        }
        plans->items[i]->used = false;
        plans->items[kept++] = plans->items[i];
    }
    plans->count = kept;
}

void emulator_plans_release(struct emulator_plans *plans)
{
    for (size_t i = 0; i < plans->count; i++)
        plan_free(plans->items[i]);
    free(plans->items);
    *plans = (struct emulator_plans){NULL, 0, 0};
}
