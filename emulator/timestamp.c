#include "emulator/timestamp.h"

#include "common/banned.h"

#define TICKS_PER_SECOND 10000000

int64_t emulator_ticks_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * TICKS_PER_SECOND + now.tv_nsec / 100;
}

void emulator_ticks_format(int64_t ticks, char text[EMULATOR_TIMESTAMP_SIZE])
{
    time_t seconds = (time_t)(ticks / TICKS_PER_SECOND);
    long fraction = (long)(ticks % TICKS_PER_SECOND);
    struct tm parts;

    if (ticks <= 0 || !gmtime_r(&seconds, &parts)) {
        snprintf(text, EMULATOR_TIMESTAMP_SIZE, "0001-01-01T00:00:00Z");
        return;
    }
    size_t length = strftime(text, EMULATOR_TIMESTAMP_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
    if (fraction) {
        length += (size_t)snprintf(text + length, EMULATOR_TIMESTAMP_SIZE - length, ".%07ld", fraction);
        while (text[length - 1] == '0')
            length--;
    }
    text[length] = 'Z';
    text[length + 1] = '\0';
}
