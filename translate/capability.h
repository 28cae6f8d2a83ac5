/* Names of Linux capabilities. Private to the room. */
#ifndef TRANSLATE_CAPABILITY_H
#define TRANSLATE_CAPABILITY_H

#include <stdbool.h>

/* Whether the Linux kernel and Docker know it: in any letter case, with CAP_ in front or without, or ALL. */
bool capability_is_known(const char *name);

#endif
