/* Who a program is for Microsoft Entra ID, with all that the configuration leaves to the environment. Private to
 * iothub/. */
#ifndef IOTHUB_IDENTITY_H
#define IOTHUB_IDENTITY_H

#include "common/workload_identity.h"

/* Copies what is given, and takes the rest from the environment; authority_host comes out without a slash at its end.
 * authority_ca_file may stay NULL. The error names the key and the variable. */
int iothub_identity_complete(const struct workload_identity *given, struct workload_identity *ret_identity,
                             struct error *error);

#endif
