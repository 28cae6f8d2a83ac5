#include "emulator/options.h"

#include "common/arguments.h"
#include "common/banned.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "emulator/entra.h"
#include "emulator/fleet.h"
#include "emulator/policies.h"

const char emulator_options_help[] =
    "usage: iothub-emulator --folder DIR [options]\n"
    "\n"
    "An Azure IoT Hub on this machine, with a fleet of simulated IoT Edge devices.\n"
    "\n"
    "  --folder DIR            make a CA and a certificate there when --cert is not given, and write the file\n"
    "                          connection-string\n"
    "  --port N                service port; 0, the default, takes any free one\n"
    "  --admin-port N          port of the admin interface, plain HTTP on 127.0.0.1; 0 takes any\n"
    "  --address A             address of the service port (127.0.0.1)\n"
    "  --cert FILE --key FILE  certificate chain and key, PEM\n"
    "  --keys A[,B]            the policy's keys, base64; without it a random one (needs --folder)\n"
    "  --policy NAME           shared access policy (iothubowner)\n"
    "  --policy-keys NAME=A[,B] keys of another policy: service, device, registryRead, registryReadWrite; random "
    "without\n"
    "                          it; may be given for each of them\n"
    "  --entra-client ID       the one application that gets access tokens; without it any\n"
    "  --entra-role ROLE       what an access token allows: contributor, reader, twin-contributor or none "
    "(contributor)\n"
    "  --token-lifetime D      of an access token (3599s)\n"
    "  --host NAME             host name that tokens are signed for (localhost or 127.0.0.1)\n"
    "  --fleet FILE            devices, YAML or JSON; without it device01, device02 and device03\n"
    "  --state FILE            keep keys, configurations, twins and modules there, so that they survive a restart\n"
    "  --devices N             make so many devices, device00001 and so on (beside those of --fleet)\n"
    "  --tag NAME=A:50%,B:30%  a tag of theirs: which share has which value; may be given 16 times\n"
    "  --backoff D             time until a module that exited is started again, doubled each time up to 30 times as\n"
    "                          much (10s)\n"
    "  --ready-file FILE       write {\"port\":…,\"adminPort\":…} there once it listens\n"
    "  --evaluation-period D   how often target conditions are evaluated (300s); 0s: only when the admin port asks\n"
    "  --first-evaluation D    time from a create to the evaluation that it brings about (2s)\n"
    "  --pull-delay D          time in which a device follows its desired properties (500ms)\n"
    "  --limit N               most configurations (100)\n"
    "  --units N               units of the hub (1): the two rates below are for each of them\n"
    "  --configuration-calls-per-minute N   (20); 0: no throttling\n"
    "  --query-calls-per-minute N           (20); 0: no throttling\n"
    "  --immutable-content=keep|refuse      what a PUT with changed content gets: 200, and the old content is kept,\n"
    "                                       or error 400403 (keep)\n"
    "  --log-level L           error, warning, info or debug (info); debug shows every call\n"
    "  --log-format F          text or json (text)\n"
    "  --version, --help\n";

enum option_id {
    OPTION_ADDRESS = 1000,
    OPTION_PORT,
    OPTION_ADMIN_PORT,
    OPTION_CERT,
    OPTION_KEY,
    OPTION_FOLDER,
    OPTION_KEYS,
    OPTION_POLICY,
    OPTION_HOST,
    OPTION_POLICY_KEYS,
    OPTION_DEVICES,
    OPTION_TAG,
    OPTION_BACKOFF,
    OPTION_ENTRA_CLIENT,
    OPTION_ENTRA_ROLE,
    OPTION_TOKEN_LIFETIME,
    OPTION_FLEET,
    OPTION_READY_FILE,
    OPTION_STATE,
    OPTION_PERIOD,
    OPTION_FIRST,
    OPTION_PULL_DELAY,
    OPTION_LIMIT,
    OPTION_UNITS,
    OPTION_CONFIGURATION_RATE,
    OPTION_QUERY_RATE,
    OPTION_IMMUTABLE,
    OPTION_LOG_LEVEL,
    OPTION_LOG_FORMAT,
    OPTION_VERSION,
    OPTION_HELP,
};

