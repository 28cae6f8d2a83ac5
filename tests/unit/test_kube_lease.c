#include "tests/unit/kube_fake_server.h"

#include "common/json.h"
#include "http/client.h"
#include "kube/lease.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ITEM       "/apis/coordination.k8s.io/v1/namespaces/edge/leases/leader"
#define COLLECTION "/apis/coordination.k8s.io/v1/namespaces/edge/leases"

/* A Lease as the server gives it: its holder, version, and how long it holds. */
#define LEASE(holder, version, seconds)                                                                                \
    "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\",\"metadata\":{\"name\":\"leader\",\"namespace\":"   \
    "\"edge\",\"resourceVersion\":\"" version "\",\"annotations\":{\"theirs\":\"1\"}},\"spec\":{\"holderIdentity\":"   \
    "\"" holder "\",\"leaseDurationSeconds\":" seconds ",\"leaseTransitions\":3,\"acquireTime\":"                      \
    "\"2026-01-01T00:00:00.000000Z\",\"renewTime\":\"2026-01-01T00:00:00.000000Z\"}}"
#define REFUSED(reason) "{\"kind\":\"Status\",\"reason\":\"" reason "\",\"message\":\"it is so\"}"

struct fixture {
    struct fake_server server;
    struct kube_access *access;
    struct kube_client *client;
    struct kube_lease *lease;
    unsigned duration_s;
    struct error error;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    *state = f;
    if (!f)
        return -1;
    f->duration_s = 15;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    kube_lease_free(f->lease);
    kube_access_free(f->access);
    fake_server_release(&f->server);
    error_release(&f->error);
    free(f);
    return 0;
}

static void begin(struct fixture *f, const char *owner_uid)
{
    fake_server_start(&f->server);
    f->access = fake_server_access(&f->server);
    assert_int_equal(kube_client_new(f->access, "tester/1", &f->client, NULL), 0);
    const struct kube_lease_options options = {
        .namespace = "edge",
        .name = "leader",
        .holder = "me",
        .duration_s = f->duration_s,
        .owner_node_name = owner_uid ? "node0" : NULL,
        .owner_node_uid = owner_uid,
    };
    assert_int_equal(kube_lease_new(&options, &f->lease, NULL), 0);
}

static void end(struct fixture *f)
{
    kube_client_free(f->client);
    fake_server_stop(&f->server);
}

static void assert_request(const struct fixture *f, size_t index, const char *expected)
{
    cleanup_free char *line = fake_request_line(&f->server, index);
    assert_string_equal(line, expected);
}

/* What was sent with a request; for the caller to delete. */
static cJSON *sent(const struct fixture *f, size_t index)
{
    cJSON *object = NULL;
    const char *body = fake_request_body(&f->server, index);
    assert_int_equal(json_parse(body, strlen(body), &object, NULL), 0);
    return object;
}

static enum kube_lease_result renew(struct fixture *f)
{
    return kube_lease_renew(f->lease, f->client, 5000, NULL, &f->error);
}

static void a_missing_lease_is_created(void **state)
{
    struct fixture *f = *state;
    fake_answer(&f->server, 404, REFUSED("NotFound"));
    fake_answer(&f->server, 201, LEASE("me", "1", "15"));
    begin(f, "uid-1");
    assert_int_equal(renew(f), KUBE_LEASE_OURS);
    end(f);
    assert_null(f->error.message);
    assert_string_equal(kube_lease_holder(f->lease), "me");
    assert_request(f, 0, "GET " ITEM);
    assert_request(f, 1, "POST " COLLECTION);
    cleanup_json cJSON *lease = sent(f, 1);
    const cJSON *spec = json_get(lease, "spec");
    const cJSON *owner = cJSON_GetArrayItem(json_at(lease, "metadata", "ownerReferences", NULL), 0);
    int64_t number = -1;
    assert_string_equal(json_string(lease, "kind"), "Lease");
    assert_string_equal(json_string(json_get(lease, "metadata"), "name"), "leader");
    assert_string_equal(json_string(owner, "kind"), "Node");
    assert_string_equal(json_string(owner, "name"), "node0");
    assert_string_equal(json_string(owner, "uid"), "uid-1");
    assert_string_equal(json_string(spec, "holderIdentity"), "me");
    assert_true(json_int64(spec, "leaseDurationSeconds", &number) && number == 15);
    assert_true(json_int64(spec, "leaseTransitions", &number) && number == 0);
    assert_int_equal(strlen(json_string(spec, "renewTime")), strlen("2026-01-01T00:00:00.000000Z"));
    assert_string_equal(json_string(spec, "acquireTime"), json_string(spec, "renewTime"));
}

