/* Owners are marked by cleanup attributes: a local that owns something frees it when it goes out of scope.
 * Every such local is initialised where it is declared. */
#ifndef COMMON_CLEANUP_H
#define COMMON_CLEANUP_H

#include "common/banned.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free_pointer(void *pointer)
{
    free(*(void **)pointer);
}

static inline void cleanup_close_fd(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void cleanup_close_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

#define cleanup_free  __attribute__((cleanup(cleanup_free_pointer)))
#define cleanup_close __attribute__((cleanup(cleanup_close_fd)))
#define cleanup_file  __attribute__((cleanup(cleanup_close_file)))

/* Hands the ownership held by the pointer variable to the caller, and leaves NULL behind. */
#define steal_ptr(pointer)                                                                                             \
    __extension__({                                                                                                    \
        __typeof__(pointer) *steal_from_ = &(pointer);                                                                 \
        __typeof__(pointer) stolen_ = *steal_from_;                                                                    \
        *steal_from_ = NULL;                                                                                           \
        stolen_;                                                                                                       \
    })

#define array_length(array) (sizeof(array) / sizeof((array)[0]))

#endif
