/*
 * `ark acl`: one Redis user per process, with what it needs (SPEC 2.11, DESIGN 5).
 *
 * Commands inside a function run with the rights of whoever calls it. So keys are what separates
 * the users: a worker reaches work, never objects, fires or deliveries.
 */
#include <stdio.h>

#include "base/file.h"
#include "base/hash.h"
#include "cli/out.h"
#include "cli/verbs.h"
#include "stream/keys.h"

enum { PASSWORD_MAX_BYTES = 4096 };

struct acl_user {
	const char *name;
	bool loads_library; /* control plane */
	/* Key patterns without prefix, separated by blanks; `%W~` before one: append only. */
	const char *keys;
};

/* Of workers: tasks, runs and their texts, the ledger, mail, timers, heartbeats, memory. */
#define WORKER_KEYS                                                                            \
	"tasks:* task:* run:* run-state:* text:* runs account:* reservation:* usage:* spend "  \
	"timers:* heartbeats:* mail:* boots beats memory:* %W~events %W~dead"

static const struct acl_user users[] = {
	{"ark-watcher", true, "*"},  {"ark-reconciler", true, "*"},
	{"ark-runner", true, "*"},   {"ark-budget", true, "*"},
	{"ark-notifier", true, "*"}, {"ark-gateway", true, "*"},
	{"ark-cli", true, "*"},	     {"ark-agent", false, WORKER_KEYS},
};

/* Commands of all: reading and writing keys, nothing that is dangerous, no scripts but functions. */
static const char commands[] = "-@all +@read +@write +@connection +@pubsub +@transaction "
			       "-@dangerous -@admin -@scripting +fcall +fcall_ro +info +time "
			       "+wait";

static void add_keys(struct buf *b, const char *patterns)
{
	struct str rest = str_of(patterns), one;

	while (str_next(&rest, ' ', &one)) {
		bool append = str_starts(one, STR("%W~"));

		if (append)
			one = str_from(one, 3);
		if (one.len)
			buf_addf(b, " %s" KEY_PREFIX "%.*s", append ? "%W~" : "~",
				 STR_ARG(one));
	}
}

static void add_user(struct buf *b, const struct acl_user *u, const char *password_hash)
{
	buf_addf(b, "user %s ", u->name);
	if (password_hash)
		buf_addf(b, "on #%s", password_hash);
	else
		buf_adds(b, "off resetpass");
	add_keys(b, u->keys);
	buf_addf(b, " resetchannels &" KEY_PREFIX "* %s", commands);
	if (u->loads_library)
		buf_adds(b, " +function|load +function|list");
	buf_addc(b, '\n');
}

static int run(struct cli *c, void *options)
{
	AUTO_BUF text = BUF(256 << 10), password = BUF(PASSWORD_MAX_BYTES);
	char hash[SHA256_HEX_SIZE];
	bool given = c->common.redis_password_file.len;
	struct why why;

	(void)options;
	if (!cli_takes(c, 0, 0))
		return EXIT_USAGE;
	if (given) {
		if (file_read(c->common.redis_password_file, &password, &why))
			return cli_fail(c, EXIT_NOT_FOUND, "%s", why.text);
		sha256_hex(str_trim(buf_str(&password)), hash);
		buf_wipe(&password);
	}
	/* An ACL file has no comments: what is to be known is in the help. */
	buf_adds(&text, "user default off resetkeys resetchannels -@all\n");
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		add_user(&text, &users[i], given ? hash : NULL);
	out_raw(buf_str(&text));
	return EXIT_GOOD;
}

const struct verb verb_acl = {
	.name = "acl",
	.arguments = "",
	.help = "Prints the Redis ACL file: one user per process",
	.details = "Redis reads the file with `aclfile`. With --redis-password-file every user "
		   "has\n"
		   "that password, as its SHA-256; without, users are off until each gets one\n"
		   "(ACL SETUSER ark-runner on '>secret', then ACL SAVE). Workers reach tasks "
		   "and\n"
		   "runs only; the default user is off.\n\n"
		   "  $ ark acl --redis-password-file secrets/redis-password > users.acl\n"
		   "  $ redis-server --aclfile users.acl\n",
	.takes = TAKES_PASSWORD,
	.run = run,
};
