#include "emulator/setup.h"

#include "certs/certs.h"
#include "common/file.h"
#include "emulator/memory.h"

#include <errno.h>
#include <sys/stat.h>

#define CERTIFICATE_DAYS 30

static int certificate_make(const struct emulator_options *options, struct emulator_setup *setup, struct error *error)
{
    const char *names[] = {"localhost", "127.0.0.1", options->host};
    size_t count = options->host && strcmp(options->host, names[0]) && strcmp(options->host, names[1]) ? 3 : 2;

    if (options->certificate_file) {
        setup->certificate_file = emulator_text_copy(options->certificate_file);
        setup->key_file = emulator_text_copy(options->key_file);
        return 0;
    }
    if (certs_write(options->folder, names, count, CERTIFICATE_DAYS, error) < 0)
        return -1;
    setup->certificate_file = emulator_text_format("%s/tls.crt", options->folder);
    setup->key_file = emulator_text_format("%s/tls.key", options->folder);
    return 0;
}

static int keys_make(const struct emulator_options *options, struct emulator_keys *keys, struct error *error)
{
    keys->policy = emulator_text_copy(options->policy);
    if (!options->keys)
        return emulator_keys_make_random(keys, error);
    if (emulator_keys_parse(keys, options->keys, error) < 0)
        return error_wrap(error, "--keys");
    return 0;
}

int emulator_setup_make(const struct emulator_options *options, struct emulator_setup *ret_setup, struct error *error)
{
    struct emulator_setup setup = {.certificate_file = NULL};

    /* One that an earlier run left would tell ports that nobody listens on. */
    if (options->ready_file)
        unlink(options->ready_file);
    if (options->folder && mkdir(options->folder, 0755) < 0 && errno != EEXIST)
        return error_set(error, "cannot make the folder %s: %s", options->folder, strerror(errno));
    if (certificate_make(options, &setup, error) < 0 || keys_make(options, &setup.keys, error) < 0) {
        emulator_setup_release(&setup);
        return -1;
    }
    *ret_setup = setup;
    return 0;
}

void emulator_setup_release(struct emulator_setup *setup)
{
    free(setup->certificate_file);
    free(setup->key_file);
    emulator_keys_release(&setup->keys);
}

static int connection_string_write(const struct emulator_options *options, const char *file,
                                   const struct emulator_keys *keys, uint16_t port, struct error *error)
{
    cleanup_free char *path = emulator_text_format("%s/%s", options->folder, file);
    cleanup_free char *text =
        emulator_text_format("HostName=%s:%u;SharedAccessKeyName=%s;SharedAccessKey=%s\n",
                             options->host ? options->host : "localhost", port, keys->policy, keys->primary);

    return file_write(path, text, strlen(text), 0600, error);
}

/* The main policy's is called connection-string, the others have the policy's name behind that. */
static int connection_strings_write(const struct emulator_options *options, const struct emulator_policies *policies,
                                    uint16_t port, struct error *error)
{
    for (size_t i = 0; i < policies->count; i++) {
        cleanup_free char *file = i == 0 ? emulator_text_copy("connection-string")
                                         : emulator_text_format("connection-string-%s", policies->items[i].policy);
        if (connection_string_write(options, file, &policies->items[i], port, error) < 0)
            return -1;
    }
    return 0;
}

int emulator_setup_announce(const struct emulator_options *options, const struct emulator_policies *policies,
                            uint16_t port, uint16_t admin_port, struct error *error)
{
    cleanup_free char *ready = emulator_text_format("{\"port\":%u,\"adminPort\":%u}\n", port, admin_port);

    if (options->folder && connection_strings_write(options, policies, port, error) < 0)
        return -1;
    return options->ready_file ? file_write(options->ready_file, ready, strlen(ready), 0644, error) : 0;
}
