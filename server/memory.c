#include "server/memory.h"

#include <malloc.h>

/* The threads of the engine mostly wait; those of the webhook work in arenas of their own (server/arena.h). */
#define HEAPS 2
/* What is larger is mapped by itself and goes back as a whole. Left alone, the bound would grow with what is freed. */
#define LARGE (128 * 1024)

void memory_setup(void)
{
    mallopt(M_ARENA_MAX, HEAPS);
    mallopt(M_MMAP_THRESHOLD, LARGE);
    mallopt(M_TRIM_THRESHOLD, LARGE);
}

void memory_give_back(void)
{
    malloc_trim(0);
}
