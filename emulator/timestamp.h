/* Times as the service writes them: "2026-11-23T16:39:23.5193839Z", up to seven digits of a second, without zeros at
 * the end. A tick is 100 ns, counted from 1970; tick 0 stands for "never" and is written as the year 1. */
#ifndef EMULATOR_TIMESTAMP_H
#define EMULATOR_TIMESTAMP_H

#include <stdint.h>

#define EMULATOR_TIMESTAMP_SIZE 40

int64_t emulator_ticks_now(void);
void emulator_ticks_format(int64_t ticks, char text[EMULATOR_TIMESTAMP_SIZE]);

#endif
