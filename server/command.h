/* The commands of the program. Each takes its own arguments (arguments[0] is the command's name) and returns the exit
 * status: 0, 1 for a failure, 2 for wrong usage. */
#ifndef SERVER_COMMAND_H
#define SERVER_COMMAND_H

#include <stdint.h>

enum { EXIT_OK = 0, EXIT_TROUBLE = 1, EXIT_USAGE = 2 };

int command_serve(int count, char **arguments);
int command_webhook(int count, char **arguments);
int command_certs(int count, char **arguments);
int command_register(int count, char **arguments);

/* What is common to serve and webhook: memory, signals. Before any thread. */
void command_prepare_service(void);

/* Prints "iot-edge-connector: <sentence>" and where help is. Returns EXIT_USAGE. */
int command_usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints "iot-edge-connector: <sentence>". Returns EXIT_TROUBLE. */
int command_failure(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A whole decimal number from least to most. 0, or EXIT_USAGE after it said what is wrong with that option. */
int command_read_number(const char *option, const char *text, unsigned long least, unsigned long most,
                        unsigned *ret_number);

/* What arguments_next found no option in, or no value behind. Returns EXIT_USAGE. */
int command_option_error(int option, const char *word);

/* Arguments behind the options are wrong. 0, or EXIT_USAGE. */
int command_refuse_rest(int count, char **arguments, int next);

#endif
