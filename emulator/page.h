/* The page for people: devices, what runs on them, and configurations, live. One file that is part of the program,
 * which asks for the overview again and again. */
#ifndef EMULATOR_PAGE_H
#define EMULATOR_PAGE_H

#include "emulator/api.h"

/* Which devices the overview shows. */
struct emulator_page_view {
    const char *search; /* only those whose id has this in it; NULL: all */
    bool trouble;       /* only those that are held, refused their deployment, or have a module that does not run */
    size_t first;       /* so many of these are left out */
    size_t count;       /* at most so many are shown */
};

/* GET /: the page. */
void emulator_page_handle(struct emulator_call *call);

/* GET /overview: what is on the page. Query parameters: first, count, search, trouble=true. */
void emulator_page_overview_handle(struct emulator_call *call);

/* Writes the overview's devices, modules, shown, inTrouble, matching, first and configurations into an object. */
void emulator_page_overview_write(struct json_writer *json, const struct emulator_hub_state *state,
                                  const struct emulator_page_view *view);

#endif
