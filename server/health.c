#include "server/health.h"

#include "common/banned.h"
#include "common/clock.h"
#include "server/engine.h"

#include <inttypes.h>
#include <string.h>

/* What is wrong with the webhook itself, or NULL. */
static const char *webhook_trouble(const struct health *health)
{
    if (health->draining)
        return "shutting down";
    if (!health->webhook)
        return "not listening yet";
    if (health->metrics->certificate_expiry_wall_s <= clock_wall_s())
        return "the serving certificate has expired";
    return NULL;
}

static void answer_text(struct strbuf *text, const char *content_type, int status, struct http_response *response)
{
    response->body_length = text->length;
    response->body = strbuf_steal(text);
    if (!response->body) {
        http_response_text(response, 500, "memory ran out");
        return;
    }
    response->status = status;
    response->content_type = content_type;
}

static void answer_readyz(const struct health *health, struct http_response *response)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    const char *trouble = webhook_trouble(health);
    strbuf_add_format(&text, "webhook: %s\n", trouble ? trouble : "ok");
    if (health->engine)
        engine_write_health(health->engine, &text);
    answer_text(&text, "text/plain; charset=utf-8", trouble ? 503 : 200, response);
}

struct server_number {
    const char *name, *type, *help;
    uint64_t value;
};

static void write_server_counts(const struct http_server_counts *counts, struct strbuf *out)
{
    const struct server_number numbers[] = {
        {"connections_total", "counter", "Connections that the webhook accepted.", counts->connections},
        {"connections_open", "gauge", "Connections that are open now.", counts->open},
        {"connections_cut_total", "counter", "Connections ended for their slowness, or shed.", counts->cut},
        {"http_requests_total", "counter", "HTTP requests of any kind.", counts->requests},
        {"refused_bodies_total", "counter", "Bodies over the limit (413).", counts->refused_bodies},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        strbuf_add_format(out,
                          "# HELP iot_edge_connector_webhook_%s %s\n# TYPE iot_edge_connector_webhook_%s %s\n"
                          "iot_edge_connector_webhook_%s %" PRIu64 "\n",
                          numbers[i].name, numbers[i].help, numbers[i].name, numbers[i].type, numbers[i].name,
                          numbers[i].value);
}

static void answer_metrics(const struct health *health, struct http_response *response)
{
    cleanup_strbuf struct strbuf text = STRBUF_INIT;
    metrics_write(health->metrics, &text);
    const struct http_server *webhook = health->webhook;
    if (webhook) {
        struct http_server_counts counts;
        http_server_count(webhook, &counts);
        write_server_counts(&counts, &text);
    }
    answer_text(&text, "text/plain; version=0.0.4; charset=utf-8", 200, response);
}

void health_handle(void *context, const struct http_request *request, struct http_response *response)
{
    const struct health *health = context;
    if (strcmp(request->method, "GET") != 0) {
        http_response_text(response, 405, "only GET is answered here");
        http_response_add_header(response, "Allow", "GET");
    } else if (strcmp(request->path, "/livez") == 0) {
        http_response_text(response, 200, "ok");
    } else if (strcmp(request->path, "/readyz") == 0) {
        answer_readyz(health, response);
    } else if (strcmp(request->path, "/metrics") == 0) {
        answer_metrics(health, response);
    } else {
        http_response_text(response, 404, "there are /livez, /readyz and /metrics here");
    }
}
