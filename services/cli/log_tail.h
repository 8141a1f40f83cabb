/* Follows the logs of the daemons and shows what a person should see (SPEC 21.22). */
#ifndef ARK_CLI_LOG_TAIL_H
#define ARK_CLI_LOG_TAIL_H

#include "base/arena.h"
#include "base/buf.h"
#include "process/log.h"

struct event_base;
struct log_tail;

/* Follows the files ark-*.log of dir from their present ends; lines of at least this level go to
 * stderr, as log_line_show prints them. So does a line that is no log line: it is what a process
 * said that broke. */
struct log_tail *log_tail_new(struct event_base *base, struct str dir, enum log_level least);
/* Shows what came since. */
void log_tail_look(struct log_tail *t);
/* Shows what came since, and frees. NULL is fine. */
void log_tail_free(struct log_tail *t);

/* One line of a log (SPEC 22.1) for people: "ark-agent: warn: words (field=value, ...)". False,
 * and nothing appended, when it is below the level or no such line. */
bool log_line_show(struct arena *a, struct str line, enum log_level least, struct buf *out);

/* The last lines of any log, as they are, to stderr. Nothing when it cannot be read. */
void log_show_last(struct str path);

#endif
