/* Walking a value with the field tables; inside common/kinds. */
#ifndef ARK_KINDS_WALK_H
#define ARK_KINDS_WALK_H

#include "base/buf.h"
#include "kinds/check.h"

enum walk_flags {
	WALK_STRUCTURE =
		1, /* types, ranges, forms, unions, doubles; texts that are read cheaply */
	WALK_UNKNOWN = 2, /* fields that no table knows */
	WALK_TEXTS = 4,	  /* templates, schemas, patterns, cron: texts that are compiled */
	WALK_FIRST = 8,	  /* stop at the first error */
};

enum { WALK_PATH_MAX = 4096 };

struct walk {
	struct findings *found;
	unsigned flags;
	const struct kind_info *kind; /* for reasons; NULL = InvalidSpec */
	const char *reason;	      /* of what is wrong here */
	struct buf path;
	const struct limits *limits;
	/* Called for texts that mean something (v has one of the field's types); NULL = they are
	 * not compiled. A pointer, so that reading a view does not need every language. */
	void (*compile)(struct walk *w, const struct field *row, const struct value *v);
};

/* path is what the fields' paths begin with, or empty. Release with walk_release. */
void walk_init(struct walk *w, struct findings *found, unsigned flags,
	       const struct kind_info *kind, const struct limits *limits, const char *path);
void walk_release(struct walk *w);

/* One object by its table; NULL or nil is the empty object. */
void walk_table(struct walk *w, const struct table *t, const struct value *v);

/* A finding at the current path. */
void walk_error(struct walk *w, const struct value *where, const char *reason, const char *fmt,
		...) PRINTF_LIKE(4, 5);

/* A text that must have a form. */
void walk_form(struct walk *w, const struct value *v, const struct pattern *form);

/* The path goes one member or item down; walk_up goes back to where it was. */
size_t walk_down(struct walk *w, struct str member);
size_t walk_down_index(struct walk *w, size_t index);
void walk_up(struct walk *w, size_t before);

/* The rules of a table and its bases (walk_rules.c). */
void walk_rules(struct walk *w, const struct table *t, const struct value *v);
/* Texts that are read cheaply: durations, money, addresses (text_cheap.c). */
void text_cheap(struct walk *w, const struct field *row, const struct value *v);
/* Templates, schemas, patterns, cron expressions: for `compile` (text_compile.c). */
void text_compile(struct walk *w, const struct field *row, const struct value *v);

/* The member is there: not absent, not null, and no empty list. */
bool member_given(const struct value *object, const char *name);
/* An integer of a spec: also 3.0. False when it is none or beyond 64 bits. */
bool value_to_integer(const struct value *v, int64_t *ret);

#endif
