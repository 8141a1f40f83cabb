/*
 * Templates: the language of SPEC 4, which is Go's text/template with a fixed set of helpers.
 *
 * A text is parsed once and executed many times. A parsed template never changes: several
 * threads may run it at once. It lives in the arena it was parsed into and needs nothing else,
 * not even the source. Parsing and running do no I/O, read no clock and keep no state between
 * calls.
 *
 * Texts in `root` must be valid UTF-8 (what json_parse gives is); the source need not be: bytes
 * that are not UTF-8 become U+FFFD. All results are valid UTF-8.
 *
 * Words of a failure read "<line>:<column>: <what>": the line counts from 1, the column is the
 * number of bytes before it in its line, as Go counts. The caller puts
 * "template: <field path>:" in front (SPEC 4.11).
 */
#ifndef ARK_LANG_TEMPLATE_H
#define ARK_LANG_TEMPLATE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/value.h"
#include "lang/zone.h"

struct template;

/* SPEC 4.10. What goes over one of them fails with "template limit exceeded: <name>". */
struct template_limits {
	size_t source_bytes; /* of one template */
	size_t output_bytes; /* that one run may write */
	size_t value_bytes; /* that one run may hold in variables and results; error `output` */
	unsigned nodes;	    /* that one run may execute; a turn of `range` is one */
	unsigned depth;	    /* of `template`, parentheses and control blocks in each other */
};

enum {
	TEMPLATE_SOURCE_BYTES = LIMIT_TEMPLATE_SOURCE_BYTES,
	TEMPLATE_OUTPUT_BYTES = LIMIT_TEMPLATE_OUTPUT_BYTES,
	TEMPLATE_VALUE_BYTES = 16 << 20,
	TEMPLATE_NODES = LIMIT_TEMPLATE_NODES,
	TEMPLATE_DEPTH = LIMIT_TEMPLATE_DEPTH,
	TEMPLATE_DEPTH_MAX = 1000, /* more than this is taken as this: the C stack is finite */
};

/* The numbers above. */
extern const struct template_limits template_limits_default;

/* Parses the whole source. limits may be NULL (the defaults); source_bytes and depth count here.
 * *ret points into the arena. FAIL_INPUT with words when it is no template. */
enum fail template_parse(struct arena *a, struct str source,
			 const struct template_limits *limits, struct template **ret,
			 struct why *why) MUST_CHECK;

struct template_env {
	int64_t now_seconds; /* `now` (SPEC 4.9), since 1970 in UTC */
	int32_t now_nanos;
	struct zones *zones;		      /* for dateInZone; NULL = UTC is the only zone */
	const struct template_limits *limits; /* NULL = the defaults */
	bool envelope_marks; /* print texts that have an origin in an envelope (SPEC 5.1) */
};

/* Executes t on root and appends the result to out. What it computes meanwhile is in scratch.
 * FAIL_INPUT with words when it ends in an error; out then holds what was written before. */
enum fail template_run(const struct template *t, const struct value *root,
		       const struct template_env *env, struct arena *scratch, struct buf *out,
		       struct why *why) MUST_CHECK;

/* Is it one pipeline action, and around it nothing but white space, comments and definitions
 * (SPEC 12.12)? */
bool template_is_single_action(const struct template *t);
/* The value of that action instead of its text; t must be a single action. *ret points into
 * scratch and root. Its lists and maps are nested at most TEMPLATE_VALUE_DEPTH deep and small
 * enough to be written as JSON within value_bytes. */
enum { TEMPLATE_VALUE_DEPTH = 256 };
enum fail template_value(const struct template *t, const struct value *root,
			 const struct template_env *env, struct arena *scratch,
			 struct value *ret, struct why *why) MUST_CHECK;

/* Which steps a template can read: `.steps.NAME`, `index .steps "NAME"`, `get .steps "NAME"`.
 * Names come once each, in the order of the source. */
struct template_steps {
	const struct str *names;
	size_t count;
	bool any; /* it also uses `.steps` or the root as a whole: it may read every step */
};
/* names is in the arena, its texts are the template's. */
struct template_steps template_steps(const struct template *t, struct arena *a);

/* Is the result of a condition truthy (SPEC 4.13)? */
bool template_condition(struct str rendered);

#endif
