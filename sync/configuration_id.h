/* The id of a configuration on the hub: `<namespace>-<name>` (dots to -, cut to 100), `-`, 20 hex digits of SHA-256
 * over owner, hub, namespace, name, salt and content. */
#ifndef SYNC_CONFIGURATION_ID_H
#define SYNC_CONFIGURATION_ID_H

#define CONFIGURATION_ID_SIZE 128
#define CONTENT_HASH_SIZE     65 /* 64 hex digits */
#define CONFIGURATION_SALTS   10

void content_hash(const char *content, char hash[CONTENT_HASH_SIZE]);

/* salt is 0 … 9. Every part goes into the hash with its length, so that no two inputs meet. */
void configuration_id(const char *owner, const char *hub, const char *namespace, const char *name, unsigned salt,
                      const char *content, char id[CONFIGURATION_ID_SIZE]);

#endif
