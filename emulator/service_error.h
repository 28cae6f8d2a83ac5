/* How the service says no: a code, a name, a sentence, in its envelope and in the header iothub-errorcode. */
#ifndef EMULATOR_SERVICE_ERROR_H
#define EMULATOR_SERVICE_ERROR_H

#include "http/server.h"

/* The first three digits are the HTTP status. */
enum emulator_code {
    EMULATOR_OK = 0,
    EMULATOR_BAD_REQUEST = 400000,
    EMULATOR_INVALID_PROTOCOL_VERSION = 400001,
    EMULATOR_ARGUMENT_INVALID = 400004,
    EMULATOR_FORMAT_ERROR = 400006,
    EMULATOR_INVALID_TARGET_CONDITION = 400401,
    EMULATOR_INVALID_CONTENT = 400402,
    EMULATOR_IMMUTABLE_CONTENT = 400403,
    EMULATOR_INVALID_METRICS_QUERY = 400404,
    EMULATOR_UNAUTHORIZED_ACCESS = 401002,
    EMULATOR_UNAUTHORIZED = 401003,
    EMULATOR_SYSTEM_MODULE = 401100,
    EMULATOR_NOT_FOUND = 404000,
    EMULATOR_DEVICE_NOT_FOUND = 404001,
    EMULATOR_DEVICE_NOT_ONLINE = 404103,
    EMULATOR_CONFIGURATION_NOT_FOUND = 404301,
    EMULATOR_METHOD_NOT_ALLOWED = 405000,
    EMULATOR_CONFIGURATION_EXISTS = 409401,
    EMULATOR_PRECONDITION_FAILED = 412001,
    EMULATOR_TOO_LARGE = 413001,
    EMULATOR_CONFIGURATION_LIMIT = 413101,
    EMULATOR_THROTTLED = 429003,
    EMULATOR_SERVER_ERROR = 500001,
    EMULATOR_NOT_IMPLEMENTED = 501000,
    EMULATOR_SERVICE_UNAVAILABLE = 503001,
    EMULATOR_GATEWAY_TIMEOUT = 504101,
};

/* The code that stands for a bare HTTP status, for faults. */
enum emulator_code emulator_code_of_status(int status);

/* The name as in iothub-errorcode, such as "ConfigurationNotFound". */
const char *emulator_code_name(enum emulator_code code);

/* Empties a response that was filled in before, freeing what it owns. */
void emulator_response_reset(struct http_response *response);

/* Replaces the response by an error of the service. */
void emulator_response_refuse(struct http_response *response, enum emulator_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Likewise, in the other envelope: JSON with the number of the error as text inside Message. */
void emulator_response_refuse_nested(struct http_response *response, enum emulator_code code, const char *message);

#endif
