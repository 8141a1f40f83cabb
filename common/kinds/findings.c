#include "kinds/check.h"

#include <stdio.h>

#include "base/utf8.h"
#include "kinds/walk.h"

const char *severity_name(enum severity s)
{
	switch (s) {
	case SEVERITY_ERROR: return "error";
	case SEVERITY_WARNING: return "warning";
	}
	return "?";
}

/* ---- findings ---- */

const struct finding *findings_first_error(const struct findings *f)
{
	for (size_t i = 0; i < f->count; i++) {
		if (f->items[i].severity == SEVERITY_ERROR)
			return &f->items[i];
	}
	return NULL;
}

/* Words for people are one line. */
static struct str one_line(struct arena *a, const char *text)
{
	struct str s = arena_str(a, utf8_cut(str_of(text), WHY_MAX_BYTES - 1));
	char *c = arena_alloc(a, s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		c[i] = (unsigned char)s.ptr[i] < ' ' ? ' ' : s.ptr[i];
	return str_n(c, s.len);
}

void findings_vadd(struct findings *f, enum severity s, struct str field,
		   const struct value *where, const char *reason, const char *fmt, va_list args)
{
	struct why why = {""};
	struct finding *one;

	f->errors += s == SEVERITY_ERROR;
	/* Warnings never crowd out the first error. */
	if (f->count == FINDINGS_MAX &&
	    !(s == SEVERITY_ERROR && f->items[f->count - 1].severity == SEVERITY_WARNING)) {
		f->dropped++;
		return;
	}
	if (f->count == FINDINGS_MAX) {
		f->count--;
		f->dropped++;
	}
	vsnprintf(why.text, sizeof(why.text), fmt, args);
	f->items = arena_grow(f->arena, f->items, f->count, &f->cap, sizeof(*f->items));
	one = &f->items[f->count++];
	*one = (struct finding){
		.severity = s,
		.field = arena_str(f->arena, field),
		.line = where ? where->line : 0,
		.column = where ? where->column : 0,
		.reason = reason,
		.text = one_line(f->arena, why.text),
	};
}

void findings_add(struct findings *f, enum severity s, struct str field,
		  const struct value *where, const char *reason, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	findings_vadd(f, s, field, where, reason, fmt, args);
	va_end(args);
}

enum fail check_structure(struct arena *a, const struct table *t, const struct value *spec,
			  const char *path, struct why *why)
{
	struct findings found = FINDINGS(a);
	const struct finding *first;
	struct walk w;

	if (spec && spec->kind != VALUE_MAP && spec->kind != VALUE_NIL)
		return failf(why, FAIL_INPUT, "%s: expected object, got %s", path,
			     value_kind_name(spec->kind));
	walk_init(&w, &found, WALK_STRUCTURE | WALK_FIRST, NULL, NULL, path);
	walk_table(&w, t, spec);
	walk_release(&w);
	first = findings_first_error(&found);
	if (!first)
		return FAIL_NONE;
	return failf(why, FAIL_INPUT, "%.*s: %.*s", STR_ARG(first->field),
		     STR_ARG(first->text));
}