static void our_lease_is_renewed_without_looking(void **state)
{
    struct fixture *f = *state;
    fake_answer(&f->server, 200, LEASE("me", "5", "15"));
    fake_answer(&f->server, 200, LEASE("me", "6", "15"));
    fake_answer(&f->server, 200, LEASE("me", "7", "15"));
    begin(f, NULL);
    assert_int_equal(renew(f), KUBE_LEASE_OURS);
    assert_int_equal(kube_lease_set_annotation(f->lease, "ours", "x"), 0);
    assert_int_equal(kube_lease_set_annotation(f->lease, "theirs", NULL), 0);
    assert_int_equal(renew(f), KUBE_LEASE_OURS);
    end(f);
    assert_request(f, 0, "GET " ITEM);
    assert_request(f, 1, "PUT " ITEM);
    assert_request(f, 2, "PUT " ITEM);
    cleanup_json cJSON *first = sent(f, 1);
    cleanup_json cJSON *second = sent(f, 2);
    int64_t transitions = -1;
    assert_string_equal(json_string(json_get(first, "metadata"), "resourceVersion"), "5");
    assert_string_equal(json_string(json_get(second, "metadata"), "resourceVersion"), "6");
    assert_true(json_int64(json_get(first, "spec"), "leaseTransitions", &transitions) && transitions == 3);
    assert_string_equal(json_string(json_get(first, "spec"), "acquireTime"), "2026-01-01T00:00:00.000000Z");
    assert_string_equal(json_string(json_at(first, "metadata", "annotations", NULL), "theirs"), "1");
    assert_null(json_string(json_at(second, "metadata", "annotations", NULL), "theirs"));
    assert_string_equal(json_string(json_at(second, "metadata", "annotations", NULL), "ours"), "x");
    assert_string_equal(kube_lease_annotation(f->lease, "theirs"), "1");
    assert_null(json_at(first, "metadata", "ownerReferences", NULL));
}

/* However old its renewTime is by our clock: what counts is how long we have not seen it change. */
static void a_lease_of_another_is_left_alone(void **state)
{
    struct fixture *f = *state;
    bool taken_over = false;
    fake_answer(&f->server, 200, LEASE("you", "5", "3600"));
    fake_answer(&f->server, 200, LEASE("you", "6", "3600"));
    begin(f, NULL);
    assert_int_equal(renew(f), KUBE_LEASE_HELD_BY_OTHER);
    assert_int_equal(kube_lease_renew(f->lease, f->client, 5000, &taken_over, NULL), KUBE_LEASE_HELD_BY_OTHER);
    end(f);
    assert_false(taken_over);
    assert_string_equal(kube_lease_holder(f->lease), "you");
    assert_request(f, 1, "GET " ITEM);
}

static void a_lease_that_was_let_go_is_taken(void **state)
{
    struct fixture *f = *state;
    bool taken_over = true;
    fake_answer(&f->server, 200, LEASE("", "5", "3600"));
    fake_answer(&f->server, 200, LEASE("me", "6", "15"));
    begin(f, NULL);
    assert_int_equal(kube_lease_renew(f->lease, f->client, 5000, &taken_over, NULL), KUBE_LEASE_OURS);
    end(f);
    assert_false(taken_over);
    cleanup_json cJSON *lease = sent(f, 1);
    int64_t transitions = -1;
    assert_true(json_int64(json_get(lease, "spec"), "leaseTransitions", &transitions) && transitions == 4);
    assert_string_not_equal(json_string(json_get(lease, "spec"), "acquireTime"), "2026-01-01T00:00:00.000000Z");
}

