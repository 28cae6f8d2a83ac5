#include "server/command.h"

#include "common/banned.h"
#include "server/arena.h"
#include "server/service.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static __attribute__((format(printf, 1, 0))) void print(const char *format, va_list arguments)
{
    fputs("iot-edge-connector: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

int command_usage_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print(format, arguments);
    va_end(arguments);
    fputs("`iot-edge-connector --help` shows how it is called.\n", stderr);
    return EXIT_USAGE;
}

int command_failure(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print(format, arguments);
    va_end(arguments);
    return EXIT_TROUBLE;
}

int command_read_number(const char *option, const char *text, unsigned long least, unsigned long most,
                        unsigned *ret_number)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number < least || number > most)
        return command_usage_error("%s must be a whole number from %lu to %lu, not \"%s\"", option, least, most, text);
    *ret_number = (unsigned)number;
    return 0;
}

int command_option_error(int option, const char *word)
{
    if (option == ':')
        return command_usage_error("%s needs a value", word);
    return command_usage_error("there is no option %s here", word);
}

int command_refuse_rest(int count, char **arguments, int next)
{
    if (next >= count)
        return 0;
    return command_usage_error("\"%s\" is too much", arguments[next]);
}

void command_prepare_service(void)
{
    arena_install();
    service_block_signals();
}
