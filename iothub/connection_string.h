/* Connection string of an IoT Hub's shared access policy. */
#ifndef IOTHUB_CONNECTION_STRING_H
#define IOTHUB_CONNECTION_STRING_H

#include "common/error.h"

#include <stddef.h>

struct iothub_connection_string {
    char *host;         /* lower case, with ":port" when there is one */
    char *policy;       /* SharedAccessKeyName */
    unsigned char *key; /* decoded; overwritten before it is freed */
    size_t key_length;
};

#define IOTHUB_CONNECTION_STRING_INIT                                                                                  \
    {                                                                                                                  \
        NULL, NULL, NULL, 0                                                                                            \
    }

/* HostName=…;SharedAccessKeyName=…;SharedAccessKey=… in any order. The error says which part is missing or wrong, and
 * never shows the key. White space around the whole is ignored. */
int iothub_connection_string_parse(const char *text, struct iothub_connection_string *ret_parts, struct error *error);
void iothub_connection_string_release(struct iothub_connection_string *parts);

/* "SharedAccessSignature sr=…&sig=…&se=…&skn=…", good until that second of the wall clock. For the caller to free. */
int iothub_sas_token(const struct iothub_connection_string *parts, long long expiry_s, char **ret_token,
                     struct error *error);

#endif
