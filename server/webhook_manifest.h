/* manifests/webhook.yaml, as it was when the program was built. */
#ifndef SERVER_WEBHOOK_MANIFEST_H
#define SERVER_WEBHOOK_MANIFEST_H

extern const char webhook_manifest[];
extern const char webhook_manifest_end[]; /* behind the last byte */

#endif
