/* Where the suite's Redis is, and calls to it that wait (SPEC 21.2). */
#ifndef ARK_CLI_REDIS_AT_H
#define ARK_CLI_REDIS_AT_H

#include "cli/cli.h"
#include "cli/state_dir.h"
#include "redis/redis_sync.h"

enum { REDIS_AT_WAIT_MS = 5000 };

/* Connects to --redis-url, else to the Redis of the suite that runs in the state directory. An
 * exit code; EXIT_GOOD when connected. Free with redis_sync_free. */
int redis_at_open(struct cli *c, struct redis_sync **ret);
/* What up.json of that suite says; all empty when the suite is reached by --redis-url. */
int redis_at_up_file(struct cli *c, struct up_file *ret);
/* Appends a URL without user and password (SPEC 2.9). */
void redis_at_clean(struct arena *a, struct str url, struct buf *out);

/* Sends the command and wants an answer that is no error. The answer lives in c->arena. An exit
 * code, said already when it is not EXIT_GOOD. */
int redis_ask(struct cli *c, struct redis_sync *r, const struct command *command,
	      const struct reply **ret);
/* The same for a few words: key is put behind the name with the suite's prefix; more words end with
 * a NULL. */
int redis_ask_key(struct cli *c, struct redis_sync *r, const char *name, struct str key,
		  const char *const *more, const struct reply **ret);

#endif
