/* Queries over the twins, as POST /devices/query takes them:
 *
 *     SELECT [TOP number] * | path [AS name], … | COUNT() [AS name]  FROM devices | devices.modules  [WHERE expression]
 *     SELECT path [AS name], …, COUNT() [AS name]  FROM …  [WHERE …]  GROUP BY path, …
 */
#ifndef EMULATOR_QUERY_H
#define EMULATOR_QUERY_H

#include "common/error.h"
#include "common/json_writer.h"
#include "emulator/expression.h"
#include "emulator/fleet.h"

struct emulator_column {
    struct emulator_path path;
    char *name; /* the alias, or the path's last segment */
};

struct emulator_query {
    bool modules;                    /* FROM devices.modules */
    char *count_name;                /* COUNT() AS …; NULL: rows are wanted */
    struct emulator_column *columns; /* none: SELECT * */
    size_t column_count, column_capacity;
    struct emulator_expression *where; /* or NULL */
    struct emulator_path *groups;      /* GROUP BY */
    size_t group_count, group_capacity;
    size_t top; /* 0: all */
};

#define EMULATOR_QUERY_INIT                                                                                            \
    {                                                                                                                  \
        .count_name = NULL                                                                                             \
    }

int emulator_query_parse(const char *text, struct emulator_query *ret_query, struct error *error);
void emulator_query_release(struct emulator_query *query);

#define cleanup_query __attribute__((cleanup(emulator_query_release)))

/* A place in the order of the rows: after that device's, or that module's, row. Empty at the beginning. */
struct emulator_query_place {
    char *device_id;
    char *module_id;
    size_t rows; /* up to there */
};

#define EMULATOR_QUERY_PLACE_INIT                                                                                      \
    {                                                                                                                  \
        NULL, NULL, 0                                                                                                  \
    }

void emulator_query_place_release(struct emulator_query_place *place);

#define cleanup_query_place __attribute__((cleanup(emulator_query_place_release)))

/* Writes an array of at most page_size rows that come after the place, and moves the place behind the last one. Returns
 * whether there are more. */
bool emulator_query_run(const struct emulator_query *query, const struct emulator_fleet *fleet, size_t page_size,
                        struct emulator_query_place *place, struct json_writer *json);

/* The number of twins that it selects. */
size_t emulator_query_count(const struct emulator_query *query, const struct emulator_fleet *fleet);

#endif
