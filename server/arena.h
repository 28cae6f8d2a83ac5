/* The memory of one admission request: cJSON's allocations go into a thread-local arena while one is open, and are
 * given back all at once. Only this room opens one; nothing allocated outside may be freed while it is open, nothing
 * from inside may outlive it or go to another thread. Built with AddressSanitizer cJSON keeps malloc and free, so that
 * it sees every block. */
#ifndef SERVER_ARENA_H
#define SERVER_ARENA_H

#include <cjson/cJSON.h>
#include <stddef.h>

/* A request that wants more than this is refused: its parse fails for want of memory. */
#define ARENA_LIMIT ((size_t)64 << 20)

/* Gives cJSON its hooks. Once, in main, before any thread. Without this call cJSON uses malloc and free everywhere. */
void arena_install(void);

/* Opens this thread's arena. */
void arena_begin(void);

/* Frees the tree (may be NULL) with all else that cJSON allocated since arena_begin, and closes the arena. */
void arena_end(cJSON *tree);

/* Bytes that the open arena of this thread has handed out; 0 without one. */
size_t arena_used(void);

/* Bytes that this thread keeps for its next request. */
size_t arena_kept(void);

#endif
