/* Saying something to the daemons from the command line. */
#ifndef ARK_CLI_CHANGE_H
#define ARK_CLI_CHANGE_H

#include "cli/store.h"

/* Appends a message to a stream, as a commit of its own. An exit code. */
int change_say(struct cli *c, struct redis_sync *r, struct str stream, const struct message *m);

#endif
