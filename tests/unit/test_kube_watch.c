#include "tests/unit/kube_fake_server.h"

#include "common/json.h"
#include "http/client.h"
#include "kube/watch.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LIST_A "{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[{\"metadata\":{\"name\":\"a\"}}]}"
#define LIST_B "{\"metadata\":{\"resourceVersion\":\"20\"},\"items\":[{\"metadata\":{\"name\":\"b\"}}]}"
#define GONE   "{\"kind\":\"Status\",\"reason\":\"Expired\",\"message\":\"too old resource version\",\"code\":410}"
#define EVENT(type, name, version)                                                                                     \
    "{\"type\":\"" type "\",\"object\":{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" version "\"}}}\n"

/* What the watch said, in words; it is stopped after as many as the test expects. */
struct fixture {
    struct fake_server server;
    struct kube_access *access;
    struct kube_watch *watch;
    struct strbuf seen;
    const char *stop_at;   /* this word ends the watch */
    const char *relist_at; /* this one asks for a list */
    bool statuses;         /* of troubles are told */
    int64_t idle_limit_ms;
    bool metadata; /* is asked for alone */
    bool untold;   /* the words of trouble are those of the HTTP client: only that there is some */
};

static void note(struct fixture *f, const char *word, const char *name)
{
    char text[64];
    snprintf(text, sizeof(text), "%s%s", word, name);
    strbuf_add_format(&f->seen, "%s ", text);
    if (f->relist_at && !strcmp(text, f->relist_at)) {
        f->relist_at = NULL;
        kube_watch_relist(f->watch);
    }
    if (!strcmp(text, f->stop_at))
        kube_watch_stop(f->watch);
}

static const char *name_of(const cJSON *object)
{
    return json_string_or(json_get(object, "metadata"), "name", "?");
}

static void on_begin(void *context)
{
    note(context, "begin", "");
}

static void on_put(void *context, const cJSON *object)
{
    note(context, "+", name_of(object));
}

static void on_gone(void *context, const cJSON *object)
{
    note(context, "-", name_of(object));
}

static void on_end(void *context)
{
    note(context, "end", "");
}

static void on_trouble(void *context, int status, const char *message)
{
    struct fixture *f = context;
    strbuf_add_format(&f->seen, "(%s) ", f->untold ? "trouble" : message);
    if (f->statuses)
        strbuf_add_format(&f->seen, "%d ", status);
}

static void on_recovered(void *context)
{
    struct fixture *f = context;
    if (f->statuses)
        note(f, "recovered", "");
}

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    kube_access_free(f->access);
    fake_server_release(&f->server);
    strbuf_release(&f->seen);
    free(f);
    return 0;
}

/* Watches until the word, and checks what was said until then. */
static void watch_until(struct fixture *f, const char *stop_at, const char *expected)
{
    fake_server_start(&f->server);
    f->access = fake_server_access(&f->server);
    f->stop_at = stop_at;
    const struct kube_watch_options options = {
        .path = "/api/v1/pods",
        .query = "labelSelector=x%3Dy",
        .metadata = f->metadata,
        .list_begin = on_begin,
        .put = on_put,
        .gone = on_gone,
        .list_end = on_end,
        .trouble = on_trouble,
        .recovered = on_recovered,
        .idle_limit_ms = f->idle_limit_ms,
        .context = f,
    };
    assert_int_equal(kube_watch_new(f->access, "tester/1", &options, &f->watch, NULL), 0);
    kube_watch_run(f->watch);
    kube_watch_free(f->watch);
    fake_server_stop(&f->server);
    assert_string_equal(strbuf_string(&f->seen), expected);
}

/* The time-out, which is random, is left out of a watch's line. */
static void assert_request(const struct fixture *f, size_t index, const char *expected)
{
    cleanup_free char *line = fake_request_line(&f->server, index);
    char *seconds = strstr(line, "timeoutSeconds=");
    if (seconds) {
        unsigned long value = strtoul(seconds + 15, NULL, 10);
        assert_in_range(value, 300, 600);
        memmove(seconds + 15, seconds + 18, strlen(seconds + 18) + 1);
    }
    assert_string_equal(line, expected);
}

#define LIST_LINE "GET /api/v1/pods?limit=500&labelSelector=x%3Dy"
#define WATCH_LINE(version)                                                                                            \
    "GET /api/v1/pods?watch=true&allowWatchBookmarks=true&timeoutSeconds=&resourceVersion=" version                    \
    "&labelSelector=x%3Dy"

