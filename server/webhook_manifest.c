#include "server/webhook_manifest.h"

/* The assembler reads the file, relative to the top folder, from which make runs it. */
__asm__(".pushsection .rodata\n"
        ".global webhook_manifest\n"
        ".global webhook_manifest_end\n"
        "webhook_manifest:\n"
        ".incbin \"manifests/webhook.yaml\"\n"
        "webhook_manifest_end:\n"
        ".byte 0\n"
        ".popsection\n");