/* Where the holder names no duration, ours counts; one of zero has ended in the moment in which the Lease is seen. */
static void an_expired_lease_is_taken_over(void **state)
{
    struct fixture *f = *state;
    bool taken_over = false;
    fake_answer(&f->server, 200, LEASE("you", "5", "0"));
    fake_answer(&f->server, 200, LEASE("me", "6", "15"));
    f->duration_s = 0;
    begin(f, NULL);
    assert_int_equal(kube_lease_renew(f->lease, f->client, 5000, &taken_over, NULL), KUBE_LEASE_OURS);
    end(f);
    assert_true(taken_over);
    assert_request(f, 1, "PUT " ITEM);
    cleanup_json cJSON *lease = sent(f, 1);
    int64_t transitions = -1;
    assert_string_equal(json_string(json_get(lease, "metadata"), "resourceVersion"), "5");
    assert_string_equal(json_string(json_get(lease, "spec"), "holderIdentity"), "me");
    assert_true(json_int64(json_get(lease, "spec"), "leaseTransitions", &transitions) && transitions == 4);
}

/* Who is killed and comes back under the same name has calls on their way like anybody else. */
static void our_own_of_an_earlier_life_is_taken_over(void **state)
{
    struct fixture *f = *state;
    bool taken_over = false;
    fake_answer(&f->server, 200, LEASE("me", "5", "3600"));
    fake_answer(&f->server, 200, LEASE("me", "6", "15"));
    fake_answer(&f->server, 200, LEASE("me", "7", "15"));
    begin(f, NULL);
    assert_int_equal(kube_lease_renew(f->lease, f->client, 5000, &taken_over, NULL), KUBE_LEASE_OURS);
    assert_true(taken_over);
    assert_int_equal(kube_lease_renew(f->lease, f->client, 5000, &taken_over, NULL), KUBE_LEASE_OURS);
    end(f);
    assert_false(taken_over);
    assert_int_equal(f->server.request_count, 3);
}

/* Deleting another's Lease does not end him. */
static void one_that_vanished_from_under_another_is_taken_over(void **state)
{
    struct fixture *f = *state;
    bool taken_over = false;
    fake_answer(&f->server, 200, LEASE("you", "5", "3600"));
    fake_answer(&f->server, 404, REFUSED("NotFound"));
    fake_answer(&f->server, 201, LEASE("me", "1", "15"));
    begin(f, NULL);
    assert_int_equal(renew(f), KUBE_LEASE_HELD_BY_OTHER);
    assert_int_equal(kube_lease_renew(f->lease, f->client, 5000, &taken_over, NULL), KUBE_LEASE_OURS);
    end(f);
    assert_true(taken_over);
    assert_request(f, 2, "POST " COLLECTION);
}

static void a_conflict_is_looked_at(void **state)
{
    struct fixture *f = *state;
    fake_answer(&f->server, 200, LEASE("me", "5", "15"));
    fake_answer(&f->server, 200, LEASE("me", "6", "15"));
    fake_answer(&f->server, 409, REFUSED("Conflict"));
    fake_answer(&f->server, 200, LEASE("me", "8", "15"));
    fake_answer(&f->server, 200, LEASE("me", "9", "15"));
    fake_answer(&f->server, 409, REFUSED("Conflict"));
    fake_answer(&f->server, 200, LEASE("you", "10", "15"));
    begin(f, NULL);
    assert_int_equal(kube_lease_set_annotation(f->lease, "ours", "x"), 0);
    assert_int_equal(renew(f), KUBE_LEASE_OURS);
    assert_int_equal(renew(f), KUBE_LEASE_OURS);
    assert_int_equal(renew(f), KUBE_LEASE_HELD_BY_OTHER);
    end(f);
    assert_null(f->error.message);
    cleanup_json cJSON *again = sent(f, 4);
    assert_string_equal(json_string(json_get(again, "metadata"), "resourceVersion"), "8");
    assert_request(f, 6, "GET " ITEM);
    assert_int_equal(f->server.request_count, 7);
}

