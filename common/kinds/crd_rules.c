/* Rules of a table as expressions of the API server (CEL), and as sentences. */
#include "kinds/crd.h"

#include "base/buf.h"

enum { TEXT_MAX_BYTES = 4096 };

void crd_rule_add(struct crd_rules *r, struct str expression, struct str message,
		  const char *field, bool missing)
{
	struct value_builder b;

	value_map_begin(&b, r->arena);
	value_map_add(&b, STR("rule"), value_str(expression));
	value_map_add(&b, STR("message"), value_str(message));
	if (field)
		value_map_add(&b, STR("fieldPath"),
			      value_str(arena_printf(r->arena, ".%s", field)));
	if (missing)
		value_map_add(&b, STR("reason"), value_str(STR("FieldValueRequired")));
	r->items = arena_grow(r->arena, r->items, r->count, &r->cap, sizeof(*r->items));
	r->items[r->count++] = value_map_done(&b);
}

/* The names of a rule, separated. */
static struct str names_of(struct arena *a, const struct rule *r, const char *separator)
{
	AUTO_BUF b = BUF(TEXT_MAX_BYTES);

	for (size_t i = 0; r->names[i]; i++)
		buf_addf(&b, "%s%s", i ? separator : "", r->names[i]);
	return arena_str(a, buf_str(&b));
}

/* An empty list is not there, as in walk_rules.c. */
static struct str given(struct arena *a, const struct table *t, const char *name)
{
	const struct field *row = table_field(t, str_of(name));

	if (row->types == T_LIST)
		return arena_printf(a, "(has(self.%s) && self.%s.size() > 0)", name, name);
	return arena_printf(a, "has(self.%s)", name);
}

/* Where the rule holds; the default of the member counts, written or not. */
static struct str when(struct arena *a, const struct table *t, const struct rule *r)
{
	const struct field *row = table_field(t, str_of(r->when));
	struct str fallback = str_of(row->fallback);

	if (!r->is)
		return given(a, t, r->when);
	if (fallback.len > 2 && str_is(str_sub(fallback, 1, fallback.len - 1), r->is))
		return arena_printf(a, "(!has(self.%s) || self.%s == '%s')", r->when, r->when,
				    r->is);
	return arena_printf(a, "(has(self.%s) && self.%s == '%s')", r->when, r->when, r->is);
}

static bool all_typed(const struct table *t, const struct rule *r)
{
	for (size_t i = 0; r->names[i]; i++)
		if (!crd_has_type(table_field(t, str_of(r->names[i]))))
			return false;
	return true;
}

static const char *union_words(enum rule_kind kind)
{
	return kind == RULE_EXACTLY_ONE	  ? "exactly one of"
	       : kind == RULE_AT_MOST_ONE ? "at most one of"
					  : "at least one of";
}

static void add_union(struct arena *a, const struct table *t, const struct rule *r,
		      struct crd_rules *ret)
{
	static const char *const compare[] = {[RULE_EXACTLY_ONE] = "== 1",
					      [RULE_AT_MOST_ONE] = "<= 1",
					      [RULE_AT_LEAST_ONE] = ">= 1"};
	AUTO_BUF b = BUF(TEXT_MAX_BYTES);

	buf_addc(&b, '[');
	for (size_t i = 0; r->names[i]; i++)
		buf_addf(&b, "%s%.*s", i ? ", " : "", STR_ARG(given(a, t, r->names[i])));
	buf_addf(&b, "].filter(x, x).size() %s", compare[r->kind]);
	crd_rule_add(ret, arena_str(a, buf_str(&b)),
		     arena_printf(a, "%s %s: %.*s",
				  r->kind == RULE_AT_MOST_ONE ? "takes" : "needs",
				  union_words(r->kind), STR_ARG(names_of(a, r, ", "))),
		     NULL, false);
}

