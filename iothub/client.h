/* Service client of one IoT Hub: configurations, device queries. A client belongs to one thread. It signs each call
 * with the key that the connection string's file has at that moment, or gets itself tokens of Microsoft Entra ID. */
#ifndef IOTHUB_CLIENT_H
#define IOTHUB_CLIENT_H

#include "common/error.h"
#include "common/workload_identity.h"
#include "iothub/operation.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

struct iothub_client;

struct iothub_client_options {
    const char *connection_string_file;       /* this, */
    const char *host_name;                    /* … or these two: Microsoft Entra workload identity */
    const struct workload_identity *identity; /* what it leaves out is the environment's */
    const char *ca_file;                      /* NULL: the system's */
    unsigned timeout_ms;                      /* for one call; 0: 30000 */
    const char *user_agent;
    struct iothub_observer observer; /* told of every exchange, in the thread that makes it */
};

/* Reads and checks the files, and the environment where it is asked; does not connect. */
int iothub_client_new(const struct iothub_client_options *options, struct iothub_client **ret_client,
                      struct error *error);
void iothub_client_free(struct iothub_client *client);
void iothub_client_stop(struct iothub_client *client); /* any thread */
const char *iothub_client_host(const struct iothub_client *client);

/* Why the key or the token cannot be renewed though the old one still serves, or NULL: to be told before it does not.
 * Good until the next call. */
const char *iothub_client_credentials_trouble(const struct iothub_client *client);

/* Milliseconds that the last call's answer asked to wait (Retry-After), or -1. IoT Hub itself sends none with a 429. */
int64_t iothub_client_retry_after_ms(const struct iothub_client *client);

/* What became of a call. */
enum iothub_result {
    IOTHUB_OK = 0,
    IOTHUB_UNSENT,  /* certain that the hub knows nothing of it */
    IOTHUB_UNKNOWN, /* no answer: the call may have taken effect, or may yet */
    IOTHUB_STOPPED,
    IOTHUB_UNAUTHORIZED,        /* 401, 403 */
    IOTHUB_NOT_FOUND,           /* 404 */
    IOTHUB_CONFLICT,            /* 409 */
    IOTHUB_PRECONDITION_FAILED, /* 412 */
    IOTHUB_LIMIT_REACHED,       /* too many configurations: 413101; a quota: 403002 */
    IOTHUB_THROTTLED,           /* 429 */
    IOTHUB_REFUSED,             /* any other 4xx: the content, the condition … */
    IOTHUB_SERVER_ERROR,        /* 5xx, or an answer that cannot be read: a write may have taken effect */
};

const char *iothub_result_name(enum iothub_result result);

/* Every call fills in the error unless the result is IOTHUB_OK: what the hub said, with its error code, the call and no
 * secret. Trees belong to the caller. */

/* A list as the hub sent it. */
struct iothub_list {
    char *text; /* owned */
    size_t length;
};

void iothub_list_release(struct iothub_list *list);

#define cleanup_iothub_list __attribute__((cleanup(iothub_list_release)))

/* The array of all configurations, in two steps: its tree is several times as large as its text, so that who reads many
 * hubs may want to parse one list at a time. */
enum iothub_result iothub_configurations_fetch(struct iothub_client *client, struct iothub_list *ret_list,
                                               struct error *error);
enum iothub_result iothub_configurations_parse(const struct iothub_list *list, cJSON **ret_array, struct error *error);
/* Both in one. */
enum iothub_result iothub_configurations_list(struct iothub_client *client, cJSON **ret_array, struct error *error);
enum iothub_result iothub_configuration_get(struct iothub_client *client, const char *id, cJSON **ret_configuration,
                                            struct error *error);
/* PUT. etag NULL creates; else it is the etag as the JSON has it (unquoted), and the call updates. body is the whole
 * JSON. ret_configuration may be NULL. */
enum iothub_result iothub_configuration_put(struct iothub_client *client, const char *id, const char *etag,
                                            const char *body, cJSON **ret_configuration, struct error *error);
enum iothub_result iothub_configuration_delete(struct iothub_client *client, const char *id, const char *etag,
                                               struct error *error);
/* One page of a device query. continuation is NULL for the first page; *ret_continuation NULL after the last one (for
 * the caller to free). */
enum iothub_result iothub_query(struct iothub_client *client, const char *query, unsigned page_size,
                                const char *continuation, cJSON **ret_array, char **ret_continuation,
                                struct error *error);

#endif
