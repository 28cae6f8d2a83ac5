/* Whether a device takes create options: their shape, by the three programs that read them one after the other. */
#ifndef TRANSLATE_CREATE_OPTIONS_CHECK_H
#define TRANSLATE_CREATE_OPTIONS_CHECK_H

#include "translate/field_error.h"

enum create_options_origin {
    CREATE_OPTIONS_WRITTEN, /* someone writes them now */
    CREATE_OPTIONS_STORED,  /* they may have been stored before there was this check: what it finds and earlier releases
                               forwarded all the same (strings as Devices) is a warning */
};

/* Errors for what edgeAgent, edgelet or Docker would refuse; warnings for what one of them corrects or ignores: other
 * letter case, numbers as text, unknown names with the nearest known one, fields of HostConfig beside it. minified
 * comes from create_options_minify; field is the place of the text, and paths inside it are put behind it
 * (data[createOptions].HostConfig.Memory). */
void create_options_check(const char *minified, const char *field, enum create_options_origin origin,
                          struct findings *findings);

#endif
