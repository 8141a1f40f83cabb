/*
 * What commands print: rows, objects and texts, as people (text) or programs (json, yaml) want
 * them (SPEC 21.2). Data goes to stdout.
 */
#ifndef ARK_CLI_OUT_H
#define ARK_CLI_OUT_H

#include "base/buf.h"
#include "base/value.h"
#include "cli/cli.h"

enum { OUT_MAX_BYTES = 64 << 20 };

/* How a cell shows its value. */
enum show {
	SHOW_PLAIN,
	SHOW_DURATION_MS, /* 1234 as 1.2s */
	SHOW_AGE,	  /* a time of RFC 3339, as its distance to now: 5m */
};

/* A column: the member of the row that it shows. What is not there shows as "-". */
struct out_column {
	const char *title; /* RUN */
	const char *key;   /* path of the member: "limits.maxTokens" */
	enum show show;
};

/* Appends text with control characters, DEL, C1 and bytes that are no UTF-8 as \xNN, but for line
 * ends and tabs when whole is set: a text of several lines, not a cell. */
void out_escape(struct buf *b, struct str text, bool whole);
/* The table of rows (a list of maps) for people: the first line is of titles. */
void out_table(struct buf *b, const struct out_column *columns, size_t count,
	       const struct value *rows, int64_t now_ms);
/* Milliseconds as people read them: 0.4s, 12.3s, 2m05s, 3h04m, 2d03h. */
void out_duration(struct buf *b, int64_t ms);

/* Prints rows as -o says. */
void out_rows(const struct cli *c, const struct out_column *columns, size_t count,
	      const struct value *rows);
/* Prints a value as JSON or YAML, whichever -o says; as JSON with -o text. */
void out_value(const struct cli *c, const struct value *v);
/* Prints a text of ours as it is. */
void out_raw(struct str text);
/* Prints a text that others wrote: escaped on a terminal, as it is elsewhere. */
void out_text(struct str text);
/* The same, and a line end unless it has one. */
void out_line(struct str text);

#endif
