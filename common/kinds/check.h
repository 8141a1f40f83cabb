/*
 * Checking objects: everything that `ark validate` prints and that Ready = False says.
 *
 * A check walks an object with the field tables (fields.h) and collects findings, each with the
 * place where it stands. The same checks serve files and the API server's objects (those have
 * no lines). Pure: the time and the other objects are arguments.
 */
#ifndef ARK_KINDS_CHECK_H
#define ARK_KINDS_CHECK_H

#include <stdarg.h>

#include "base/arena.h"
#include "base/limits.h"
#include "kinds/fields.h"
#include "kinds/object.h"
#include "lang/zone.h"

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };
/* "error", "warning" */
const char *severity_name(enum severity s);

struct finding {
	enum severity severity;
	struct str field;      /* spec.pipeline[2].if */
	uint32_t line, column; /* 0 = unknown */
	const char *reason;    /* SPEC 3.6 */
	struct str text;       /* what is wrong; without the field */
};

/* Findings live in the arena. Beyond FINDINGS_MAX they are only counted. */
enum { FINDINGS_MAX = 100 };
struct findings {
	struct arena *arena;
	struct finding *items;
	size_t count, cap;
	size_t errors;	/* how many of all are errors, dropped ones too */
	size_t dropped; /* found but not kept */
};
#define FINDINGS(arena_) ((struct findings){.arena = (arena_)})

/* The first error: the one that a Ready condition names (SPEC 3.3). NULL when there is none. */
const struct finding *findings_first_error(const struct findings *f);
/* Adds a finding; where is the value concerned (its line and column), or NULL. */
void findings_add(struct findings *f, enum severity s, struct str field,
		  const struct value *where, const char *reason, const char *fmt, ...)
	PRINTF_LIKE(6, 7);
void findings_vadd(struct findings *f, enum severity s, struct str field,
		   const struct value *where, const char *reason, const char *fmt, va_list args)
	PRINTF_LIKE(6, 0);

/* What a check may know of the world around the object. */
struct check_world {
	/* The object of that kind, namespace and name, or NULL when there is none. find NULL =
	 * references are not looked up. */
	const struct object *(*find)(void *context, enum kind kind, struct str namespace,
				     struct str name);
	void *context;
	/* Where budgets may select other namespaces (SPEC 15.2); empty = not checked. */
	struct str system_namespace;
	/* For time zones and slots (SPEC 12.3); NULL = names of zones and slots are not checked. */
	struct zones *zones;
	int64_t now_seconds;
	const struct limits *limits; /* NULL = the defaults */
};

/* All checks of an object: metadata, fields, texts, rules of its kind, references. world may be
 * NULL. ConfigMaps, Secrets and other kinds are checked for their metadata only. */
void check_object(struct findings *f, const struct object *o, const struct check_world *world);

/* Structure only: the spec against a table, without unknown fields and without compiling texts.
 * FAIL_INPUT with the first error as "field: text". What the x_load functions call. path is what
 * the fields' paths begin with ("spec"). */
enum fail check_structure(struct arena *a, const struct table *t, const struct value *spec,
			  const char *path, struct why *why) MUST_CHECK;

#endif
