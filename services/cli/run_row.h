/* A run as a row of a table (SPEC 21.12). */
#ifndef ARK_CLI_RUN_ROW_H
#define ARK_CLI_RUN_ROW_H

#include "cli/cli.h"
#include "runs/run.h"

struct value run_row(struct arena *a, const struct run *r);
void run_rows_print(const struct cli *c, const struct value *rows);

#endif
