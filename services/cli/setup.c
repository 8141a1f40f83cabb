/* `ark setup`: SPEC 21.32. */
#include <stdio.h>

#include "cli/out.h"
#include "cli/secrets.h"
#include "cli/verbs.h"

struct setup_options {
	struct str dir;
};

static const struct arg flags[] = {
	{.name = "dir",
	 .type = ARG_TEXT,
	 .at = ARG_AT_TEXT(struct setup_options, dir),
	 .value = "DIR",
	 .help = "where the files are made"},
};

static int run(struct cli *c, void *arg)
{
	static const char *const names[] = {SECRET_SEAL_KEY, SECRET_ADMIN_TOKEN,
					    "redis-password"};
	const struct setup_options *o = arg;
	struct why why;
	bool made;

	if (!cli_takes(c, 0, 0))
		return EXIT_USAGE;
	if (!o->dir.len)
		return cli_fail(c, EXIT_USAGE, "--dir says where the files are made");
	if (make_directory(o->dir, &why))
		return cli_fail(c, EXIT_MISSING, "%s", why.text);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (secret_make(o->dir, names[i], &made, &why))
			return cli_fail(c, EXIT_MISSING, "%s", why.text);
		if (!c->common.quiet)
			printf("%.*s/%s: %s\n", STR_ARG(o->dir), names[i],
			       made ? "made" : "is there already");
	}
	return EXIT_GOOD;
}

const struct verb verb_setup = {
	.name = "setup",
	.arguments = "--dir DIR",
	.help = "Makes the keys and tokens of the suite as files with random content",
	.details = "Makes seal-key, admin-token and redis-password, mode 0600, and never "
		   "overwrites\n"
		   "one that is there. Docker Compose mounts them as secrets:\n\n"
		   "  $ ark setup --dir ./secrets\n",
	VERB_FLAGS(flags),
	.option_bytes = sizeof(struct setup_options),
	.run = run,
};