/* Members without type: expressions do not see them, `required` does. */
static void add_one_of(struct arena *a, const struct rule *r, struct value_builder *schema)
{
	struct value *branches = ARENA_ARRAY(a, RULE_NAMES_MAX, struct value);
	size_t count = 0;

	PROMISE(r->kind == RULE_EXACTLY_ONE);
	for (size_t i = 0; r->names[i]; i++) {
		struct value *name = ARENA_NEW(a, struct value);
		struct value_builder b;

		*name = value_str(str_of(r->names[i]));
		value_map_begin(&b, a);
		value_map_add(&b, STR("required"), value_list(name, 1));
		branches[count++] = value_map_done(&b);
	}
	value_map_add(schema, STR("oneOf"), value_list(branches, count));
}

static void add_dependent(struct arena *a, const struct table *t, const struct rule *r,
			  struct crd_rules *ret)
{
	bool needs = r->kind == RULE_NEEDS;
	struct str condition = when(a, t, r);

	for (size_t i = 0; r->names[i]; i++)
		crd_rule_add(ret,
			     arena_printf(a, "!%.*s || %s%.*s", STR_ARG(condition),
					  needs ? "" : "!", STR_ARG(given(a, t, r->names[i]))),
			     arena_printf(a, "%s %s%s%s",
					  needs ? "is required with" : "not together with",
					  r->when, r->is ? ": " : "", r->is ? r->is : ""),
			     r->names[i], needs);
}

/* A number or its default. */
static struct str number(struct arena *a, const struct table *t, const char *name)
{
	const struct field *row = table_field(t, str_of(name));

	PROMISE(row->fallback);
	return arena_printf(a, "(has(self.%s) ? self.%s : %s)", name, name, row->fallback);
}

static void add_order(struct arena *a, const struct table *t, const struct rule *r,
		      struct crd_rules *ret)
{
	crd_rule_add(ret,
		     arena_printf(a, "%.*s >= %.*s", STR_ARG(number(a, t, r->names[0])),
				  STR_ARG(number(a, t, r->names[1]))),
		     arena_printf(a, "must not be below %s", r->names[1]), r->names[0], false);
}

static void add_fixed(struct arena *a, const struct rule *r, struct crd_rules *ret)
{
	for (size_t i = 0; r->names[i]; i++) {
		const char *n = r->names[i];

		crd_rule_add(ret,
			     arena_printf(a,
					  "has(self.%s) == has(oldSelf.%s) && (!has(self.%s) "
					  "|| self.%s == oldSelf.%s)",
					  n, n, n, n, n),
			     STR("cannot be changed: make a new object instead"), n, false);
	}
}

void crd_table_rules(struct crd_place at, const struct table *t, struct crd_rules *ret,
		     struct value_builder *schema)
{
	for (const struct table *part = t; part; part = part->base)
		for (size_t i = 0; i < part->rule_count; i++) {
			const struct rule *r = &part->rules[i];

			switch (r->kind) {
			case RULE_EXACTLY_ONE:
			case RULE_AT_MOST_ONE:
			case RULE_AT_LEAST_ONE:
				if (all_typed(t, r))
					add_union(at.arena, t, r, ret);
				else
					add_one_of(at.arena, r, schema);
				break;
			case RULE_NEEDS:
			case RULE_FORBIDS: add_dependent(at.arena, t, r, ret); break;
			case RULE_NOT_BELOW: add_order(at.arena, t, r, ret); break;
			case RULE_FIXED: add_fixed(at.arena, r, ret); break;
			}
		}
}

bool crd_may_be_forbidden(const struct table *t, const char *name)
{
	for (const struct table *part = t; part; part = part->base)
		for (size_t i = 0; i < part->rule_count; i++) {
			const struct rule *r = &part->rules[i];

			if (r->kind == RULE_NEEDS || r->kind == RULE_NOT_BELOW ||
			    r->kind == RULE_FIXED || r->kind == RULE_AT_LEAST_ONE)
				continue;
			for (size_t j = 0; r->names[j]; j++)
				if (str_eq(str_of(r->names[j]), str_of(name)))
					return true;
		}
	return false;
}

/* ---- sentences */

struct str crd_about_table(struct arena *a, const struct table *t, struct str about)
{
	AUTO_BUF b = BUF(TEXT_MAX_BYTES);