static const struct option known[] = {
    {"address", required_argument, NULL, OPTION_ADDRESS},
    {"port", required_argument, NULL, OPTION_PORT},
    {"admin-port", required_argument, NULL, OPTION_ADMIN_PORT},
    {"cert", required_argument, NULL, OPTION_CERT},
    {"key", required_argument, NULL, OPTION_KEY},
    {"folder", required_argument, NULL, OPTION_FOLDER},
    {"keys", required_argument, NULL, OPTION_KEYS},
    {"policy", required_argument, NULL, OPTION_POLICY},
    {"devices", required_argument, NULL, OPTION_DEVICES},
    {"tag", required_argument, NULL, OPTION_TAG},
    {"backoff", required_argument, NULL, OPTION_BACKOFF},
    {"policy-keys", required_argument, NULL, OPTION_POLICY_KEYS},
    {"entra-client", required_argument, NULL, OPTION_ENTRA_CLIENT},
    {"entra-role", required_argument, NULL, OPTION_ENTRA_ROLE},
    {"token-lifetime", required_argument, NULL, OPTION_TOKEN_LIFETIME},
    {"host", required_argument, NULL, OPTION_HOST},
    {"fleet", required_argument, NULL, OPTION_FLEET},
    {"ready-file", required_argument, NULL, OPTION_READY_FILE},
    {"state", required_argument, NULL, OPTION_STATE},
    {"evaluation-period", required_argument, NULL, OPTION_PERIOD},
    {"first-evaluation", required_argument, NULL, OPTION_FIRST},
    {"pull-delay", required_argument, NULL, OPTION_PULL_DELAY},
    {"limit", required_argument, NULL, OPTION_LIMIT},
    {"units", required_argument, NULL, OPTION_UNITS},
    {"configuration-calls-per-minute", required_argument, NULL, OPTION_CONFIGURATION_RATE},
    {"query-calls-per-minute", required_argument, NULL, OPTION_QUERY_RATE},
    {"immutable-content", required_argument, NULL, OPTION_IMMUTABLE},
    {"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
    {"log-format", required_argument, NULL, OPTION_LOG_FORMAT},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static int number_parse(const char *name, const char *text, unsigned long most, size_t *ret_number, struct error *error)
{
    size_t length = strlen(text);

    if (length == 0 || length > 9 || strspn(text, "0123456789") != length || strtoul(text, NULL, 10) > most)
        return error_set(error, "--%s: %s is no number from 0 to %lu", name, text, most);
    *ret_number = strtoul(text, NULL, 10);
    return 0;
}

static int port_parse(const char *name, const char *text, uint16_t *ret_port, struct error *error)
{
    size_t number = 0;

    if (number_parse(name, text, UINT16_MAX, &number, error) < 0)
        return -1;
    *ret_port = (uint16_t)number;
    return 0;
}

static int duration_parse(const char *name, const char *text, int64_t *ret_ms, struct error *error)
{
    if (!clock_parse_duration(text, ret_ms))
        return error_set(error, "--%s: %s is no duration such as 500ms, 2s or 5m", name, text);
    return 0;
}

static int immutable_parse(const char *text, bool *ret_refuse, struct error *error)
{
    if (strcmp(text, "keep") != 0 && strcmp(text, "refuse") != 0)
        return error_set(error, "--immutable-content: %s is neither keep nor refuse", text);
    *ret_refuse = strcmp(text, "refuse") == 0;
    return 0;
}

static int role_parse(const char *text, unsigned *ret_rights, struct error *error)
{
    return emulator_entra_role_parse(text, ret_rights, error) < 0 ? error_wrap(error, "--entra-role") : 0;
}

static int tag_add(struct emulator_options *options, const char *value, struct error *error)
{
    if (options->tag_count == EMULATOR_MAX_TAGS)
        return error_set(error, "--tag is given too often");
    options->tags[options->tag_count++] = value;
    return 0;
}

static int policy_keys_add(struct emulator_options *options, const char *value, struct error *error)
{
    if (options->policy_key_count == EMULATOR_MAX_POLICY_KEYS)
        return error_set(error, "--policy-keys is given too often");
    options->policy_keys[options->policy_key_count++] = value;
    return 0;
}

/* The options whose value is a text as it stands; NULL for the others. */
static const char **text_of(struct emulator_options *options, int option)
{
    switch (option) {
    case OPTION_ADDRESS:
        return &options->address;
    case OPTION_CERT:
        return &options->certificate_file;
    case OPTION_KEY:
        return &options->key_file;
    case OPTION_FOLDER:
        return &options->folder;
    case OPTION_KEYS:
        return &options->keys;
    case OPTION_POLICY:
        return &options->policy;
    case OPTION_HOST:
        return &options->host;
    case OPTION_ENTRA_CLIENT:
        return &options->entra_client;
    case OPTION_FLEET:
        return &options->fleet_file;
    case OPTION_READY_FILE:
        return &options->ready_file;
    case OPTION_STATE:
        return &options->state_file;
    default:
        return NULL;
    }
}

static int value_set(struct emulator_options *options, int option, const char *name, const char *value,
                     struct error *error)
{
    switch (option) {
    case OPTION_PORT:
        return port_parse(name, value, &options->port, error);
    case OPTION_ADMIN_PORT:
        return port_parse(name, value, &options->admin_port, error);
    case OPTION_PERIOD:
        return duration_parse(name, value, &options->evaluation_period_ms, error);
    case OPTION_FIRST:
        return duration_parse(name, value, &options->first_evaluation_ms, error);
    case OPTION_PULL_DELAY:
        return duration_parse(name, value, &options->pull_delay_ms, error);
    case OPTION_TOKEN_LIFETIME:
        return duration_parse(name, value, &options->token_lifetime_ms, error);
    case OPTION_ENTRA_ROLE:
        return role_parse(value, &options->entra_rights, error);
    case OPTION_DEVICES:
        return number_parse(name, value, 100000, &options->devices, error);
    case OPTION_TAG:
        return tag_add(options, value, error);
    case OPTION_BACKOFF:
        return duration_parse(name, value, &options->backoff_ms, error);
    case OPTION_POLICY_KEYS:
        return policy_keys_add(options, value, error);
    case OPTION_LIMIT:
        return number_parse(name, value, 100000, &options->limit, error);
    case OPTION_UNITS:
        return number_parse(name, value, 200, &options->units, error);
    case OPTION_CONFIGURATION_RATE:
        return number_parse(name, value, 100000, &options->configuration_calls_per_minute, error);
    case OPTION_QUERY_RATE:
        return number_parse(name, value, 100000, &options->query_calls_per_minute, error);
    case OPTION_IMMUTABLE:
        return immutable_parse(value, &options->refuse_changed_content, error);
    case OPTION_LOG_LEVEL:
        return log_level_parse(value, &options->log_level, error);
    default:
        return log_format_parse(value, &options->log_format, error);
    }
}

static int together_check(const struct emulator_options *options, struct error *error)
{
    if (!options->certificate_file != !options->key_file)
        return error_set(error, "--cert and --key belong together");
    if (!options->certificate_file && !options->folder)
        return error_set(error, "give --folder DIR, where a certificate is made, or --cert and --key");
    if (!options->keys && !options->folder)
        return error_set(error, "give --keys, or --folder DIR for a random key");
    if (options->units == 0)
        return error_set(error, "--units must be 1 or more");
    return EMULATOR_OPTIONS_RUN;
}

int emulator_options_parse(int argc, char **argv, struct emulator_options *options, struct error *error)
{
    int option, index = 0;
    const char *word = NULL;

    *options = (struct emulator_options){
        .address = "127.0.0.1",
        .policy = "iothubowner",
        .backoff_ms = EMULATOR_BACKOFF_MS,
        .entra_rights = EMULATOR_RIGHTS_ALL,
        .token_lifetime_ms = 3599000,
        .evaluation_period_ms = 300000,
        .first_evaluation_ms = 2000,
        .pull_delay_ms = 500,
        .limit = 100,
        .units = 1,
        .configuration_calls_per_minute = 20,
        .query_calls_per_minute = 20,
        .log_level = LOG_LEVEL_INFO,
    };
    optind = 1;
    while ((option = arguments_next(argc, argv, known, &index, &word)) != -1) {
        if (option == ':')
            return error_set(error, "%s needs a value", word);
        if (option == '?')
            return error_set(error, "there is no option %s", word);
        if (option == OPTION_HELP)
            return EMULATOR_OPTIONS_HELP;
        if (option == OPTION_VERSION)
            return EMULATOR_OPTIONS_VERSION;
        const char **text = text_of(options, option);
        if (text)
            *text = optarg;
        else if (value_set(options, option, known[index].name, optarg, error) < 0)
            return -1;
    }
    if (optind < argc)
        return error_set(error, "\"%s\" is too much", argv[optind]);
    return together_check(options, error);
}
