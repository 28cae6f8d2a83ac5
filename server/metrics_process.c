#include "server/metrics_process.h"

#include "common/banned.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/file.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define FILE_LIMIT        4096
#define START_TIME_FIELDS 20 /* of /proc/self/stat, between the program's name and the start time: proc(5) */

static void family(struct strbuf *out, const char *name, const char *type, const char *help)
{
    strbuf_add_format(out, "# HELP process_%s %s\n# TYPE process_%s %s\n", name, help, name, type);
}

static void number(struct strbuf *out, const char *name, const char *type, const char *help, uint64_t value)
{
    family(out, name, type, help);
    strbuf_add_format(out, "process_%s %" PRIu64 "\n", name, value);
}

/* In ticks since the machine was started; 0 when it cannot be read. */
static unsigned long long start_ticks(void)
{
    cleanup_free char *text = NULL;
    unsigned long long ticks = 0;
    if (file_read("/proc/self/stat", FILE_LIMIT, &text, NULL, NULL) < 0)
        return 0;
    /* The name is in parentheses and may have blanks and parentheses in it. */
    const char *field = strrchr(text, ')');
    for (int i = 0; field && i < START_TIME_FIELDS; i++)
        field = strchr(field + 1, ' ');
    return field && sscanf(field, "%llu", &ticks) == 1 ? ticks : 0;
}

int64_t metrics_process_start_ms(void)
{
    unsigned long long ticks = start_ticks();
    int64_t started_ms = (int64_t)(ticks * 1000 / (unsigned long long)sysconf(_SC_CLK_TCK));
    return ticks ? clock_wall_ms() - (clock_now_ms() - started_ms) : clock_wall_ms();
}

static void write_cpu(struct strbuf *out)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) < 0)
        return;
    int64_t us = (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
                 usage.ru_stime.tv_usec;
    family(out, "cpu_seconds_total", "counter", "CPU time spent, in user and in system mode.");
    strbuf_add_format(out, "process_cpu_seconds_total %" PRId64 ".%06" PRId64 "\n", us / 1000000, us % 1000000);
}

static void write_memory(struct strbuf *out)
{
    cleanup_free char *text = NULL;
    unsigned long long pages, resident;
    if (file_read("/proc/self/statm", FILE_LIMIT, &text, NULL, NULL) < 0 ||
        sscanf(text, "%llu %llu", &pages, &resident) != 2)
        return;
    uint64_t page_size = (uint64_t)sysconf(_SC_PAGESIZE);
    number(out, "resident_memory_bytes", "gauge", "Memory that is in use and present.", resident * page_size);
    number(out, "virtual_memory_bytes", "gauge", "Address space that is in use.", pages * page_size);
}

static void write_files(struct strbuf *out)
{
    struct rlimit limit;
    uint64_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (folder) {
        for (const struct dirent *entry; (entry = readdir(folder));)
            count += entry->d_name[0] != '.';
        closedir(folder);
        number(out, "open_fds", "gauge", "File descriptors that are open.", count - 1); /* without the folder's */
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        number(out, "max_fds", "gauge", "File descriptors that may be open.", limit.rlim_cur);
}

void metrics_process_write(int64_t start_wall_ms, struct strbuf *out)
{
    family(out, "start_time_seconds", "gauge", "When the process began, in seconds since 1970.");
    strbuf_add_format(out, "process_start_time_seconds %" PRId64 ".%03d\n", start_wall_ms / 1000,
                      (int)(start_wall_ms % 1000));
    write_cpu(out);
    write_memory(out);
    write_files(out);
}
