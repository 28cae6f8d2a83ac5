#include "virtual_node/reports.h"

#include "common/cleanup.h"
#include "common/json.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <string.h>

struct fixture {
    struct node_reports reports;
    struct error error;
};

static int set_up(void **state)
{
    static char first[] = "hub0", second[] = "hub1";
    static struct hub items[] = {{.name = first}, {.name = second}};
    const struct hubs hubs = {items, array_length(items)};
    struct fixture *f = calloc(1, sizeof(*f));
    *state = f;
    return f ? node_reports_init(&f->reports, &hubs, NULL) : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    node_reports_release(&f->reports);
    error_release(&f->error);
    free(f);
    return 0;
}

#define HEALTH                                                                                                         \
    "{\\\"reachable\\\":true,\\\"everReachable\\\":true,\\\"message\\\":\\\"\\\",\\\"time\\\":\\\"2026-11-23T16:39:"   \
    "23Z\\\"}"

/* A Lease renewed at that second whose annotations are given as JSON members. */
static int take(struct fixture *f, int second, const char *annotations, int64_t now_ms)
{
    cleanup_free char *text = NULL;
    cleanup_json cJSON *lease = NULL;
    int length = asprintf(&text,
                          "{\"metadata\":{\"annotations\":{%s}},\"spec\":{\"holderIdentity\":\"a\",\"renewTime\":"
                          "\"2026-11-23T16:39:%02d.000000Z\",\"leaseDurationSeconds\":30}}",
                          annotations, second);
    assert_true(length > 0);
    assert_int_equal(json_parse(text, (size_t)length, &lease, NULL), 0);
    return node_reports_take(&f->reports, lease, now_ms, &f->error);
}

static void assert_sights(const struct fixture *f, enum node_sight first, enum node_sight second)
{
    assert_int_equal(f->reports.views[0].sight, first);
    assert_int_equal(f->reports.views[1].sight, second);
}

static void without_a_lease_nothing_is_known(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(node_reports_take(&f->reports, NULL, 1000, &f->error), 0);
    assert_sights(f, NODE_SIGHT_NONE, NODE_SIGHT_NONE);
}

static void each_hub_has_its_annotation(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(take(f, 1, "\"iot-edge-connector/hub-hub1\":\"" HEALTH "\"", 1000), 0);
    assert_sights(f, NODE_SIGHT_NONE, NODE_SIGHT_FRESH);
    assert_true(f->reports.views[1].health.reachable);
    assert_true(f->reports.views[1].health.ever_reachable);
}

static void a_lease_that_nobody_renews_is_silent(void **state)
{
    struct fixture *f = *state;
    const char *annotation = "\"iot-edge-connector/hub-hub0\":\"" HEALTH "\"";
    take(f, 1, annotation, 1000);
    /* Four times the Lease's 30 s. */
    take(f, 1, annotation, 121000);
    assert_sights(f, NODE_SIGHT_FRESH, NODE_SIGHT_NONE);
    take(f, 1, annotation, 121001);
    assert_sights(f, NODE_SIGHT_SILENT, NODE_SIGHT_NONE);
    take(f, 2, annotation, 130000);
    assert_sights(f, NODE_SIGHT_FRESH, NODE_SIGHT_NONE);
    node_reports_age(&f->reports, 250000);
    assert_sights(f, NODE_SIGHT_FRESH, NODE_SIGHT_NONE);
    node_reports_age(&f->reports, 250001);
    assert_sights(f, NODE_SIGHT_SILENT, NODE_SIGHT_NONE);
}

static void what_was_known_outlives_the_lease(void **state)
{
    struct fixture *f = *state;
    take(f, 1, "\"iot-edge-connector/hub-hub0\":\"" HEALTH "\"", 1000);
    assert_int_equal(node_reports_take(&f->reports, NULL, 2000, &f->error), 0);
    assert_sights(f, NODE_SIGHT_SILENT, NODE_SIGHT_NONE);
    assert_true(f->reports.views[0].health.ever_reachable);
}

static void an_annotation_that_cannot_be_read_harms_its_hub_alone(void **state)
{
    struct fixture *f = *state;
    const char *annotations = "\"iot-edge-connector/hub-hub0\":\"{\",\"iot-edge-connector/hub-hub1\":\"" HEALTH "\"";
    assert_int_equal(take(f, 1, annotations, 1000), -1);
    assert_memory_equal(error_message(&f->error), "annotation iot-edge-connector/hub-hub0: ", 40);
    assert_sights(f, NODE_SIGHT_NONE, NODE_SIGHT_FRESH);
}

#define with_reports(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_reports(without_a_lease_nothing_is_known),
        with_reports(each_hub_has_its_annotation),
        with_reports(a_lease_that_nobody_renews_is_silent),
        with_reports(what_was_known_outlives_the_lease),
        with_reports(an_annotation_that_cannot_be_read_harms_its_hub_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
