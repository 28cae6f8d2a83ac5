/* Functions that cannot be used safely, or that hide state: using one does not compile. */
#ifndef COMMON_BANNED_H
#define COMMON_BANNED_H

/* The headers that declare them come first, so that only uses of ours are hit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* With clang, _FORTIFY_SOURCE makes macros of these two. */
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok gmtime localtime ctime asctime tmpnam mktemp
#pragma GCC poison gets setlocale atoi atol atoll

#endif