static void lists_and_watches(void **state)
{
    struct fixture *f = *state;
    const char *const pieces[] = {EVENT("ADDED", "b", "11"), "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":",
                                  "{\"name\":\"a\",\"resourceVersion\":\"12\"}}}\n" EVENT("DELETED", "b", "13"), NULL};
    fake_answer(&f->server, 200, LIST_A);
    fake_stream(&f->server, pieces, FAKE_HOLD);
    watch_until(f, "-b", "begin +a end +b +a -b ");
    assert_request(f, 0, LIST_LINE);
    assert_request(f, 1, WATCH_LINE("10"));
    assert_int_equal(f->server.request_count, 2);
}

static void goes_on_where_a_watch_ended(void **state)
{
    struct fixture *f = *state;
    const char *const first[] = {EVENT("ADDED", "b", "11"), NULL};
    const char *const second[] = {EVENT("BOOKMARK", "", "15"), "{\"type\":\"ADD", NULL};
    const char *const third[] = {EVENT("ADDED", "c", "16"), NULL};
    fake_answer(&f->server, 200, LIST_A);
    fake_stream(&f->server, first, FAKE_KEEP);
    fake_stream(&f->server, second, FAKE_KEEP);
    fake_stream(&f->server, third, FAKE_HOLD);
    watch_until(f, "+c", "begin +a end +b +c ");
    assert_request(f, 2, WATCH_LINE("11"));
    assert_request(f, 3, WATCH_LINE("15"));
}

static void goes_on_after_a_broken_connection(void **state)
{
    struct fixture *f = *state;
    const char *const first[] = {EVENT("ADDED", "b", "11"), NULL};
    const char *const second[] = {EVENT("ADDED", "c", "12"), NULL};
    fake_answer(&f->server, 200, LIST_A);
    fake_stream(&f->server, first, FAKE_CLOSE);
    fake_stream(&f->server, second, FAKE_HOLD);
    f->untold = true;
    watch_until(f, "+c", "begin +a end +b (trouble) +c ");
    assert_request(f, 2, WATCH_LINE("11"));
}

static void follows_pages(void **state)
{
    struct fixture *f = *state;
    fake_answer(&f->server, 200,
                "{\"metadata\":{\"resourceVersion\":\"10\",\"continue\":\"x/=\"},\"items\":[{\"metadata\":"
                "{\"name\":\"a\"}},{\"metadata\":{\"name\":\"b\"}}]}");
    fake_answer(&f->server, 200,
                "{\"metadata\":{\"resourceVersion\":\"10\",\"continue\":\"\"},\"items\":[{\"metadata\":"
                "{\"name\":\"c\"}}]}");
    watch_until(f, "end", "begin +a +b +c end ");
    assert_request(f, 1, LIST_LINE "&continue=x%2F%3D");
}

/* What is no list says nothing about absence, however well-formed it is. */
static void what_is_no_list_is_no_empty_one(void **state)
{
    struct fixture *f = *state;
    const char *const half[] = {"{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[{\"metadata\":{\"name\":\"h\"}},",
                                NULL};
    fake_answer(&f->server, 200, "{}");
    fake_answer(&f->server, 200, "{\"metadata\":{\"resourceVersion\":\"9\"}}");
    fake_answer(&f->server, 200, "{\"metadata\":{},\"items\":[]}");
    fake_answer(&f->server, 200, "<html>");
    fake_stream(&f->server, half, FAKE_KEEP);
    fake_answer(&f->server, 200, LIST_A);
    f->untold = true;
    watch_until(f, "end", "begin (trouble) begin begin begin (trouble) begin +h (trouble) begin +a end ");
}

/* The page before it may be used, the list as a whole may not. */
static void a_second_page_that_fails_is_no_end(void **state)
{
    struct fixture *f = *state;
    fake_answer(
        &f->server, 200,
        "{\"metadata\":{\"resourceVersion\":\"10\",\"continue\":\"x\"},\"items\":[{\"metadata\":{\"name\":\"a\"}}]}");
    fake_answer(&f->server, 500, "{\"message\":\"no\"}");
    fake_answer(&f->server, 200, LIST_B);
    watch_until(f, "end", "begin +a (GET /api/v1/pods: 500: no) begin +b end ");
}

