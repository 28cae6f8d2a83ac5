/* Shared access signatures, from the side that checks them. */
#ifndef EMULATOR_SAS_H
#define EMULATOR_SAS_H

#include <stdint.h>

struct emulator_keys {
    char *policy;
    char *primary;   /* base64 */
    char *secondary; /* base64, or NULL */
    unsigned rights; /* see emulator/policies.h */
};

enum emulator_sas_verdict {
    EMULATOR_SAS_GOOD,
    EMULATOR_SAS_MISSING,
    EMULATOR_SAS_MALFORMED,
    EMULATOR_SAS_EXPIRED,
    EMULATOR_SAS_WRONG_HOST,
    EMULATOR_SAS_WRONG_POLICY,
    EMULATOR_SAS_WRONG_KEY,
};

/* Judges the value of the Authorization header. hosts is the list of names that the token may be signed for, ended by
 * NULL; a port behind the name is not compared. The signature is computed over sr exactly as the header has it, because
 * clients differ in what they encode; in sig a plus sign is a plus sign. */
enum emulator_sas_verdict emulator_sas_verify(const char *authorization, const struct emulator_keys *keys,
                                              const char *const *hosts, int64_t wall_seconds);

/* The policy that a signature names, without a look at anything else, for the caller to free; NULL when there is none.
 */
char *emulator_sas_policy(const char *authorization);

/* A sentence about a verdict that is not good. */
const char *emulator_sas_verdict_text(enum emulator_sas_verdict verdict);

/* base64(HMAC-SHA256(key, sr LF expiry)); key is base64. For the caller to free; NULL when the key is not base64. */
char *emulator_sas_sign(const char *key, const char *resource, const char *expiry);

#endif
