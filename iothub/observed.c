#include "iothub/observed.h"

#include "common/banned.h"
#include "common/clock.h"

int iothub_observed_perform(struct http_client *http, const struct iothub_observer *observer,
                            enum iothub_operation operation, const struct http_client_request *request,
                            struct http_client_answer *answer, struct error *error)
{
    int64_t begun_ns = clock_now_ns();
    int result = http_client_perform(http, request, answer, error);

    if (observer->observe && result != HTTP_CLIENT_STOPPED)
        observer->observe(observer->context, operation, result == 0 ? answer->status : 0, clock_now_ns() - begun_ns);
    return result;
}
