#include "server/command.h"

#include "common/arguments.h"
#include "common/banned.h"
#include "common/cleanup.h"
#include "http/client.h"
#include "server/address.h"
#include "server/registration.h"

#include <stdio.h>
#include <string.h>

static int check_label(const char *what, const char *text)
{
    if (address_is_label(text))
        return 0;
    return command_usage_error("the %s of --service must be lower-case letters, digits and - (63 at most), not \"%s\"",
                               what, text);
}

/* NAMESPACE/NAME[:PORT], taken apart in place. */
static int read_service(char *text, struct registration *registration)
{
    char *slash = strchr(text, '/');
    char *colon = strchr(text, ':');
    registration->service_port = 443;
    if (colon && command_read_number("the port of --service", colon + 1, 1, 65535, &registration->service_port) != 0)
        return EXIT_USAGE;
    if (colon)
        *colon = '\0';
    if (!slash || slash == text || slash[1] == '\0' || strchr(slash + 1, '/'))
        return command_usage_error("--service must be NAMESPACE/NAME or NAMESPACE/NAME:PORT");
    *slash = '\0';
    registration->service_namespace = text;
    registration->service_name = slash + 1;
    if (check_label("namespace", registration->service_namespace) != 0)
        return EXIT_USAGE;
    return check_label("name", registration->service_name);
}

static int read_url(char *text, struct registration *registration)
{
    if (strncmp(text, "https://", 8) != 0 || text[8] == '\0')
        return command_usage_error("--url must begin with https://, not \"%s\"", text);
    const char *port = text + 8 + address_host_length(text + 8);
    unsigned number;
    if (strpbrk(text + 8, "/?#@") || port == text + 8 || (*port != '\0' && *port != ':'))
        return command_usage_error("--url must be https://HOST or https://HOST:PORT; the paths are added");
    if (*port == ':' && command_read_number("the port of --url", port + 1, 1, 65535, &number) != 0)
        return EXIT_USAGE;
    registration->url = text;
    return 0;
}

static int read_arguments(int count, char **texts, struct registration *registration)
{
    static const struct option options[] = {
        {"url", required_argument, NULL, 'u'},
        {"service", required_argument, NULL, 's'},
        {"ca", required_argument, NULL, 'c'},
        {"kubeconfig", required_argument, NULL, 'k'},
        {NULL, 0, NULL, 0},
    };
    const char *word = NULL;
    for (int option; (option = arguments_next(count, texts, options, NULL, &word)) != -1;) {
        if (option == 'u' && read_url(optarg, registration) != 0)
            return EXIT_USAGE;
        if (option == 's' && read_service(optarg, registration) != 0)
            return EXIT_USAGE;
        if (option == 'c')
            registration->ca_file = optarg;
        if (option == 'k')
            registration->kubeconfig = optarg;
        if (option == '?' || option == ':')
            return command_option_error(option, word);
    }
    if (!registration->url == !registration->service_name)
        return command_usage_error("either --url URL or --service NAMESPACE/NAME is needed");
    if (!registration->ca_file)
        return command_usage_error("--ca FILE is missing: the CA that signed the serving certificate");
    return command_refuse_rest(count, texts, optind);
}

int command_register(int count, char **texts)
{
    cleanup_error struct error error = {0};
    cleanup_strbuf struct strbuf report = STRBUF_INIT;
    struct registration registration = {0};
    if (read_arguments(count, texts, &registration) != 0)
        return EXIT_USAGE;
    http_client_global_init();
    int result = registration_apply(&registration, &report, &error);
    fputs(strbuf_string(&report), stdout);
    return result < 0 ? command_failure("%s", error_message(&error)) : EXIT_OK;
}