static void a_lease_that_went_away_is_made_anew_with_the_new_owner(void **state)
{
    struct fixture *f = *state;
    fake_answer(&f->server, 200, LEASE("me", "5", "15"));
    fake_answer(&f->server, 200, LEASE("me", "6", "15"));
    fake_answer(&f->server, 404, REFUSED("NotFound"));
    fake_answer(&f->server, 404, REFUSED("NotFound"));
    fake_answer(&f->server, 201, LEASE("me", "8", "15"));
    begin(f, "uid-1");
    assert_int_equal(renew(f), KUBE_LEASE_OURS);
    assert_int_equal(kube_lease_set_owner_uid(f->lease, "uid-2"), 0);
    assert_int_equal(renew(f), KUBE_LEASE_OURS);
    end(f);
    assert_request(f, 4, "POST " COLLECTION);
    cleanup_json cJSON *lease = sent(f, 4);
    const cJSON *owner = cJSON_GetArrayItem(json_at(lease, "metadata", "ownerReferences", NULL), 0);
    assert_string_equal(json_string(owner, "uid"), "uid-2");
}

static void a_missing_namespace_is_told(void **state)
{
    struct fixture *f = *state;
    fake_answer(&f->server, 404, REFUSED("NotFound"));
    fake_answer(&f->server, 404, REFUSED("NotFound"));
    begin(f, NULL);
    assert_int_equal(renew(f), KUBE_LEASE_FAILED);
    end(f);
    assert_string_equal(f->error.message, "POST " COLLECTION ": 404 NotFound: it is so");
}

static void a_refusal_is_told(void **state)
{
    struct fixture *f = *state;
    fake_answer(&f->server, 403, REFUSED("Forbidden"));
    begin(f, NULL);
    assert_int_equal(renew(f), KUBE_LEASE_FAILED);
    end(f);
    assert_string_equal(f->error.message, "GET " ITEM ": 403 Forbidden: it is so");
}

static void letting_go_leaves_no_holder(void **state)
{
    struct fixture *f = *state;
    fake_answer(&f->server, 200, LEASE("me", "5", "15"));
    fake_answer(&f->server, 200, LEASE("me", "6", "15"));
    fake_answer(&f->server, 409, REFUSED("Conflict"));
    fake_answer(&f->server, 200, LEASE("me", "7", "15"));
    fake_answer(&f->server, 200, LEASE("", "8", "15"));
    begin(f, NULL);
    assert_int_equal(kube_lease_let_go(f->lease, f->client, 5000, &f->error), 0);
    assert_int_equal(renew(f), KUBE_LEASE_OURS);
    assert_int_equal(kube_lease_let_go(f->lease, f->client, 5000, &f->error), 0);
    end(f);
    assert_null(kube_lease_holder(f->lease));
    assert_int_equal(f->server.request_count, 5);
    cleanup_json cJSON *lease = sent(f, 4);
    assert_null(json_get(json_get(lease, "spec"), "holderIdentity"));
    assert_string_equal(json_string(json_get(lease, "metadata"), "resourceVersion"), "7");
}

#define with_server(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_server(a_missing_lease_is_created),
        with_server(our_lease_is_renewed_without_looking),
        with_server(a_lease_of_another_is_left_alone),
        with_server(a_lease_that_was_let_go_is_taken),
        with_server(an_expired_lease_is_taken_over),
        with_server(our_own_of_an_earlier_life_is_taken_over),
        with_server(one_that_vanished_from_under_another_is_taken_over),
        with_server(a_conflict_is_looked_at),
        with_server(a_lease_that_went_away_is_made_anew_with_the_new_owner),
        with_server(a_missing_namespace_is_told),
        with_server(a_refusal_is_told),
        with_server(letting_go_leaves_no_holder),
    };
    http_client_global_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
