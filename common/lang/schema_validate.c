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

bool judge_spend(struct judge *j, uint64_t work)
{
	if (work > INT64_MAX || j->work < (int64_t)work)
		j->work = -1;
	else
		j->work -= (int64_t)work;
	return j->work >= 0;
}

bool judge_go_on(const struct judge *j)
{
	return j->errors && j->errors->count < j->errors_max && j->work >= 0;
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

void marks_push(struct judge *j, struct marks *m, size_t count)
{
	size_t need = j->bits_used + words(count);

	if (need > j->bits_cap) {
		j->bits_cap = need > 2 * j->bits_cap ? need : 2 * j->bits_cap;
		j->bits = xrealloc(j->bits, j->bits_cap, sizeof(*j->bits));
	}
	if (count)
		memset(j->bits + j->bits_used, 0, words(count) * sizeof(*j->bits));
	*m = (struct marks){j->bits_used, count};
	j->bits_used = need;
	judge_spend(j, words(count));
}

void marks_pop(struct judge *j, const struct marks *m)
{
	j->bits_used = m->first_word;
}

void marks_set(struct judge *j, const struct marks *m, size_t i)
{
	if (m)
		j->bits[m->first_word + i / WORD_BITS] |= UINT64_C(1) << i % WORD_BITS;
}

void marks_set_all(struct judge *j, const struct marks *m)
{
	if (m && m->count)
		memset(j->bits + m->first_word, 0xFF, words(m->count) * sizeof(*j->bits));
}

bool marks_has(const struct judge *j, const struct marks *m, size_t i)
{
	return j->bits[m->first_word + i / WORD_BITS] >> i % WORD_BITS & 1;
}

void marks_merge(struct judge *j, const struct marks *to, const struct marks *from)
{
	for (size_t i = 0; to && i < words(from->count); i++)
		j->bits[to->first_word + i] |= j->bits[from->first_word + i];
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

static bool judge_type(struct judge *j, unsigned types, const struct place *p)
{
	unsigned is = schema_types_of(p->value);

	if (types & is)
		return true;
	if (p->value->kind == VALUE_FLOAT && types & TYPE_INTEGER)
		return judge_wrong(j, p, "must be %s, not %s", judge_show_types(j, types),
				   judge_show(j, p->value));
	return judge_wrong(j, p, "must be %s, not %s", judge_show_types(j, types),
			   judge_show_types(j, is & TYPE_INTEGER ? TYPE_INTEGER : is));
}

static bool judge_constant(struct judge *j, const struct value *want, const struct place *p)
{
	return schema_compare(&j->work, want, p->value) == 0 ||
	       judge_wrong(j, p, "must be %s", judge_show(j, want));
}

static bool judge_choices(struct judge *j, const struct node *n, const struct place *p)
{
	size_t from = 0, to = value_count(n->choices);

	while (from < to && j->work >= 0) {
		size_t mid = from + (to - from) / 2;
		int c = schema_compare(&j->work, p->value, n->sorted_choices[mid]);

		if (c == 0)
			return true;
		if (c < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return judge_wrong(j, p, "must be one of %s", judge_show_items(j, n->choices));
}

static bool judge_number(struct judge *j, const struct number_rules *rules,
			 const struct place *p)
{
	const struct value *v = p->value;
	struct decimal a, b;
	bool ok = true;

	if (rules->minimum && decimal_cmp_values(v, rules->minimum) < 0)
		ok = judge_wrong(j, p, "must be at least %s", judge_show(j, rules->minimum));
	if (rules->maximum && decimal_cmp_values(v, rules->maximum) > 0)
		ok = judge_wrong(j, p, "must be at most %s", judge_show(j, rules->maximum));
	if (rules->above && decimal_cmp_values(v, rules->above) <= 0)
		ok = judge_wrong(j, p, "must be greater than %s", judge_show(j, rules->above));
	if (rules->below && decimal_cmp_values(v, rules->below) >= 0)
		ok = judge_wrong(j, p, "must be less than %s", judge_show(j, rules->below));
	if (rules->multiple_of) {
		decimal_of(v, &a);
		decimal_of(rules->multiple_of, &b);
		if (!judge_spend(j, decimal_multiple_cost(&a, &b)) ||
		    !decimal_is_multiple(&a, &b))
			ok = judge_wrong(j, p, "must be a multiple of %s",
					 judge_show(j, rules->multiple_of));
	}
	return ok;
}

static bool judge_string(struct judge *j, const struct string_rules *rules,
			 const struct place *p)
{
	struct str s = value_text(p->value);
	bool ok = true, matched;

	/* characters are at most bytes */
	if (rules->min > 0 || rules->max < s.len)
		ok = judge_count(j, p, utf8_count(s), rules->min, rules->max, "character",
				 "characters");
	if (!rules->pattern)
		return ok;
	if (!judge_spend(j, WORK_MATCH) ||
	    regex_match(rules->pattern, s, &j->work, &matched, NULL) || !matched)
		ok = judge_wrong(j, p, "must match the regular expression %s",
				 judge_quote(j, rules->pattern_text));
	return ok;
}

/* --- nodes ------------------------------------------------------------------------------- */

/* The outermost schema on the way here that carries the anchor, else where the reference leads by
 * its text. */
static const struct node *dynamic_target(struct judge *j, const struct node *n,
					 const struct scope *scope)
{
	const struct node *target = n->dynamic_ref;

	if (!n->dynamic)
		return target;
	for (; scope && judge_spend(j, 1); scope = scope->up) {
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
static bool judge_rules(struct judge *j, const struct node *n, const struct place *p,
			const struct scope *scope, struct marks *marks)
{
	enum value_kind kind = p->value->kind;
	bool ok = true;

	if (n->types && !judge_type(j, n->types, p))
		return false;
	if (n->constant)
		ok = judge_constant(j, n->constant, p);
	if (n->choices && (ok || judge_go_on(j)))
		ok = judge_choices(j, n, p) && ok;
	if (n->number && (kind == VALUE_INT || kind == VALUE_FLOAT) && (ok || judge_go_on(j)))
		ok = judge_number(j, n->number, p) && ok;
	if (n->string && kind == VALUE_STR && (ok || judge_go_on(j)))
		ok = judge_string(j, n->string, p) && ok;
	if (n->array && kind == VALUE_LIST && (ok || judge_go_on(j)))
		ok = judge_array(j, n->array, p, scope, marks) && ok;
	if (n->object && kind == VALUE_MAP && (ok || judge_go_on(j)))
		ok = judge_object(j, n->object, p, scope, marks) && ok;
	if (n->ref && (ok || judge_go_on(j)))
		ok = judge_node(j, n->ref, p, scope, marks) && ok;
	if (n->dynamic_ref && (ok || judge_go_on(j)))
		ok = judge_node(j, dynamic_target(j, n, scope), p, scope, marks) && ok;
	if (n->logic && (ok || judge_go_on(j)))
		ok = judge_logic(j, n->logic, p, scope, marks) && ok;
	return ok;
}

static bool looks_back(const struct node *n, const struct value *v)
{
	return (n->unevaluated_items && v->kind == VALUE_LIST) ||
	       (n->unevaluated_properties && v->kind == VALUE_MAP);
}

bool judge_node(struct judge *j, const struct node *n, const struct place *p,
		const struct scope *scope, struct marks *marks)
{
	struct scope inner = {scope, n->resource};
	struct marks own;
	bool ok;

	if (!judge_spend(j, WORK_EVALUATION))
		return false;
	if (n->kind == NODE_TRUE)
		return true;
	if (n->kind == NODE_FALSE)
		return judge_wrong(j, p, "no value is allowed here");
	if (j->nesting == 0) {
		j->work = -1;
		return false;
	}
	j->nesting--;
	if (!scope || scope->resource != n->resource)
		scope = &inner;
	if (looks_back(n, p->value)) {
		marks_push(j, &own, value_count(p->value));
		ok = judge_rules(j, n, p, scope, &own) &&
		     judge_unevaluated(j, n, p, scope, &own);
		if (ok)
			marks_merge(j, marks, &own);
		marks_pop(j, &own);
	} else {
		ok = judge_rules(j, n, p, scope, marks);
	}
	j->nesting++;
	return ok;
}

bool judge_quietly(struct judge *j, const struct node *n, const struct place *p,
		   const struct scope *scope, struct marks *marks)
{
	struct schema_errors *errors = j->errors;
	struct marks own;
	bool ok;

	j->errors = NULL;
	if (marks) {
		marks_push(j, &own, marks->count);
		ok = judge_node(j, n, p, scope, &own);
		if (ok)
			marks_merge(j, marks, &own);
		marks_pop(j, &own);
	} else {
		ok = judge_node(j, n, p, scope, NULL);
	}
	j->errors = errors;
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
	struct judge j = {
		.schema = s,
		.scratch = scratch,
		.errors_max = SCHEMA_ERRORS_MAX,
		.work = budget(&s->limits, instance),
		.nesting = s->limits.max_nesting,
	};
	const int64_t work = j.work;
	const struct place root = {.value = instance};
	enum schema_verdict verdict = SCHEMA_VALID;

	if (!judge_node(&j, s->root, &root, NULL, NULL))
		verdict = SCHEMA_INVALID;
	if (j.work < 0)
		verdict = SCHEMA_LIMIT;
	if (ret && verdict == SCHEMA_LIMIT)
		only_error(ret, STR("schema limit exceeded"));
	if (ret && verdict == SCHEMA_INVALID) {
		*ret = (struct schema_errors){0};
		j.errors = ret;
		j.work = work;
		if (judge_node(&j, s->root, &root, NULL, NULL) && j.work >= 0)
			BROKEN("a value that is wrong and right");
		if (ret->count == 0) /* the budget ended before the first mistake */
			only_error(ret, STR("does not satisfy the schema"));
	}
	free(j.bits);
	return verdict;
}
