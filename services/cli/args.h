/*
 * The command line: flags by table (SPEC 21.2).
 *
 * `--flag value`, `--flag=value`, `-f value`, `-fvalue`; a switch stands alone or as
 * `--flag=false`. What follows `--` is no flag. An unknown flag is answered with the nearest known
 * one. Texts are borrowed from argv.
 */
#ifndef ARK_CLI_ARGS_H
#define ARK_CLI_ARGS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"

enum arg_type {		      /* member of the struct: */
		ARG_SWITCH,   /* bool */
		ARG_TEXT,     /* struct str */
		ARG_URL,      /* struct str; as a flag without a password (SPEC 2.5) */
		ARG_LIST,     /* struct str_list: may be given again */
		ARG_NUMBER,   /* int64_t, within least and most */
		ARG_DURATION, /* int64_t, milliseconds: 1m30s (SPEC 1.4) */
		ARG_CHOICE,   /* int: index of the word among choices */
		ARG_LATER, /* none: known, but not in this release; help says instead of what */
};

struct arg {
	const char *name;  /* "namespace" */
	const char *alias; /* another long name of it; or NULL */
	char letter;	   /* 'n'; 0 = none */
	enum arg_type type;
	size_t at;
	const char *value; /* what help calls its value: "NAME" */
	const char *help;
	const char *choices; /* words separated by one blank */
	const char *env;     /* variable that gives the value when the flag does not; or NULL */
	int64_t least, most; /* of a number */
	unsigned group;	     /* a bit: only tables that take the group have it; 0 = all */
};

#define ARG_AT_SWITCH(s, m) _Generic(((s *)0)->m, bool : offsetof(s, m))
#define ARG_AT_TEXT(s, m) _Generic(((s *)0)->m, struct str : offsetof(s, m))
#define ARG_AT_URL ARG_AT_TEXT
#define ARG_AT_LIST(s, m) _Generic(((s *)0)->m, struct str_list : offsetof(s, m))
#define ARG_AT_NUMBER(s, m) _Generic(((s *)0)->m, int64_t : offsetof(s, m))
#define ARG_AT_DURATION(s, m) _Generic(((s *)0)->m, int64_t : offsetof(s, m))
#define ARG_AT_CHOICE(s, m) _Generic(((s *)0)->m, int : offsetof(s, m))

/* Rows that fill one struct. */
struct arg_table {
	const struct arg *rows;
	size_t count;
	void *into;
	unsigned takes; /* groups of rows; others would have no effect, and are refused */
};

/*
 * Reads argv, of argc texts without the program's name, into the structs of the tables, first
 * what the environment says. *ret_rest gets what is no flag. FAIL_INPUT names flag and value.
 */
enum fail args_read(struct arena *a, const struct arg_table *tables, size_t count, int argc,
		    char *const *argv, char *const *env, struct str_list *ret_rest,
		    struct why *why) MUST_CHECK;

/* The table has this row of its, and a flag for it. */
bool args_has(const struct arg_table *t, const struct arg *row);
/* Help of the rows, one or two lines each. */
void args_help(const struct arg_table *t, struct buf *out);

#endif
