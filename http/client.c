/* One client: a libcurl multi handle with one easy handle in it. The multi handle is there for curl_multi_wakeup, which
 * is what makes a stop from another thread immediate. */
#include "http/client.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/strbuf.h"
#include "http/pem_file.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>

enum {
    /* Poll counts CLOCK_MONOTONIC, which stands still while the machine sleeps; our deadlines do not. */
    LONGEST_POLL_MS = 10 * 1000,
    HEADERS_LIMIT = 256 * 1024,
};

struct http_client {
    CURLM *multi;
    CURL *easy;
    char *base_url;
    struct http_pem_file ca, certificate, key;
    atomic_bool stopped;
    char curl_error[CURL_ERROR_SIZE];
};

/* One request under way. */
struct exchange {
    struct http_client *client;
    const struct http_client_request *request;
    struct strbuf body, headers;
    struct curl_slist *header_list;
    bool sent; /* a connection stood and the request was about to be written to it */
    int64_t last_byte_ms;
    const char *refusal; /* why we ended it ourselves; static */
};

void http_client_global_init(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void url_free_pointer(CURLU **url)
{
    curl_url_cleanup(*url);
}

static void curl_text_free_pointer(char **text)
{
    curl_free(*text);
}

#define cleanup_curl_url  __attribute__((cleanup(url_free_pointer)))
#define cleanup_curl_text __attribute__((cleanup(curl_text_free_pointer)))

static bool host_is_loopback(const char *host)
{
    return strcasecmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 || strcmp(host, "[::1]") == 0;
}

/* Refuses everything but https, and http to this machine. */
static int check_base_url(const char *base_url, bool *ret_plain, bool *ret_loopback, struct error *error)
{
    cleanup_curl_url CURLU *url = curl_url();
    cleanup_curl_text char *scheme = NULL;
    cleanup_curl_text char *host = NULL;

    if (!url)
        return error_set(error, "out of memory");
    if (curl_url_set(url, CURLUPART_URL, base_url, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        return error_set(error, "%s is not a URL such as https://host:443", base_url);
    *ret_plain = strcmp(scheme, "http") == 0;
    *ret_loopback = host_is_loopback(host);
    if (*ret_plain && !*ret_loopback)
        return error_set(error, "%s would send credentials in the clear: use https", base_url);
    if (!*ret_plain && strcmp(scheme, "https") != 0)
        return error_set(error, "%s has a scheme other than https", base_url);
    return 0;
}

/* Trust comes from exactly one place: with a CA of its own, the system's folder and bundle are switched off. */
static int set_trust(struct http_client *client, const struct http_client_options *options, struct error *error)
{
    const char *path = options->ca_file;

    if (options->ca_data) {
        if (http_pem_file_open(&client->ca, options->ca_data, error) < 0)
            return -1;
        path = client->ca.path;
    }
    curl_easy_setopt(client->easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(client->easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!path)
        return 0;
    curl_easy_setopt(client->easy, CURLOPT_CAPATH, NULL);
    if (curl_easy_setopt(client->easy, CURLOPT_CAINFO, path) != CURLE_OK)
        return error_set(error, "out of memory");
    return 0;
}

/* libcurl with GnuTLS 7.88 takes certificates from files only. */
static int set_client_certificate(struct http_client *client, const struct http_client_options *options,
                                  struct error *error)
{
    if (!options->client_certificate && !options->client_key)
        return 0;
    if (!options->client_certificate || !options->client_key)
        return error_set(error, "a client certificate and its key come together: one of them is missing");
    if (http_pem_file_open(&client->certificate, options->client_certificate, error) < 0 ||
        http_pem_file_open(&client->key, options->client_key, error) < 0)
        return -1;
    if (curl_easy_setopt(client->easy, CURLOPT_SSLCERT, client->certificate.path) != CURLE_OK ||
        curl_easy_setopt(client->easy, CURLOPT_SSLKEY, client->key.path) != CURLE_OK)
        return error_set(error, "out of memory");
    return 0;
}

/* What no request changes. */
static int set_constants(struct http_client *client, const struct http_client_options *options, struct error *error)
{
    CURL *easy = client->easy;
    bool plain = false;
    bool loopback = false;

    if (check_base_url(options->base_url, &plain, &loopback, error) < 0)
        return -1;
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, client->curl_error);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    /* A watch may be silent for minutes: probes find out when the other side is gone. */
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 30L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 15L);
    /* The environment names a proxy for the world outside, never for this machine. */
    if (loopback)
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    if (options->user_agent && curl_easy_setopt(easy, CURLOPT_USERAGENT, options->user_agent) != CURLE_OK)
        return error_set(error, "out of memory");
    if (set_trust(client, options, error) < 0)
        return -1;
    return set_client_certificate(client, options, error);
}

int http_client_new(const struct http_client_options *options, struct http_client **ret_client, struct error *error)
{
    cleanup_http_client struct http_client *client = calloc(1, sizeof *client);

    if (!client)
        return error_set(error, "out of memory");
    client->ca.fd = client->certificate.fd = client->key.fd = -1;
    client->base_url = strdup(options->base_url);
    client->multi = curl_multi_init();
    client->easy = curl_easy_init();
    if (!client->base_url || !client->multi || !client->easy)
        return error_set(error, "out of memory");
    if (set_constants(client, options, error) < 0)
        return -1;
    *ret_client = steal_ptr(client);
    return 0;
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    curl_easy_cleanup(client->easy);
    curl_multi_cleanup(client->multi);
    http_pem_file_close(&client->ca);
    http_pem_file_close(&client->certificate);
    http_pem_file_close(&client->key);
    free(client->base_url);
    free(client);
}

void http_client_stop(struct http_client *client)
{
    atomic_store(&client->stopped, true);
    curl_multi_wakeup(client->multi);
}

/* libcurl calls this when a connection stands and the request is next. A second time means that a kept connection had
 * died under the request and libcurl wants to send it once more: whether to do that is the caller's to decide. */
static int before_request(void *context, char *remote, char *local, int remote_port, int local_port)
{
    struct exchange *exchange = context;

    (void)remote, (void)local, (void)remote_port, (void)local_port;
    if (exchange->sent) {
        exchange->refusal = "the connection ended before an answer came";
        return CURL_PREREQFUNC_ABORT;
    }
    exchange->sent = true;
    return CURL_PREREQFUNC_OK;
}

static size_t on_header(char *data, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    size_t length = size * count;

    exchange->last_byte_ms = clock_now_ms();
    /* A status line begins a new answer: what came before was an interim one (100 Continue). */
    if (length >= 5 && memcmp(data, "HTTP/", 5) == 0) {
        strbuf_clear(&exchange->headers);
        return length;
    }
    if (length <= 2)
        return length;
    if (exchange->headers.length + length > HEADERS_LIMIT) {
        exchange->refusal = "the answer's headers are too long";
        return 0;
    }
    strbuf_add(&exchange->headers, data, length);
    return length;
}

static long answer_status(const struct exchange *exchange)
{
    long status = 0;

    curl_easy_getinfo(exchange->client->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/* The length was announced mostly; then the body is allocated once. */
static void reserve_body(struct exchange *exchange)
{
    curl_off_t announced = -1;

    curl_easy_getinfo(exchange->client->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
    if (announced > 0 && (size_t)announced <= exchange->request->answer_limit)
        strbuf_reserve(&exchange->body, (size_t)announced);
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    const struct http_client_request *request = exchange->request;
    size_t length = size * count;

    exchange->last_byte_ms = clock_now_ms();
    if (request->on_data && answer_status(exchange) == 200) {
        if (request->on_data(request->context, data, length) == 0)
            return length;
        exchange->refusal = "its receiver ended the answer";
        return 0;
    }
    if (length > request->answer_limit - exchange->body.length) {
        exchange->refusal = "the answer is longer than the limit";
        return 0;
    }
    if (exchange->body.length == 0)
        reserve_body(exchange);
    strbuf_add(&exchange->body, data, length);
    return length;
}

static int add_header(struct curl_slist **list, const char *header, struct error *error)
{
    if (strpbrk(header, "\r\n"))
        return error_set(error, "a header with a line break in it cannot be sent");
    struct curl_slist *longer = curl_slist_append(*list, header);
    if (!longer)
        return error_set(error, "out of memory");
    *list = longer;
    return 0;
}

static int set_headers(struct exchange *exchange, struct error *error)
{
    bool typed = false;

    for (const char *const *header = exchange->request->headers; header && *header; header++) {
        typed = typed || strncasecmp(*header, "Content-Type:", 13) == 0;
        if (add_header(&exchange->header_list, *header, error) < 0)
            return -1;
    }
    /* A name without a value takes libcurl's own header away: no waiting for 100 Continue, no form type. */
    if (add_header(&exchange->header_list, "Expect:", error) < 0)
        return -1;
    if (!typed && add_header(&exchange->header_list, "Content-Type:", error) < 0)
        return -1;
    curl_easy_setopt(exchange->client->easy, CURLOPT_HTTPHEADER, exchange->header_list);
    return 0;
}

static bool method_has_body(const struct http_client_request *request)
{
    return request->body || strcmp(request->method, "POST") == 0 || strcmp(request->method, "PUT") == 0 ||
           strcmp(request->method, "PATCH") == 0;
}

static int set_request(struct exchange *exchange, struct error *error)
{
    const struct http_client_request *request = exchange->request;
    CURL *easy = exchange->client->easy;
    cleanup_strbuf struct strbuf url = STRBUF_INIT;

    strbuf_add_string(&url, exchange->client->base_url);
    strbuf_add_string(&url, request->path);
    if (url.failed || curl_easy_setopt(easy, CURLOPT_URL, strbuf_string(&url)) != CURLE_OK)
        return error_set(error, "out of memory");
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    if (method_has_body(request)) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body ? request->body : "");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(request->body ? request->body_length : 0));
    } else if (strcmp(request->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    }
    if (curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method) != CURLE_OK)
        return error_set(error, "out of memory");
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    return set_headers(exchange, error);
}

/* The sentence names method, host and path; the query is left out for brevity, the headers for they are secret. */
static int fail(const struct exchange *exchange, int result, const char *why, struct error *error)
{
    const struct http_client_request *request = exchange->request;
    int path_length = (int)strcspn(request->path, "?");

    error_set(error, "%s %s%.*s: %s", request->method, exchange->client->base_url, path_length, request->path, why);
    return result;
}

static int fail_by_state(const struct exchange *exchange, const char *why, struct error *error)
{
    return fail(exchange, exchange->sent ? HTTP_CLIENT_FAILED : HTTP_CLIENT_UNSENT, why, error);
}

/* The next moment at which something is overdue, and what. */
static int64_t next_limit(const struct exchange *exchange, const char **ret_what)
{
    const struct http_client_request *request = exchange->request;
    int64_t idle_end = exchange->last_byte_ms + request->idle_limit_ms;

    if (request->on_data && request->idle_limit_ms > 0 && idle_end < request->deadline_ms) {
        *ret_what = "nothing came for too long";
        return idle_end;
    }
    *ret_what = exchange->sent ? "no whole answer came in time" : "no connection came to be in time";
    return request->deadline_ms;
}

/* A resolver thread that hangs is joined when its request is taken down, for seconds, unless this is set: then it is
 * left behind and ends by itself. */
static void abandon_resolver(const struct exchange *exchange)
{
    curl_easy_setopt(exchange->client->easy, CURLOPT_QUICK_EXIT, 1L);
}

static int run(struct exchange *exchange, struct error *error)
{
    struct http_client *client = exchange->client;
    int running = 1;

    for (;;) {
        if (atomic_load(&client->stopped)) {
            abandon_resolver(exchange);
            return fail(exchange, HTTP_CLIENT_STOPPED, "stopped", error);
        }
        CURLMcode code = curl_multi_perform(client->multi, &running);
        if (code != CURLM_OK)
            return fail_by_state(exchange, curl_multi_strerror(code), error);
        if (running == 0)
            return 0;
        const char *overdue = NULL;
        int64_t left = next_limit(exchange, &overdue) - clock_now_ms();
        if (left <= 0) {
            abandon_resolver(exchange);
            return fail_by_state(exchange, overdue, error);
        }
        curl_multi_poll(client->multi, NULL, 0, (int)(left < LONGEST_POLL_MS ? left : LONGEST_POLL_MS), NULL);
    }
}

static CURLcode finished_code(const struct http_client *client)
{
    int left = 0;
    const CURLMsg *message = curl_multi_info_read(client->multi, &left);

    return message && message->msg == CURLMSG_DONE ? message->data.result : CURLE_FAILED_INIT;
}

static int conclude(struct exchange *exchange, struct http_client_answer *answer, struct error *error)
{
    struct http_client *client = exchange->client;
    CURLcode code = finished_code(client);

    if (exchange->refusal)
        return fail(exchange, HTTP_CLIENT_FAILED, exchange->refusal, error);
    if (code != CURLE_OK)
        return fail_by_state(exchange, client->curl_error[0] ? client->curl_error : curl_easy_strerror(code), error);

    size_t body_length = exchange->body.length;
    cleanup_free char *body = strbuf_steal(&exchange->body);
    cleanup_free char *headers = strbuf_steal(&exchange->headers);
    if (!body || !headers)
        return fail(exchange, HTTP_CLIENT_FAILED, "out of memory for the answer", error);
    answer->status = (int)answer_status(exchange);
    answer->body = steal_ptr(body);
    answer->body_length = body_length;
    answer->headers = steal_ptr(headers);
    return 0;
}

static int carry_out(struct exchange *exchange, struct http_client_answer *answer, struct error *error)
{
    struct http_client *client = exchange->client;

    client->curl_error[0] = 0;
    curl_easy_setopt(client->easy, CURLOPT_QUICK_EXIT, 0L);
    if (set_request(exchange, error) < 0)
        return HTTP_CLIENT_UNSENT;
    if (curl_multi_add_handle(client->multi, client->easy) != CURLM_OK)
        return fail(exchange, HTTP_CLIENT_UNSENT, "out of memory", error);
    int result = run(exchange, error);
    if (result == 0)
        result = conclude(exchange, answer, error);
    curl_multi_remove_handle(client->multi, client->easy);
    return result;
}

int http_client_perform(struct http_client *client, const struct http_client_request *request,
                        struct http_client_answer *answer, struct error *error)
{
    struct exchange exchange = {.client = client, .request = request, .last_byte_ms = clock_now_ms()};

    int result = carry_out(&exchange, answer, error);
    curl_easy_setopt(client->easy, CURLOPT_HTTPHEADER, NULL);
    strbuf_release(&exchange.body);
    strbuf_release(&exchange.headers);
    curl_slist_free_all(exchange.header_list);
    return result;
}
