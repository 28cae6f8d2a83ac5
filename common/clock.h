/* Two clocks. Deadlines and periods go by CLOCK_BOOTTIME (it never jumps and counts suspension); certificates, tokens
 * and what people read go by the wall clock. */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Milliseconds since boot. */
int64_t clock_now_ms(void);

/* Nanoseconds since boot. */
int64_t clock_now_ns(void);

/* Seconds and milliseconds since 1970 by the wall clock. */
int64_t clock_wall_s(void);
int64_t clock_wall_ms(void);

/* "2026-11-23T16:39:23Z" and "2026-11-23T16:39:23.123456Z" (Lease's MicroTime). At least 32 bytes. */
#define CLOCK_RFC3339_SIZE 32
void clock_format_rfc3339(int64_t wall_seconds, char text[CLOCK_RFC3339_SIZE]);
void clock_format_rfc3339_micro(int64_t wall_microseconds, char text[CLOCK_RFC3339_SIZE]);

/* Milliseconds since 1970 of an RFC 3339 time with any number of fractional digits and Z or an offset. */
bool clock_parse_rfc3339(const char *text, int64_t *ret_wall_ms);

/* "250ms", "2s", "15m", "1h" and sums as "1m30s", as Go writes durations. Negative ones are refused. */
bool clock_parse_duration(const char *text, int64_t *ret_ms);

#endif
