#include "cli/table.h"

#include "common/cleanup.h"

#include <string.h>

#define GAP 3

void table_release(struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
}

void table_add(struct table *table, const char *text)
{
    char **cells = reallocarray(table->cells, table->count + 1, sizeof(*cells));
    char *copy = strdup(text);

    if (cells)
        table->cells = cells;
    if (!cells || !copy) {
        free(copy);
        table->failed = true;
        return;
    }
    cells[table->count++] = copy;
}

void table_print(const struct table *table, FILE *out)
{
    size_t widths[TABLE_MOST_COLUMNS] = {0};

    for (size_t i = 0; i < table->count; i++) {
        size_t length = strlen(table->cells[i]);

        if (length > widths[i % table->columns])
            widths[i % table->columns] = length;
    }
    for (size_t i = 0; i < table->count; i++) {
        bool last = i % table->columns == table->columns - 1;

        fprintf(out, "%-*s%s", last ? 0 : (int)widths[i % table->columns] + GAP, table->cells[i], last ? "\n" : "");
    }
}
