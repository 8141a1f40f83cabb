/*
 * JSON Schema, draft 2020-12 and draft-07 (SPEC 5.10 to 5.13).
 *
 * A schema is compiled once and validated many times, also from several threads: it is read only
 * after schema_compile. Compiling checks the schema against the meta-schema of its draft, resolves
 * every reference inside the document, compiles every pattern and refuses cycles that consume
 * nothing. Validating never allocates outside the scratch arena but for small bit sets, takes
 * bounded time (a budget by the size of the instance) and bounded stack.
 *
 * Values come from json_parse (or a reader with the same depth limit), so that numbers still have
 * their digits.
 */
#ifndef ARK_LANG_SCHEMA_H
#define ARK_LANG_SCHEMA_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/value.h"

enum {
	SCHEMA_ERRORS_MAX = 20, /* SPEC 5.12 */
	SCHEMA_ERROR_MAX_BYTES = 512,
	SCHEMA_PATTERNS_MAX = 256,	    /* different patterns in one schema ... */
	SCHEMA_PATTERN_MAX_BYTES = 1 << 20, /* ... the memory of each ... */
	SCHEMA_PATTERNS_MAX_SIZE = 100000,  /* ... and the steps in the programs of all */
};

struct schema_limits {
	size_t max_bytes;   /* of the schema as compact JSON */
	unsigned max_depth; /* levels of lists and maps in it */
	uint64_t evaluations_min;
	uint64_t evaluations_per_64kib; /* of instance */
	unsigned max_nesting; /* evaluations inside each other; 0.5 KiB of stack each */
};
/* SPEC 5.11 */
extern const struct schema_limits schema_limits_default;

struct schema;

/* Compiles a schema. It lies in the arena and borrows from `schema`, which must live as long;
 * its patterns do not: call schema_free before the arena goes. limits may be NULL (the default).
 * FAIL_INPUT (InvalidSchema) with words that begin with the JSON pointer of the part that is
 * wrong. */
enum fail schema_compile(struct arena *a, const struct value *schema,
			 const struct schema_limits *limits, struct schema **ret,
			 struct why *why) MUST_CHECK;
/* The same from JSON text, which is copied into the arena. */
enum fail schema_compile_text(struct arena *a, struct str text,
			      const struct schema_limits *limits, struct schema **ret,
			      struct why *why) MUST_CHECK;
/* Releases what is outside the arena. NULL is fine. */
void schema_free(struct schema *s);

enum schema_verdict {
	SCHEMA_VALID = 0,
	SCHEMA_INVALID,
	SCHEMA_LIMIT, /* "schema limit exceeded": neither; treat it as a failed check */
};

struct schema_error {
	struct str pointer; /* JSON pointer of the value; empty is the whole instance */
	struct str text;    /* what is wrong: one line, for a model or a person to act on */
};

struct schema_errors {
	struct schema_error items[SCHEMA_ERRORS_MAX];
	size_t count;
	bool more; /* there were more than these */
};

/* Validates. Errors lie in scratch and are written for every verdict but SCHEMA_VALID. ret may be
 * NULL, which is faster for instances that are wrong. */
enum schema_verdict schema_validate(const struct schema *s, const struct value *instance,
				    struct arena *scratch, struct schema_errors *ret);

/* Appends "<pointer>: <what is wrong>" (SPEC 5.12), one error per line, each ended by a newline. */
void schema_errors_add(struct buf *out, const struct schema_errors *errors);

/* The instance that a mock model answers (SPEC 7.20), made in the arena; it borrows from the
 * schema. It follows the schema's words and need not satisfy it. Where a schema contains itself,
 * optional properties are left out, also below SCHEMA_MOCK_MAX_DEPTH levels. FAIL_INPUT when it
 * would have more than SCHEMA_MOCK_MAX_VALUES values or a text over 1 MiB. */
enum { SCHEMA_MOCK_MAX_DEPTH = 16, SCHEMA_MOCK_MAX_VALUES = 10000 };
enum fail schema_mock(const struct schema *s, struct arena *a, struct value *ret,
		      struct why *why) MUST_CHECK;

#endif
