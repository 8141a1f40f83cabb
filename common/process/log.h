/*
 * The log: one JSON object per line on stderr (SPEC 22.1).
 *
 *   log_info("run started", LOG_STR("run", name), LOG_INT("ms", 12));
 *   {"time":"...","level":"info","process":"ark-runner","msg":"run started","run":"a","ms":12}
 *
 * The message is a constant, facts are fields; so lines can be counted and searched. error = a
 * person must look; warn = survived; info = state changed; debug = off. Nothing is allocated, one
 * line is one write of at most LOG_LINE_BYTES, so that lines of several processes on one pipe
 * stay whole. Only loops and main.c log; never a secret (SPEC 2.9).
 */
#ifndef ARK_PROCESS_LOG_H
#define ARK_PROCESS_LOG_H

#include "base/buf.h"
#include "base/fail.h"
#include "base/str.h"

enum log_level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR };

enum {
	LOG_LINE_BYTES = 4096, /* PIPE_BUF; fields that do not fit are left out: "cut":true */
	LOG_TEXT_BYTES = 1024, /* a longer text is cut */
};

enum log_kind {
	LOG_KIND_END,
	LOG_KIND_STR,
	LOG_KIND_URL,
	LOG_KIND_INT,
	LOG_KIND_FLOAT,
	LOG_KIND_BOOL,
};

struct log_field {
	const char *key; /* a literal */
	enum log_kind kind;
	union {
		struct str text;
		int64_t integer;
		double real;
		bool boolean;
	};
};

#define LOG_STR(k, s) ((struct log_field){.key = (k), .kind = LOG_KIND_STR, .text = (s)})
#define LOG_C(k, c) LOG_STR(k, str_of(c))
#define LOG_WHY(why) LOG_STR("error", why_str(why))
/* Printed by url_add_clean. */
#define LOG_URL(k, s) ((struct log_field){.key = (k), .kind = LOG_KIND_URL, .text = (s)})
#define LOG_INT(k, i) ((struct log_field){.key = (k), .kind = LOG_KIND_INT, .integer = (i)})
#define LOG_FLOAT(k, d) ((struct log_field){.key = (k), .kind = LOG_KIND_FLOAT, .real = (d)})
#define LOG_BOOL(k, b) ((struct log_field){.key = (k), .kind = LOG_KIND_BOOL, .boolean = (b)})
#define LOG_END ((struct log_field){.key = NULL, .kind = LOG_KIND_END})

/* log_info("message", fields...). Fields are evaluated only when the line is written. */
#define log_debug(...) LOG_AT(LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...) LOG_AT(LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) LOG_AT(LEVEL_WARN, __VA_ARGS__)
#define log_error(...) LOG_AT(LEVEL_ERROR, __VA_ARGS__)

#define LOG_AT(level, ...)                                                                     \
	(log_wants(level) ? log_write((level), LOG_FIRST(__VA_ARGS__, LOG_END),                \
				      LOG_REST(__VA_ARGS__, LOG_END))                          \
			  : (void)0)
#define LOG_FIRST(msg, ...) ("" msg)
#define LOG_REST(msg, ...) ((const struct log_field[]){__VA_ARGS__})

/* Names the process and sets the level; before that the level is info and the name "ark". The
 * name is borrowed for good. */
void log_init(const char *process, enum log_level level);
bool log_wants(enum log_level level);
const char *log_level_name(enum log_level level);
/* Writes one line; fields end with LOG_END. */
void log_write(enum log_level level, const char *msg, const struct log_field *fields);
/* Where lines go: a file descriptor, 2 at first. For tests. */
void log_to(int fd);

#endif
