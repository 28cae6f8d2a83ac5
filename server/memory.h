/* How the process asks the system for memory, and gives it back. */
#ifndef SERVER_MEMORY_H
#define SERVER_MEMORY_H

/* Once, before any thread. Dozens of threads that each keep a heap of their own, sized by the largest thing they ever
 * read, would hold many times what is in use. */
void memory_setup(void);

/* After something large was read and taken apart: what was freed goes back to the system. Any thread. */
void memory_give_back(void);

#endif
