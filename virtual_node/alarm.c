#include "virtual_node/alarm.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

int node_alarm_init(struct node_alarm *alarm, struct error *error)
{
    alarm->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    alarm->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (alarm->timer_fd >= 0 && alarm->wake_fd >= 0)
        return 0;
    int cause = errno;
    node_alarm_release(alarm);
    return error_set(error, "a timer can't be made: %s", strerror(cause));
}

void node_alarm_release(struct node_alarm *alarm)
{
    if (alarm->timer_fd >= 0)
        close(alarm->timer_fd);
    if (alarm->wake_fd >= 0)
        close(alarm->wake_fd);
    *alarm = (struct node_alarm)NODE_ALARM_INIT;
}

void node_alarm_wait(struct node_alarm *alarm, int64_t until_ms)
{
    /* A moment of zero would mean that the timer is off. */
    int64_t moment_ms = until_ms > 0 ? until_ms : 1;
    const struct itimerspec at = {.it_value = {.tv_sec = moment_ms / 1000, .tv_nsec = moment_ms % 1000 * 1000000}};
    timerfd_settime(alarm->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
    struct pollfd fds[2] = {{.fd = alarm->timer_fd, .events = POLLIN}, {.fd = alarm->wake_fd, .events = POLLIN}};
    while (poll(fds, 2, -1) < 0 && errno == EINTR)
        continue;
    uint64_t count = 0;
    if (fds[1].revents && read(alarm->wake_fd, &count, sizeof(count)) < 0)
        return;
}

void node_alarm_wake(struct node_alarm *alarm)
{
    const uint64_t one = 1;
    /* It can only fail when the counter is full, and then the wait ends anyway. */
    if (write(alarm->wake_fd, &one, sizeof(one)) < 0)
        return;
}
