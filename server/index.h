/* Finds an entry by its key among many: a balanced tree behind a pointer that begins as NULL. */
#ifndef SERVER_INDEX_H
#define SERVER_INDEX_H

/* NULL when there is none. */
void *index_find(void *const *index, const char *key);

/* The key is not copied and must stay as long as the entry is in the index; one that is there already is not replaced.
 * 0, or -1 without memory. */
int index_add(void **index, const char *key, void *entry);

void index_remove(void **index, const char *key);

#endif