static void a_watch_of_metadata_asks_for_no_more(void **state)
{
    struct fixture *f = *state;
    const char *const event[] = {EVENT("ADDED", "b", "11"), NULL};
    f->metadata = true;
    fake_answer(&f->server, 200, LIST_A);
    fake_stream(&f->server, event, FAKE_HOLD);
    watch_until(f, "+b", "begin +a end +b ");
    assert_non_null(
        strstr(f->server.requests[0], "Accept: application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1\r\n"));
    assert_non_null(
        strstr(f->server.requests[1], "Accept: application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1\r\n"));
}

/* Listing is allowed, watching is not: whoever reads this must know that it is no passing trouble. */
static void a_refused_watch_is_told_until_it_delivers(void **state)
{
    struct fixture *f = *state;
    const char *const event[] = {EVENT("ADDED", "b", "11"), NULL};
    f->statuses = true;
    fake_answer(&f->server, 200, LIST_A);
    for (int i = 0; i < 6; i++)
        fake_answer(&f->server, 403, "{\"reason\":\"Forbidden\",\"message\":\"no\"}");
    fake_answer(&f->server, 200, LIST_A);
    fake_stream(&f->server, event, FAKE_HOLD);
    watch_until(f, "recovered", "begin +a end (GET /api/v1/pods: 403 Forbidden: no) 403 begin +a end +b recovered ");
}

/* The other side is gone without a word. What was seen until then is not asked for again. */
static void a_watch_that_is_silent_for_too_long_is_begun_anew(void **state)
{
    struct fixture *f = *state;
    const char *const first[] = {EVENT("ADDED", "b", "11"), NULL};
    const char *const second[] = {EVENT("ADDED", "c", "12"), NULL};
    f->idle_limit_ms = 300;
    f->untold = true;
    fake_answer(&f->server, 200, LIST_A);
    fake_stream(&f->server, first, FAKE_HOLD);
    fake_stream(&f->server, second, FAKE_HOLD);
    watch_until(f, "+c", "begin +a end +b (trouble) +c ");
    assert_request(f, 2, WATCH_LINE("11"));
}

static void a_list_that_expires_begins_anew(void **state)
{
    struct fixture *f = *state;
    fake_answer(
        &f->server, 200,
        "{\"metadata\":{\"resourceVersion\":\"10\",\"continue\":\"x\"},\"items\":[{\"metadata\":{\"name\":\"a\"}}]}");
    fake_answer(&f->server, 410, GONE);
    fake_answer(&f->server, 200, LIST_B);
    watch_until(f, "end", "begin +a (GET /api/v1/pods: 410 Expired: too old resource version) begin +b end ");
    assert_request(f, 2, LIST_LINE);
}

static void a_version_that_is_too_old_leads_to_a_list(void **state)
{
    struct fixture *f = *state;
    const char *const expired[] = {EVENT("ADDED", "c", "11"), "{\"type\":\"ERROR\",\"object\":" GONE "}\n", NULL};
    fake_answer(&f->server, 200, LIST_A);
    fake_stream(&f->server, expired, FAKE_KEEP);
    fake_answer(&f->server, 200, LIST_B);
    fake_answer(&f->server, 410, GONE);
    fake_answer(&f->server, 200, LIST_A);
    const char *const last[] = {EVENT("ADDED", "z", "21"), NULL};
    fake_stream(&f->server, last, FAKE_HOLD);
    watch_until(f, "+z", "begin +a end +c begin +b end begin +a end +z ");
    assert_request(f, 2, LIST_LINE);
    assert_request(f, 3, WATCH_LINE("20"));
    assert_request(f, 4, LIST_LINE);
}

static void an_event_that_cannot_be_read_leads_to_a_list(void **state)
{
    struct fixture *f = *state;
    const char *const broken[] = {"{\"type\":\"WEIRD\",\"object\":{}}\n", NULL};
    const char *const missing[] = {"{\"type\":\"ADDED\"}\n", NULL};
    const char *const last[] = {EVENT("ADDED", "z", "21"), NULL};
    fake_answer(&f->server, 200, LIST_A);
    fake_stream(&f->server, broken, FAKE_KEEP);
    fake_answer(&f->server, 200, LIST_A);
    fake_stream(&f->server, missing, FAKE_KEEP);
    fake_answer(&f->server, 200, LIST_A);
    fake_stream(&f->server, last, FAKE_HOLD);
    watch_until(f, "+z",
                "begin +a end (watch /api/v1/pods: an event of type \"WEIRD\" that can't be understood came) "
                "begin +a end (watch /api/v1/pods: an event of type \"ADDED\" that can't be understood came) "
                "begin +a end +z ");
    assert_request(f, 2, LIST_LINE);
    assert_request(f, 4, LIST_LINE);
}

