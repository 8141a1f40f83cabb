/* A run as it goes, one line per change (SPEC 21.25). Pure. */
#ifndef ARK_CLI_RUN_WATCH_H
#define ARK_CLI_RUN_WATCH_H

#include "base/buf.h"
#include "proto/message.h"

enum { WATCH_OUTPUT_CHARACTERS = 120, WATCH_NAME_COLUMNS = 20 };

/* Appends what an entry of run:<namespace>.<run> means for people; nothing for tokens. Texts are as
 * others wrote them, but for line ends in the preview: out_text makes them safe. */
void run_watch_add(struct buf *b, const struct message *m);
/* Whether it is the last event of an attempt. */
bool run_watch_is_end(const struct message *m);

#endif
