#include "server/arena.h"

#include "common/banned.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_PLAIN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_PLAIN 1
#endif
#endif
#ifndef ARENA_PLAIN
#define ARENA_PLAIN 0
#endif

#define ALIGNMENT   sizeof(void *)
#define FIRST_BLOCK ((size_t)128 << 10)
/* A thread keeps at most so much between requests: it holds a review of some 200 KB. */
#define MOST_KEPT ((size_t)1 << 20)

struct block {
    struct block *next;
    size_t size; /* of data */
    _Alignas(16) char data[];
};

struct arena {
    struct block *blocks; /* the newest first; the last one is the kept one */
    char *at, *end;       /* free bytes of the newest */
    size_t used;          /* handed out since arena_begin */
    size_t allocated;     /* in all blocks */
    bool open;
};

static _Thread_local struct arena arena;
static bool installed;
static pthread_key_t thread_end_key;

static void blocks_free(struct block *block)
{
    while (block) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
}

static void thread_ended(void *value)
{
    (void)value;
    blocks_free(arena.blocks);
    arena.blocks = NULL;
}

static struct block *block_add(size_t size)
{
    struct block *block = malloc(sizeof *block + size);
    if (!block)
        return NULL;
    block->next = arena.blocks;
    block->size = size;
    arena.blocks = block;
    arena.allocated += size;
    arena.at = block->data;
    arena.end = block->data + size;
    return block;
}

static bool arena_grow(size_t wanted)
{
    size_t left = ARENA_LIMIT - arena.allocated;
    size_t size = arena.allocated ? arena.allocated : FIRST_BLOCK;
    if (size < wanted)
        size = wanted;
    if (size > left)
        size = left;
    return size >= wanted && block_add(size);
}

static void *hook_malloc(size_t size)
{
    if (!arena.open)
        return malloc(size);
    if (size > ARENA_LIMIT)
        return NULL;
    size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    if ((size_t)(arena.end - arena.at) < size && !arena_grow(size))
        return NULL;
    void *memory = arena.at;
    arena.at += size;
    arena.used += size;
    return memory;
}

static void hook_free(void *memory)
{
    if (!arena.open)
        free(memory);
}

void arena_install(void)
{
    if (ARENA_PLAIN || installed || pthread_key_create(&thread_end_key, thread_ended) != 0)
        return;
    cJSON_Hooks hooks = {.malloc_fn = hook_malloc, .free_fn = hook_free};
    cJSON_InitHooks(&hooks);
    installed = true;
}

void arena_begin(void)
{
    if (!installed)
        return;
    if (!arena.blocks && block_add(FIRST_BLOCK))
        pthread_setspecific(thread_end_key, &arena);
    arena.used = 0;
    arena.open = true;
}

/* Keeps one block for the next request, of the size that this one needed, and gives the others back. */
static void arena_reset(void)
{
    if (arena.blocks && arena.blocks->next) {
        size_t wanted = arena.used < MOST_KEPT ? arena.allocated : FIRST_BLOCK;
        if (wanted > MOST_KEPT)
            wanted = MOST_KEPT;
        blocks_free(arena.blocks);
        arena.blocks = NULL;
        arena.allocated = 0;
        arena.at = arena.end = NULL;
        block_add(wanted);
    }
    if (arena.blocks)
        arena.at = arena.blocks->data;
}

void arena_end(cJSON *tree)
{
    if (!arena.open) {
        cJSON_Delete(tree);
        return;
    }
    arena_reset();
    arena.open = false;
    arena.used = 0;
}

size_t arena_used(void)
{
    return arena.open ? arena.used : 0;
}

size_t arena_kept(void)
{
    return arena.open || !arena.blocks ? 0 : arena.allocated;
}