static void trouble_is_told_once(void **state)
{
    struct fixture *f = *state;
    const char *refusal = "{\"reason\":\"Forbidden\",\"message\":\"no\"}";
    const char *other_figure = "{\"reason\":\"Busy\",\"message\":\"wait 17 s\"}";
    const char *const event[] = {EVENT("ADDED", "b", "11"), NULL};
    const char *const last[] = {EVENT("ADDED", "z", "21"), NULL};
    fake_answer(&f->server, 403, refusal);
    fake_answer(&f->server, 429, "{\"reason\":\"Busy\",\"message\":\"wait 5 s\"}");
    fake_answer(&f->server, 429, other_figure);
    fake_answer(&f->server, 200, LIST_A);
    fake_stream(&f->server, event, FAKE_KEEP);
    fake_answer(&f->server, 403, refusal);
    fake_stream(&f->server, last, FAKE_HOLD);
    watch_until(f, "+z",
                "(GET /api/v1/pods: 403 Forbidden: no) (GET /api/v1/pods: 429 Busy: wait 5 s) begin +a end +b (GET "
                "/api/v1/pods: 403 Forbidden: no) +z ");
    assert_request(f, 6, WATCH_LINE("11"));
}

static void a_relist_breaks_off_a_watch(void **state)
{
    struct fixture *f = *state;
    const char *const event[] = {EVENT("ADDED", "b", "11"), NULL};
    const char *const last[] = {EVENT("ADDED", "z", "21"), NULL};
    fake_answer(&f->server, 200, LIST_A);
    fake_stream(&f->server, event, FAKE_HOLD);
    fake_answer(&f->server, 200, LIST_B);
    fake_stream(&f->server, last, FAKE_HOLD);
    f->relist_at = "+b";
    watch_until(f, "+z", "begin +a end +b begin +b end +z ");
    assert_request(f, 2, LIST_LINE);
    assert_request(f, 3, WATCH_LINE("20"));
}

/* The list under way is complete for its reader, but it began before the wish. */
static void a_relist_during_a_list_makes_another(void **state)
{
    struct fixture *f = *state;
    fake_answer(&f->server, 200, LIST_A);
    fake_answer(&f->server, 200, LIST_B);
    const char *const last[] = {EVENT("ADDED", "z", "21"), NULL};
    fake_stream(&f->server, last, FAKE_HOLD);
    f->relist_at = "+a";
    watch_until(f, "+z", "begin +a end begin +b end +z ");
    assert_request(f, 1, LIST_LINE);
}

static void a_watch_that_was_stopped_before_makes_no_call(void **state)
{
    struct fixture *f = *state;
    fake_server_start(&f->server);
    f->access = fake_server_access(&f->server);
    const struct kube_watch_options options = {.path = "/a", .context = f};
    assert_int_equal(kube_watch_new(f->access, "tester/1", &options, &f->watch, NULL), 0);
    kube_watch_stop(f->watch);
    kube_watch_run(f->watch);
    kube_watch_free(f->watch);
    fake_server_stop(&f->server);
    assert_int_equal(f->server.request_count, 0);
}

#define with_server(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_server(lists_and_watches),
        with_server(goes_on_where_a_watch_ended),
        with_server(goes_on_after_a_broken_connection),
        with_server(follows_pages),
        with_server(what_is_no_list_is_no_empty_one),
        with_server(a_second_page_that_fails_is_no_end),
        with_server(a_watch_of_metadata_asks_for_no_more),
        with_server(a_refused_watch_is_told_until_it_delivers),
        with_server(a_watch_that_is_silent_for_too_long_is_begun_anew),
        with_server(a_list_that_expires_begins_anew),
        with_server(a_version_that_is_too_old_leads_to_a_list),
        with_server(an_event_that_cannot_be_read_leads_to_a_list),
        with_server(trouble_is_told_once),
        with_server(a_relist_breaks_off_a_watch),
        with_server(a_relist_during_a_list_makes_another),
        with_server(a_watch_that_was_stopped_before_makes_no_call),
    };
    http_client_global_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
