/*
 * Settings: tables of rows, read once at start (SPEC 2.5).
 *
 * A daemon says what it wants in tables; each row names a setting, its type, range and default,
 * and the member of a struct that gets the value. Sources, the later one wins: the default, the
 * environment, the flag. ARK_REDIS_URL is --redis-url: lower case, `-` for `_`, without ARK_.
 * `--flag value` and `--flag=value`; a bool may stand alone.
 *
 * --help and the reference page are printed from the same tables, so nothing is documented twice.
 * Texts that settings_read stores live in its arena.
 */
#ifndef ARK_PROCESS_SETTINGS_H
#define ARK_PROCESS_SETTINGS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/limits.h"

enum setting_type { /* member of the struct:                                        */
		    SETTING_STRING, /* struct str                                                   */
		    SETTING_URL, /* struct str; has a scheme; a password in the flag is refused  */
		    SETTING_FILE, /* struct str; a path that is watched for changes (SPEC 2.4)    */
		    SETTING_LIST, /* struct str_list; separated by commas, blanks trimmed         */
		    SETTING_INT, /* int64_t                                                      */
		    SETTING_BYTES, /* int64_t; 65536 or 64KiB                                      */
		    SETTING_DURATION, /* int64_t, milliseconds; 1m30s (SPEC 1.4)                      */
		    SETTING_BOOL, /* bool; true, false, 1, 0                                      */
		    SETTING_ENUM, /* int: the index of the word among choices                     */
		    SETTING_ADDR, /* struct addr                                                  */
};

enum setting_flags {
	SETTING_REQUIRED = 1, /* must not be empty */
	SETTING_SECRET = 2,   /* environment only: no flag, never printed */
	SETTING_HIDDEN = 4,   /* not in --help: aliases for compatibility */
};

struct setting {
	const char *name;  /* ARK_REDIS_URL */
	const char *alias; /* an older name of the same, used when `name` is not set; or NULL */
	enum setting_type type;
	size_t at; /* offset of the member: SETTING_AT_x(struct, member) */
	const char *
		initial; /* the default as one would write it; NULL is empty or false, or ... */
	int64_t initial_number; /* ... this number */
	int64_t least,
		most; /* range of numbers, both included; both 0: any that is not negative */
	const char *choices; /* of an enum: words, separated by one blank */
	const char *help;    /* one sentence without full stop */
	unsigned flags;
	/* The daemons that read it, "runner gateway"; NULL: all. For the others it is no flag, and in
	 * the environment, which all may share, it is not looked at. */
	const char *only;
};

/* The offset of a member; does not compile when the member has another type than the row. */
#define SETTING_AT_STR(s, m) _Generic(((s *)0)->m, struct str : offsetof(s, m))
#define SETTING_AT_LIST(s, m) _Generic(((s *)0)->m, struct str_list : offsetof(s, m))
#define SETTING_AT_INT(s, m) _Generic(((s *)0)->m, int64_t : offsetof(s, m))
#define SETTING_AT_BOOL(s, m) _Generic(((s *)0)->m, bool : offsetof(s, m))
#define SETTING_AT_ENUM(s, m) _Generic(((s *)0)->m, int : offsetof(s, m))
#define SETTING_AT_ADDR(s, m) _Generic(((s *)0)->m, struct addr : offsetof(s, m))

/* Rows that fill one struct. */
struct settings_table {
	const char *title; /* heading in --help and in the reference */
	const struct setting *rows;
	size_t count;
	void *into; /* the struct that the offsets are in */
	/* Looks at values that depend on each other, after all are read; or NULL. */
	enum fail (*check)(void *into, struct arena *a, struct why *why);
};

/* A daemon's own default for a row of a common table: {"ARK_HTTP_ADDR", ":8080"}. */
struct setting_default {
	const char *name, *initial;
};

struct settings {
	const char *program; /* ark-runner */
	const char *about;   /* one sentence for --help */
	const struct settings_table *tables;
	size_t count;
	const struct setting_default *defaults; /* ends with a NULL name; or NULL */
};

/* What the command line asks for besides running (SPEC 2.13). */
enum settings_verb {
	SETTINGS_RUN,
	SETTINGS_CHECK,	    /* --check: settings are fine, exit 0 */
	SETTINGS_HEALTH,    /* --health: ask our own /healthz */
	SETTINGS_HELP,	    /* --help, -h */
	SETTINGS_VERSION,   /* --version */
	SETTINGS_REFERENCE, /* --reference: settings_reference on stdout */
};

/* The verb alone, whatever the settings say: so that --help works with a broken environment. */
enum settings_verb settings_verb(int argc, char *const *argv);

/*
 * Fills the structs of all tables. env is an environment as of environ(7). FAIL_INPUT names the
 * setting, the value (unless it may hold a secret) and what is wanted; an unknown flag is
 * answered with the nearest known one. The exit code is then 2 (SPEC 2.5).
 */
enum fail settings_read(const struct settings *s, struct arena *a, int argc, char *const *argv,
			char *const *env, struct why *why) MUST_CHECK;

/* The text of --help. */
void settings_help(const struct settings *s, struct buf *out);
/* One Markdown table for each table of settings. */
void settings_reference(const struct settings *s, struct buf *out);

/* Calls fn for each row of type FILE that names a file. */
void settings_files(const struct settings *s, void (*fn)(void *arg, struct str path),
		    void *arg);

/* Reads `host:port`, `[v6]:port` or `:port`; the host (without brackets) may be empty. */
bool addr_parse(struct str text, struct str *ret_host, uint16_t *ret_port);

/* --- rows that every daemon has --------------------------------------------------------- */

enum ark_mode { MODE_CLUSTER, MODE_LOCAL };

struct common_settings {
	struct str redis_url;
	struct str redis_password_file;
	struct str spend_store_url, stream_channel_url; /* empty, or equal to redis_url */
	struct str http_addr;				/* empty: none */
	struct str system_namespace;			/* never empty after settings_read */
	int mode;					/* enum ark_mode */
	int log_level;					/* enum log_level */
	struct str otel_endpoint;			/* empty: no traces */
	struct str seal_key_file;
	int64_t parent_pid;	 /* 0, or end when this process is gone */
	struct str process_name; /* unique among live processes; empty: see stream/link.h */
};

/* The tables for common_settings and for limits; `into` is the caller's. */
struct settings_table settings_common(struct common_settings *into);
struct settings_table settings_limits(struct limits *into);

#endif
