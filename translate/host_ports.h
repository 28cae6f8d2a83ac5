/* Ports of the device that modules ask for: two modules that want the same one cannot both start. */
#ifndef TRANSLATE_HOST_PORTS_H
#define TRANSLATE_HOST_PORTS_H

#include "translate/field_error.h"

#include <stddef.h>

struct host_ports_module {
    const char *name;
    const char *create_options; /* minified, all of them: translated fields too; NULL when there are none */
    const char *field;          /* where the ports are said, for the error */
};

/* Adds an error to the later of two modules that bind the same port, protocol and address (an address that is missing,
 * 0.0.0.0 or :: is every address), and warns of one module that binds a port twice. The modules of the runtime come
 * first in the list, so that the error is at the user's. What is no port was found by create_options_check and is
 * ignored. */
void host_ports_check(const struct host_ports_module *modules, size_t count, struct findings *findings);

#endif
