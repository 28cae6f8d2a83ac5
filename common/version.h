#ifndef COMMON_VERSION_H
#define COMMON_VERSION_H

/* The version of all the programs; the Makefile gives it. */
#ifndef VERSION
#error "build with make: VERSION is not set"
#endif

#endif
