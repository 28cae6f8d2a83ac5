/* What the program makes before and after it listens: certificate, key, connection string, ready file. */
#ifndef EMULATOR_SETUP_H
#define EMULATOR_SETUP_H

#include "emulator/options.h"
#include "emulator/policies.h"

struct emulator_setup {
    char *certificate_file, *key_file;
    struct emulator_keys keys;
};

/* Makes the folder and the certificate in it when none is given, and a random key when none is given. */
int emulator_setup_make(const struct emulator_options *options, struct emulator_setup *ret_setup, struct error *error);
void emulator_setup_release(struct emulator_setup *setup);

/* Writes the connection strings into the folder and, last, the ready file. */
int emulator_setup_announce(const struct emulator_options *options, const struct emulator_policies *policies,
                            uint16_t port, uint16_t admin_port, struct error *error);

#endif
