/* The environment of a child, and files of variables (`--env-file`). */
#ifndef ARK_CLI_ENVIRONMENT_H
#define ARK_CLI_ENVIRONMENT_H

#include "base/arena.h"
#include "base/fail.h"

enum { ENV_FILE_MAX_BYTES = 1 << 20, MOCK_FILE_MAX_BYTES = 16 << 20 };

/* NAME=value texts, each name once, ended by a NULL. All in the arena. */
struct environment {
	struct arena *arena;
	const char **items;
	size_t count, cap;
};

/* Starts with what an environment as of environ(7) says; base may be NULL. */
void environment_init(struct environment *e, struct arena *a, char *const *base);
void environment_copy(struct environment *e, struct arena *a, const struct environment *from);
/* Sets a variable, in place of an older value. */
void environment_set(struct environment *e, const char *name, struct str value);
/* The same unless the variable is there already. */
void environment_default(struct environment *e, struct str name, struct str value);
void environment_unset(struct environment *e, const char *name);
/* Empty when it is not set. */
struct str environment_get(const struct environment *e, const char *name);
/* For execve and struct child_plan. */
const char *const *environment_list(struct environment *e);

/*
 * Reads the lines of a file of variables: NAME=value, with `export ` before it or not; blank lines
 * and those that start with # are skipped. A value in single quotes is taken as it is, in double
 * quotes with \n, \t, \", \\ and \$; an unquoted one ends at ` #`. What is in the environment
 * already wins. FAIL_INPUT names the line.
 */
enum fail environment_read(struct environment *e, struct str text, struct why *why) MUST_CHECK;

/* The script of the mock provider for the daemons (SPEC 7.19): ARK_MOCK_FILE. FAIL_BUSY: it cannot
 * be read; FAIL_INPUT: it is no JSON, with its line. */
enum fail environment_mock_file(struct environment *e, struct str path,
				struct why *why) MUST_CHECK;

#endif
