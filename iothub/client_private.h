/* What a client is made of. Private to iothub/. */
#ifndef IOTHUB_CLIENT_PRIVATE_H
#define IOTHUB_CLIENT_PRIVATE_H

#include "http/client.h"
#include "iothub/client.h"
#include "iothub/credentials.h"

struct iothub_client {
    struct http_client *http;
    struct credentials *credentials;
    unsigned timeout_ms;
    int64_t retry_after_ms;
    struct iothub_observer observer;
};

#endif
