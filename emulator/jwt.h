/* JSON web tokens, signed with HMAC-SHA256. */
#ifndef EMULATOR_JWT_H
#define EMULATOR_JWT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* The claims of a token of three parts, whoever signed it; NULL when it is none. */
cJSON *emulator_jwt_claims(const char *token);

/* A token with these claims (JSON text), for the caller to free. */
char *emulator_jwt_sign(const char *claims, const void *key, size_t key_length);

/* Whether the token was signed with that key. */
bool emulator_jwt_is_signed(const char *token, const void *key, size_t key_length);

#endif
