/* What Prometheus wants to know of every process: the families process_*, without our prefix. */
#ifndef SERVER_METRICS_PROCESS_H
#define SERVER_METRICS_PROCESS_H

#include "common/strbuf.h"

#include <stdint.h>

/* When this process began, in milliseconds since 1970 by the wall clock as it is now. */
int64_t metrics_process_start_ms(void);

/* What the system does not tell is left out. */
void metrics_process_write(int64_t start_wall_ms, struct strbuf *out);

#endif
