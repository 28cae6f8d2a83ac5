#include "tests/unit/kube_fake_server.h"

#include "kube/client.h"
#include "server/events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct event_target deployment = {"Deployment", "apps/v1", "shop", "web", "u1"};
static const struct event_target lease = {"Lease", "coordination.k8s.io/v1", "edge", "connector", "u2"};

/* Posts what is queued to a server that answers so. */
static bool post(struct event_queue *queue, struct fake_server *server)
{
    struct kube_client *client = NULL;
    cleanup_error struct error error = {NULL};

    fake_server_start(server);
    struct kube_access *access = fake_server_access(server);

    if (kube_client_new(access, "test", &client, &error) < 0)
        fail_msg("%s", error_message(&error));
    bool well = event_queue_post(queue, client, "test");

    kube_client_free(client);
    kube_access_free(access);
    fake_server_stop(server);
    return well;
}

static void test_one_that_is_refused_is_told_about_the_other(void **state)
{
    struct fake_server server = {0};
    struct event_queue queue;

    (void)state;
    event_queue_init(&queue);
    event_queue_add_or(&queue, &deployment, &lease, false, "Deleted", "it is gone");
    fake_answer(&server, 403, "{\"kind\":\"Status\",\"reason\":\"Forbidden\"}");
    fake_answer(&server, 201, "{}");
    assert_true(post(&queue, &server));
    assert_int_equal(queue.count, 0);
    assert_int_equal(server.request_count, 2);
    assert_non_null(strstr(server.requests[0], "POST /api/v1/namespaces/shop/events"));
    assert_non_null(strstr(server.requests[1], "POST /api/v1/namespaces/edge/events"));
    assert_non_null(strstr(server.requests[1], "\"kind\":\"Lease\""));
    assert_non_null(strstr(server.requests[1], "it is gone"));
    fake_server_release(&server);
}

static void test_one_that_is_taken_is_told_once(void **state)
{
    struct fake_server server = {0};
    struct event_queue queue;

    (void)state;
    event_queue_init(&queue);
    event_queue_add_or(&queue, &deployment, &lease, false, "Deleted", "it is gone");
    fake_answer(&server, 201, "{}");
    assert_true(post(&queue, &server));
    assert_int_equal(server.request_count, 1);
    fake_server_release(&server);
}

/* Of a Deployment whose uid nobody knows there can be no Event. */
static void test_without_the_first_the_other_is_told(void **state)
{
    const struct event_target unknown = {"Deployment", "apps/v1", "shop", "web", NULL};
    struct fake_server server = {0};
    struct event_queue queue;

    (void)state;
    event_queue_init(&queue);
    event_queue_add_or(&queue, &unknown, &lease, false, "Deleted", "it is gone");
    fake_answer(&server, 201, "{}");
    assert_true(post(&queue, &server));
    assert_non_null(strstr(server.requests[0], "POST /api/v1/namespaces/edge/events"));
    fake_server_release(&server);
}

static void test_in_trouble_all_is_kept(void **state)
{
    struct fake_server server = {0};
    struct event_queue queue;

    (void)state;
    event_queue_init(&queue);
    event_queue_add_or(&queue, &deployment, &lease, false, "Deleted", "it is gone");
    fake_answer(&server, 503, "{}");
    assert_false(post(&queue, &server));
    assert_int_equal(queue.count, 1);
    event_queue_release(&queue);
    fake_server_release(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_that_is_refused_is_told_about_the_other),
        cmocka_unit_test(test_one_that_is_taken_is_told_once),
        cmocka_unit_test(test_without_the_first_the_other_is_told),
        cmocka_unit_test(test_in_trouble_all_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
