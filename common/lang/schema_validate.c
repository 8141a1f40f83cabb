/*
 * Validating: the walk over nodes and values.
 *
 * Two passes. The first says yes or no and stops at the first mistake, with no words made. Only when
 * it said no and the caller wants to know why, a second one collects errors.
 */
#include "lang/schema_node.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "lang/decimal.h"

/* --- budget ------------------------------------------------------------------------------ */

bool run_spend(struct run *r, uint64_t work)
{
	if (work > INT64_MAX || r->work < (int64_t)work)
		r->work = -1;
	else
		r->work -= (int64_t)work;
	return r->work >= 0;
}

bool run_go_on(const struct run *r)
{
	return r->errors && r->errors->count < r->errors_max && r->work >= 0;
}

/* About the length of the value as compact JSON. Values are as deep as their parser allowed. */
static size_t json_bytes(const struct value *v)
{
	size_t n = 2;

	switch (v->kind) {
	case VALUE_NIL:
	case VALUE_BOOL:
	case VALUE_INT:
	case VALUE_TIME: return 5;
	case VALUE_FLOAT: return 5 + v->real.literal.len;
	case VALUE_STR: return 3 + v->string.text.len;
	case VALUE_LIST:
		for (size_t i = 0; i < v->list.count; i++)
			n += json_bytes(&v->list.items[i]);
		return n;
	case VALUE_MAP:
		for (size_t i = 0; i < v->map.count; i++)
			n += 4 + v->map.entries[i].key.len +
			     json_bytes(&v->map.entries[i].value);
		return n;
	}
	return n;
}

static int64_t budget(const struct schema_limits *l, const struct value *instance)
{
	const uint64_t unit = 64 << 10;
	uint64_t n = (json_bytes(instance) + unit - 1) / unit * l->evaluations_per_64kib;

	if (n < l->evaluations_min)
		n = l->evaluations_min;
	return n > INT64_MAX / WORK_EVALUATION ? INT64_MAX : (int64_t)n * WORK_EVALUATION;
}

/* --- marks ------------------------------------------------------------------------------- */

enum { WORD_BITS = 64 };

static size_t words(size_t count)
{
	return (count + WORD_BITS - 1) / WORD_BITS;
}

void marks_push(struct run *r, struct marks *m, size_t count)
{
	size_t need = r->bits_used + words(count);

	if (need > r->bits_cap) {
		r->bits_cap = need > 2 * r->bits_cap ? need : 2 * r->bits_cap;
		r->bits = xrealloc(r->bits, r->bits_cap, sizeof(*r->bits));
	}
	if (count)
		memset(r->bits + r->bits_used, 0, words(count) * sizeof(*r->bits));
	*m = (struct marks){r->bits_used, count};
	r->bits_used = need;
	run_spend(r, words(count));
}

void marks_pop(struct run *r, const struct marks *m)
{
	r->bits_used = m->first_word;
}

void marks_set(struct run *r, const struct marks *m, size_t i)
{
	if (m)
		r->bits[m->first_word + i / WORD_BITS] |= UINT64_C(1) << i % WORD_BITS;
}

void marks_set_all(struct run *r, const struct marks *m)
{
	if (m && m->count)
		memset(r->bits + m->first_word, 0xFF, words(m->count) * sizeof(*r->bits));
}

bool marks_has(const struct run *r, const struct marks *m, size_t i)
{
	return r->bits[m->first_word + i / WORD_BITS] >> i % WORD_BITS & 1;
}

void marks_merge(struct run *r, const struct marks *to, const struct marks *from)
{
	for (size_t i = 0; to && i < words(from->count); i++)
		r->bits[to->first_word + i] |= r->bits[from->first_word + i];
}

/* --- scalars ----------------------------------------------------------------------------- */

unsigned schema_types_of(const struct value *v)
{
	struct decimal d;

	switch (v->kind) {
	case VALUE_NIL: return TYPE_NULL;
	case VALUE_BOOL: return TYPE_BOOLEAN;
	case VALUE_INT: return TYPE_INTEGER | TYPE_NUMBER;
	case VALUE_FLOAT:
		decimal_of(v, &d);
		return decimal_is_integer(&d) ? TYPE_INTEGER | TYPE_NUMBER : TYPE_NUMBER;
	case VALUE_STR:
	case VALUE_TIME: return TYPE_STRING;
	case VALUE_LIST: return TYPE_ARRAY;
	case VALUE_MAP: return TYPE_OBJECT;
	}
	return 0;
}

