/*
 * What a resource may say, as data (SPEC 3.2).
 *
 * One table per object type, one row per field. The checker (check.h), the typed views (agent.h,
 * team.h, ...), the generated CRDs and `kubectl explain` all come from these rows, so they cannot
 * drift apart. Tables are constant and hold no pointers to anything but constants.
 */
#ifndef ARK_KINDS_FIELDS_H
#define ARK_KINDS_FIELDS_H

#include "base/value.h"
#include "kinds/object.h"
#include "kinds/pattern.h"

/* JSON types that a field takes; several bits where SPEC gives it several. */
enum field_type {
	T_STRING = 1,
	T_INTEGER = 2,
	T_NUMBER = 4, /* includes integers */
	T_BOOLEAN = 8,
	T_OBJECT = 16, /* with the fields of `object` */
	T_MAP = 32,    /* free keys; each value by `values` */
	T_LIST = 64,   /* each item by `items` */
	T_ANY = 128,   /* any JSON value */
};

/* What a text means beyond being text. Money also covers the number form, a schema also the
 * object form. */
enum text_kind {
	TEXT_PLAIN = 0,
	TEXT_TEMPLATE, /* SPEC 4 */
	TEXT_SCHEMA,   /* SPEC 5.10; as text or as object (T_ANY, T_MAP) */
	TEXT_REGEX,    /* SPEC 5.13 */
	TEXT_DURATION, /* SPEC 1.4, more than zero */
	TEXT_MONEY,    /* SPEC 1.5 */
	TEXT_CRON,     /* SPEC 12.3 */
	TEXT_ZONE,     /* IANA time zone */
	TEXT_URL,      /* http or https, with a host */
	TEXT_HOST_PORT,
	TEXT_DECIMAL, /* a number written as text, within `bounds` */
	TEXT_TIME,    /* SPEC 1.3; in a status only */
};

/* A bound that is not set holds everything. */
struct bounds {
	bool has_min, has_max;
	int64_t min, max;
};
#define AT_LEAST(n)                                                                            \
	{                                                                                      \
		.has_min = true, .min = (n)                                                    \
	}
#define BETWEEN(lo, hi)                                                                        \
	{                                                                                      \
		.has_min = true, .has_max = true, .min = (lo), .max = (hi)                     \
	}

struct table;

struct field {
	const char *name;  /* NULL for the items of a list and the values of a map */
	const char *about; /* one sentence for `kubectl explain` */
	unsigned types;	   /* bits of enum field_type */
	bool required;
	const char *fallback; /* default, as JSON; NULL = none */
	enum text_kind text;
	struct bounds bounds;	       /* of numbers */
	const char *const *choices;    /* allowed texts, ended by NULL; NULL = any */
	const char *const *reserved;   /* texts that are not allowed, ended by NULL */
	const struct pattern *pattern; /* the form of a text; NULL = any */
	uint32_t min_bytes, max_bytes; /* of texts; max 0 = no limit of its own */
	uint32_t min_items, max_items; /* of lists and maps; max 0 = none */
	const struct table *object;    /* T_OBJECT */
	const struct field *items;     /* T_LIST */
	const struct pattern *keys;    /* T_MAP: the form of its keys; NULL = any */
	const struct field *values;    /* T_MAP */
	const char *unique;	       /* T_LIST of objects: this member must differ */
	bool unique_items;	       /* T_LIST of texts: all must differ */
	const char *list_reason; /* SPEC 3.6, for the length of a list and doubles in it */
	bool no_effect;		 /* accepted and without effect: a warning */
	const char *reason;	 /* SPEC 3.6, for findings here and below */
};

enum rule_kind {
	RULE_EXACTLY_ONE,  /* of names */
	RULE_AT_MOST_ONE,  /* of names */
	RULE_AT_LEAST_ONE, /* of names */
	RULE_NEEDS,	   /* where `when` holds, all of names are required */
	RULE_FORBIDS,	   /* where `when` holds, none of names may be there */
	RULE_NOT_BELOW,	   /* the number names[0] is at least names[1]; defaults count */
	RULE_FIXED, /* names stay what they were made with; the API server alone sees that */
};

/* A rule over the members of one object. A member that is null or absent is not there. `when` is
 * the member that the rule depends on and `is` its text (the member's default counts); with `is`
 * NULL the rule holds where the member is there. */
enum { RULE_NAMES_MAX = 4 };
struct rule {
	enum rule_kind kind;
	const char *names[RULE_NAMES_MAX + 1]; /* ended by NULL */
	const char *when, *is;
};

struct table {
	const struct table *base; /* its fields belong to this table too; or NULL */
	const struct field *fields;
	size_t field_count;
	const struct rule *rules;
	size_t rule_count;
	bool open; /* further fields are allowed: a type of Kubernetes that the suite passes on */
};
#define FIELDS(array) .fields = (array), .field_count = sizeof(array) / sizeof((array)[0])
#define RULES(array) .rules = (array), .rule_count = sizeof(array) / sizeof((array)[0])

/* --- kinds ------------------------------------------------------------------------------- */

/* SPEC 3.1. path is a JSONPath; wide = shown with `-o wide` only. */
struct column {
	const char *name, *type, *path;
	bool wide;
};

/* SPEC 3.6 */
struct condition {
	const char *type, *status;  /* "True", "False" */
	const char *const *reasons; /* ended by NULL */
};

struct kind_info {
	enum kind kind;
	const char *name, *plural, *singular, *short_name;
	const char *about;
	const struct table *spec, *status;
	const char *invalid; /* the reason where no better one fits */
	const struct column *columns;
	size_t column_count;
	const struct condition *conditions;
	size_t condition_count;
	bool scale; /* has the scale subresource */
};

#define COLUMNS(array) .columns = (array), .column_count = sizeof(array) / sizeof((array)[0])
#define CONDITIONS(array)                                                                      \
	.conditions = (array), .condition_count = sizeof(array) / sizeof((array)[0])

/* NULL for kinds that are not ark's. */
const struct kind_info *kind_info(enum kind k);
/* Is it a reason of Ready = False of this kind? */
bool kind_has_reason(const struct kind_info *k, const char *reason);

/* All rows, those of the bases after its own: for (i = 0; (row = table_row(t, i)); i++). */
const struct field *table_row(const struct table *t, size_t index);
/* The row of a field, or NULL. */
const struct field *table_field(const struct table *t, struct str name);
/* The name of a field that is nearest to a misspelt one; NULL when none is near. */
const char *table_nearest(const struct table *t, struct str name);

#endif
