/* A trouble that goes on is said once: when it begins, when it becomes another one, and when it is over. */
#ifndef SERVER_SAID_H
#define SERVER_SAID_H

#include <stdbool.h>

struct said {
    char *text; /* owned; NULL while all is well */
};

#define SAID_INIT                                                                                                      \
    {                                                                                                                  \
        NULL                                                                                                           \
    }

/* Whether this sentence is to be said: it is not the last one. Numbers do not make it another one, since libcurl tells
 * after how many milliseconds a connection failed. */
bool said_is_news(struct said *said, const char *sentence);

/* All is well. Returns whether that is to be said: there was a trouble before. */
bool said_is_over(struct said *said);

#endif
