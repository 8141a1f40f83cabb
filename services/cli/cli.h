/*
 * What every command of `ark` is given, and how it ends (SPEC 21.2, 21.3).
 *
 * A command is one row: its name, the arguments and flags it takes, words that teach it, and one
 * function. The function says what went wrong with cli_fail, once, and its answer is the exit code
 * of the program.
 */
#ifndef ARK_CLI_CLI_H
#define ARK_CLI_CLI_H

#include "base/arena.h"
#include "base/fail.h"
#include "cli/args.h"

/* SPEC 21.3 */
enum {
	EXIT_GOOD = 0,
	EXIT_BAD = 1,	/* the run, check or delivery asked about failed; a file is invalid */
	EXIT_USAGE = 2, /* wrong usage or setting */
	EXIT_NOT_FOUND = 3, /* object, run, file, nothing to run */
	EXIT_MISSING = 4,   /* something needed is missing, too old, in use or not reachable */
	EXIT_LATE = 5,	    /* timed out */
	EXIT_INTERRUPTED = 130,
};

enum output { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_YAML };

/* SPEC 21.2 */
struct common_options {
	struct str namespace;
	bool all_namespaces;
	struct str redis_url, redis_password_file, state_dir;
	bool local;
	int output; /* enum output */
	bool no_color, quiet, verbose, help;
};

/* Groups of the common flags. A command takes those that have an effect on it; the others are refused.
 * All take --no-color, --quiet, --verbose and --help. */
enum {
	TAKES_NAMESPACE = 1,
	TAKES_ALL_NAMESPACES = 2,
	TAKES_OUTPUT = 4,
	TAKES_LOCAL = 8,
	TAKES_STATE_DIR = 16,
	TAKES_REDIS = 32,
	TAKES_PASSWORD = 64,
	/* It finds a suite that runs. */
	TAKES_SUITE = TAKES_LOCAL | TAKES_STATE_DIR | TAKES_REDIS | TAKES_PASSWORD,
};

struct verb;

struct cli {
	const struct verb *verb;
	struct common_options common;
	struct str_list arguments; /* what is neither flag nor value of one */
	char **env;
	struct arena arena; /* lives as long as the command */
};

struct verb {
	const char *name;
	const char *arguments; /* as in the usage line; "" = none */
	const char *help;      /* one sentence without full stop */
	const char *details;   /* teaches, with an example */
	const struct arg *flags;
	size_t flag_count;
	size_t option_bytes; /* of the struct that the flags fill; starts zeroed */
	unsigned takes;	     /* common flags that have an effect: TAKES_x */
	int (*run)(struct cli *c, void *options);
	/* Takes the command line as it is, argv[0] its name, without the common flags; then no `run`. */
	int (*raw)(int argc, char **argv);
};

#define VERB_FLAGS(rows) .flags = rows, .flag_count = sizeof(rows) / sizeof(rows[0])

/* All commands, in the order of `ark help`; ends with a row without name. */
extern const struct verb *const verbs[];
const struct verb *verb_find(struct str name);
/* The common flags that the command takes, to be filled into `into` (may be NULL). */
struct arg_table common_args(const struct verb *v, struct common_options *into);

/* "ark trigger: words" on stderr; the answer is code. */
int cli_fail(const struct cli *c, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* A remark on stderr; not with --quiet. */
void cli_note(const struct cli *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Exit code of a failure of Redis, the gateway or a file. */
int cli_why(const struct cli *c, enum fail f, const struct why *why);
/* Exactly so many arguments, else words and false: the caller answers EXIT_USAGE. */
bool cli_takes(const struct cli *c, size_t least, size_t most);
/* The namespace of -n, else `default`. */
struct str cli_namespace(const struct cli *c);
/* A variable of the environment; empty when it is not set. */
struct str env_get(char *const *env, const char *name);

#endif