static bool run_type(struct run *r, unsigned types, const struct place *p)
{
	unsigned is = schema_types_of(p->value);

	if (types & is)
		return true;
	if (p->value->kind == VALUE_FLOAT && types & TYPE_INTEGER)
		return run_wrong(r, p, "must be %s, not %s", run_show_types(r, types),
				 run_show(r, p->value));
	return run_wrong(r, p, "must be %s, not %s", run_show_types(r, types),
			 run_show_types(r, is & TYPE_INTEGER ? TYPE_INTEGER : is));
}

static bool run_constant(struct run *r, const struct value *want, const struct place *p)
{
	return schema_compare(&r->work, want, p->value) == 0 ||
	       run_wrong(r, p, "must be %s", run_show(r, want));
}

static bool run_choices(struct run *r, const struct node *n, const struct place *p)
{
	size_t from = 0, to = value_count(n->choices);

	while (from < to && r->work >= 0) {
		size_t mid = from + (to - from) / 2;
		int c = schema_compare(&r->work, p->value, n->sorted_choices[mid]);

		if (c == 0)
			return true;
		if (c < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return run_wrong(r, p, "must be one of %s", run_show_items(r, n->choices));
}

static bool run_number(struct run *r, const struct number_rules *rules, const struct place *p)
{
	const struct value *v = p->value;
	struct decimal a, b;
	bool ok = true;

	if (rules->minimum && decimal_cmp_values(v, rules->minimum) < 0)
		ok = run_wrong(r, p, "must be at least %s", run_show(r, rules->minimum));
	if (rules->maximum && decimal_cmp_values(v, rules->maximum) > 0)
		ok = run_wrong(r, p, "must be at most %s", run_show(r, rules->maximum));
	if (rules->above && decimal_cmp_values(v, rules->above) <= 0)
		ok = run_wrong(r, p, "must be greater than %s", run_show(r, rules->above));
	if (rules->below && decimal_cmp_values(v, rules->below) >= 0)
		ok = run_wrong(r, p, "must be less than %s", run_show(r, rules->below));
	if (rules->multiple_of) {
		decimal_of(v, &a);
		decimal_of(rules->multiple_of, &b);
		if (!run_spend(r, decimal_multiple_cost(&a, &b)) ||
		    !decimal_is_multiple(&a, &b))
			ok = run_wrong(r, p, "must be a multiple of %s",
				       run_show(r, rules->multiple_of));
	}
	return ok;
}

static bool run_string(struct run *r, const struct string_rules *rules, const struct place *p)
{
	struct str s = value_text(p->value);
	bool ok = true, matched;

	/* characters are at most bytes */
	if (rules->min > 0 || rules->max < s.len)
		ok = run_count(r, p, utf8_count(s), rules->min, rules->max, "character",
			       "characters");
	if (!rules->pattern)
		return ok;
	if (!run_spend(r, WORK_MATCH + s.len / 16) ||
	    regex_match(rules->pattern, s, &matched, NULL) || !matched)
		ok = run_wrong(r, p, "must match the regular expression %s",
			       run_quote(r, rules->pattern_text));
	return ok;
}

/* --- nodes ------------------------------------------------------------------------------- */

/* The outermost schema on the way here that carries the anchor, else where the reference leads by
 * its text. */
static const struct node *dynamic_target(struct run *r, const struct node *n,
					 const struct scope *scope)
{
	const struct node *target = n->dynamic_ref;

	if (!n->dynamic)
		return target;
	for (; scope && run_spend(r, 1); scope = scope->up) {
		size_t from = 0, to = n->dynamic->count;

		while (from < to) {
			size_t mid = from + (to - from) / 2;
			const struct dynamic_target *t = &n->dynamic->targets[mid];

			if (t->resource == scope->resource->id) {
				target = t->node;
				break;
			}
			if (scope->resource->id < t->resource)
				to = mid;
			else
				from = mid + 1;
		}
	}
	return target;
}

/* Everything but unevaluated*, which comes last. */
static bool run_rules(struct run *r, const struct node *n, const struct place *p,
		      const struct scope *scope, struct marks *marks)
{
	enum value_kind kind = p->value->kind;
	bool ok = true;

	if (n->types && !run_type(r, n->types, p))
		return false;
	if (n->constant)
		ok = run_constant(r, n->constant, p);
	if (n->choices && (ok || run_go_on(r)))
		ok = run_choices(r, n, p) && ok;
	if (n->number && (kind == VALUE_INT || kind == VALUE_FLOAT) && (ok || run_go_on(r)))
		ok = run_number(r, n->number, p) && ok;
	if (n->string && kind == VALUE_STR && (ok || run_go_on(r)))
		ok = run_string(r, n->string, p) && ok;
	if (n->array && kind == VALUE_LIST && (ok || run_go_on(r)))
		ok = run_array(r, n->array, p, scope, marks) && ok;
	if (n->object && kind == VALUE_MAP && (ok || run_go_on(r)))
		ok = run_object(r, n->object, p, scope, marks) && ok;
	if (n->ref && (ok || run_go_on(r)))
		ok = run_node(r, n->ref, p, scope, marks) && ok;
	if (n->dynamic_ref && (ok || run_go_on(r)))
		ok = run_node(r, dynamic_target(r, n, scope), p, scope, marks) && ok;
	if (n->logic && (ok || run_go_on(r)))
		ok = run_logic(r, n->logic, p, scope, marks) && ok;
	return ok;
}

static bool looks_back(const struct node *n, const struct value *v)
{
	return (n->unevaluated_items && v->kind == VALUE_LIST) ||
	       (n->unevaluated_properties && v->kind == VALUE_MAP);
}

bool run_node(struct run *r, const struct node *n, const struct place *p,
	      const struct scope *scope, struct marks *marks)
{
	struct scope inner = {scope, n->resource};
	struct marks own;
	bool ok;

	if (!run_spend(r, WORK_EVALUATION))
		return false;
	if (n->kind == NODE_TRUE)
		return true;
	if (n->kind == NODE_FALSE)
		return run_wrong(r, p, "no value is allowed here");
	if (r->nesting == 0) {
		r->work = -1;
		return false;
	}
	r->nesting--;
	if (!scope || scope->resource != n->resource)
		scope = &inner;
	if (looks_back(n, p->value)) {
		marks_push(r, &own, value_count(p->value));
		ok = run_rules(r, n, p, scope, &own) && run_unevaluated(r, n, p, scope, &own);
		if (ok)
			marks_merge(r, marks, &own);
		marks_pop(r, &own);
	} else {
		ok = run_rules(r, n, p, scope, marks);
	}
	r->nesting++;
	return ok;
}

bool run_quietly(struct run *r, const struct node *n, const struct place *p,
		 const struct scope *scope, struct marks *marks)
{
	struct schema_errors *errors = r->errors;
	struct marks own;
	bool ok;

	r->errors = NULL;
	if (marks) {
		marks_push(r, &own, marks->count);
		ok = run_node(r, n, p, scope, &own);
		if (ok)
			marks_merge(r, marks, &own);
		marks_pop(r, &own);
	} else {
		ok = run_node(r, n, p, scope, NULL);
	}
	r->errors = errors;
	return ok;
}

/* --- the whole --------------------------------------------------------------------------- */

static void only_error(struct schema_errors *e, struct str text)
{
	*e = (struct schema_errors){.items = {{.text = text}}, .count = 1};
}

enum schema_verdict schema_validate(const struct schema *s, const struct value *instance,
				    struct arena *scratch, struct schema_errors *ret)
{
	struct run r = {
		.schema = s,
		.scratch = scratch,
		.errors_max = SCHEMA_ERRORS_MAX,
		.work = budget(&s->limits, instance),
		.nesting = s->limits.max_nesting,
	};
	const int64_t work = r.work;
	const struct place root = {.value = instance};
	enum schema_verdict verdict = SCHEMA_VALID;

	if (!run_node(&r, s->root, &root, NULL, NULL))
		verdict = SCHEMA_INVALID;
	if (r.work < 0)
		verdict = SCHEMA_LIMIT;
	if (ret && verdict == SCHEMA_LIMIT)
		only_error(ret, STR("schema limit exceeded"));
	if (ret && verdict == SCHEMA_INVALID) {
		*ret = (struct schema_errors){0};
		r.errors = ret;
		r.work = work;
		if (run_node(&r, s->root, &root, NULL, NULL) && r.work >= 0)
			BROKEN("a value that is wrong and right");
		if (ret->count == 0) /* the budget ended before the first mistake */
			only_error(ret, STR("does not satisfy the schema"));
	}
	free(r.bits);
	return verdict;
}