	buf_add(&b, about);
	for (const struct table *part = t; part; part = part->base)
		for (size_t i = 0; i < part->rule_count; i++) {
			const struct rule *r = &part->rules[i];
			struct str names = names_of(a, r, ", ");

			switch (r->kind) {
			case RULE_EXACTLY_ONE:
				buf_addf(&b, " Exactly one of: %.*s.", STR_ARG(names));
				break;
			case RULE_AT_MOST_ONE:
				buf_addf(&b, " At most one of: %.*s.", STR_ARG(names));
				break;
			case RULE_AT_LEAST_ONE:
				buf_addf(&b, " At least one of: %.*s.", STR_ARG(names));
				break;
			case RULE_NEEDS:
				buf_addf(&b, " With %s%s%s: %.*s.", r->when, r->is ? " " : "",
					 r->is ? r->is : "", STR_ARG(names));
				break;
			case RULE_FORBIDS:
				buf_addf(&b, " Not together with %s%s%s: %.*s.", r->when,
					 r->is ? " " : "", r->is ? r->is : "", STR_ARG(names));
				break;
			case RULE_FIXED:
				buf_addf(&b, " Fixed once made: %.*s.", STR_ARG(names));
				break;
			case RULE_NOT_BELOW: break; /* said at the field */
			}
		}
	return arena_str(a, buf_str(&b));
}

static void about_bounds(struct buf *b, const struct field *row)
{
	const struct bounds *x = &row->bounds;
	bool is_number = row->types & (T_INTEGER | T_NUMBER);

	if (is_number && x->has_min && x->has_max && x->max != INT32_MAX)
		buf_addf(b, " %lld to %lld.", (long long)x->min, (long long)x->max);
	else if (is_number && x->has_min)
		buf_addf(b, " At least %lld.", (long long)x->min);
	if (row->max_items)
		buf_addf(b, " At most %u.", row->max_items);
	if (row->max_bytes)
		buf_addf(b, " At most %u bytes.", row->max_bytes);
}

/* Several types, by the names that people use. */
static void about_types(struct buf *b, const struct field *row)
{
	static const struct {
		unsigned type;
		const char *name;
	} names[] = {{T_STRING, "a text"},
		     {T_INTEGER | T_NUMBER, "a number"},
		     {T_OBJECT, "an object"},
		     {T_MAP, "a map"},
		     {T_LIST, "a list"}};
	bool first = true;

	if (crd_has_type(row) || (row->types & T_ANY))
		return;
	buf_adds(b, " It is ");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(row->types & names[i].type))
			continue;
		buf_addf(b, "%s%s", first ? "" : " or ", names[i].name);
		first = false;
	}
	if ((row->types & T_OBJECT) && row->object && row->object->field_count == 1)
		buf_addf(b, " with %s", row->object->fields[0].name);
	buf_addc(b, '.');
}

static const char *text_words(enum text_kind kind)
{
	switch (kind) {
	case TEXT_SCHEMA:
		return "JSON Schema, draft 2020-12 (or draft-07, when $schema says so)";
	case TEXT_REGEX: return "RE2 syntax";
	case TEXT_URL: return pattern_url.words;
	case TEXT_HOST_PORT: return pattern_host_port.words;
	case TEXT_DURATION: return pattern_duration.words;
	case TEXT_MONEY: return pattern_money.words;
	case TEXT_TEMPLATE: return "Go template syntax";
	case TEXT_PLAIN:
	case TEXT_CRON:
	case TEXT_ZONE:
	case TEXT_DECIMAL:
	case TEXT_TIME: break;
	}
	return NULL;
}

struct str crd_about_field(struct arena *a, const struct field *row)
{
	AUTO_BUF b = BUF(TEXT_MAX_BYTES);
	struct str fallback = str_of(row->fallback);

	buf_adds(&b, row->about);
	about_types(&b, row);
	if (row->text != TEXT_PLAIN && text_words(row->text))
		buf_addf(&b, " Form: %s.", text_words(row->text));
	if (row->pattern)
		buf_addf(&b, " Form: %s.", row->pattern->words);
	about_bounds(&b, row);
	if (fallback.len > 0 && fallback.len <= 64)
		buf_addf(&b, " Default: %.*s.", STR_ARG(fallback));
	return arena_str(a, buf_str(&b));
}
