/* Rows of texts as columns, as kubectl prints them. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_MOST_COLUMNS 10

struct table {
    size_t columns;
    char **cells; /* row by row, owned */
    size_t count;
    bool failed;
};

void table_release(struct table *table);

#define cleanup_table __attribute__((cleanup(table_release)))

/* Adds the cell that comes next; the text is copied. */
void table_add(struct table *table, const char *text);

/* Three blanks between the columns, none at the end of a line. */
void table_print(const struct table *table, FILE *out);

#endif
