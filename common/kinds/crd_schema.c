/* Structural schemas out of field tables. */
#include "kinds/crd.h"

#include "base/json.h"

enum {
	/* What the API server may spend on one rule, by its own estimate, is 10 million; a form that
	 * would come near it is left to `pattern`, whose message is no more than the expression. */
	RULE_COST_MAX = 1000000,
	TIMES_UNBOUNDED = 1000, /* of a list or map without limit of its own */
};

static struct value schema_of_field(struct crd_place at, const struct table *owner,
				    const struct field *row);

bool crd_has_type(const struct field *row)
{
	switch (row->types) {
	case T_STRING:
	case T_INTEGER:
	case T_NUMBER:
	case T_BOOLEAN:
	case T_OBJECT:
	case T_MAP:
	case T_LIST: return true;
	default: return false; /* several, or any */
	}
}

static void add_str(struct value_builder *b, const char *key, const char *text)
{
	value_map_add(b, str_of(key), value_str(str_of(text)));
}

static void add_int(struct value_builder *b, const char *key, int64_t i)
{
	value_map_add(b, str_of(key), value_int(i));
}

static void add_true(struct value_builder *b, const char *key)
{
	value_map_add(b, str_of(key), value_bool(true));
}

static void add_texts(struct value_builder *b, const char *key, const char *const *texts)
{
	struct value *items;
	size_t n = 0;

	while (texts[n])
		n++;
	items = ARENA_ARRAY(b->arena, n, struct value);
	for (size_t i = 0; i < n; i++)
		items[i] = value_str(str_of(texts[i]));
	value_map_add(b, str_of(key), value_list(items, n));
}

static void add_rules(struct value_builder *b, const struct crd_rules *r)
{
	if (r->count)
		value_map_add(b, STR("x-kubernetes-validations"),
			      value_list(r->items, r->count));
}

static struct crd_place inside(struct crd_place at, const struct field *row)
{
	at.times *= row->max_items ? row->max_items : TIMES_UNBOUNDED;
	return at;
}

/* ---- texts */

static const struct pattern *form_of(const struct field *row)
{
	if (row->pattern)
		return row->pattern;
	switch (row->text) {
	case TEXT_URL: return &pattern_url;
	case TEXT_HOST_PORT: return &pattern_host_port;
	case TEXT_DURATION: return &pattern_duration;
	case TEXT_MONEY: return &pattern_money;
	case TEXT_PLAIN:
	case TEXT_TEMPLATE:
	case TEXT_SCHEMA:
	case TEXT_REGEX:
	case TEXT_CRON:
	case TEXT_ZONE:
	case TEXT_DECIMAL:
	case TEXT_TIME: break;
	}
	return NULL;
}

static uint32_t longest(const struct field *row)
{
	const struct pattern *form = form_of(row);
	uint32_t max = row->max_bytes;

	if (form && form->max_bytes && (!max || form->max_bytes < max))
		max = form->max_bytes;
	return max;
}

/* What the API server takes a match for, in its own units. */
static uint64_t match_cost(uint32_t text_bytes, struct str regex)
{
	return ((uint64_t)text_bytes / 10 + 1) * (regex.len / 4 + 1);
}

/* As a rule it says what is wanted; where that would cost too much, as an expression only. */
static void add_form(struct crd_place at, const struct field *row, struct value_builder *b,
		     struct crd_rules *rules)
{
	const struct pattern *form = form_of(row);
	struct str regex;
	uint32_t max = longest(row);

	if (!form)
		return;
	regex = str_of(form->regex);
	PROMISE(str_chr(regex, '"', 0) == STR_NONE); /* it stands in double quotes */
	if (!max || !crd_has_type(row) || at.times * match_cost(max, regex) > RULE_COST_MAX)
		value_map_add(b, STR("pattern"), value_str(regex));
	else
		crd_rule_add(rules,
			     arena_printf(at.arena, "self.matches(r\"%.*s\")", STR_ARG(regex)),
			     arena_printf(at.arena, "must be %s", form->words), NULL, false);
}

static void add_reserved(struct crd_place at, const struct field *row, struct crd_rules *rules)
{
	AUTO_BUF b = BUF(1024);

	if (!row->reserved)
		return;
	buf_adds(&b, "!(self in [");
	for (size_t i = 0; row->reserved[i]; i++)
		buf_addf(&b, "%s'%s'", i ? ", " : "", row->reserved[i]);
	buf_adds(&b, "])");
	crd_rule_add(rules, arena_str(at.arena, buf_str(&b)), STR("is the name of a built-in"),
		     NULL, false);
}

static void add_text_limits(struct crd_place at, const struct field *row,
			    struct value_builder *b, struct crd_rules *rules)
{
	if (row->choices)
		add_texts(b, "enum", row->choices);
	if (row->min_bytes)
		add_int(b, "minLength", row->min_bytes);
	if (longest(row))
		add_int(b, "maxLength", longest(row));
	add_form(at, row, b, rules);
	add_reserved(at, row, rules);
}

/* ---- numbers, lists, maps */

static void add_number_limits(const struct field *row, struct value_builder *b)
{
	const struct bounds *x = &row->bounds;

	if (x->has_min)
		add_int(b, "minimum", x->min);
	if (x->has_max)
		add_int(b, "maximum", x->max);
	if (row->text == TEXT_MONEY)
		add_int(b, "minimum", 0);
}

static void add_list(struct crd_place at, const struct field *row, struct value_builder *b)
{
	if (row->min_items)
		add_int(b, "minItems", row->min_items);
	if (row->max_items)
		add_int(b, "maxItems", row->max_items);
	add_str(b, "x-kubernetes-list-type",
		row->unique	    ? "map"
		: row->unique_items ? "set"
				    : "atomic");
	if (row->unique) {
		const char *const keys[] = {row->unique, NULL};

		add_texts(b, "x-kubernetes-list-map-keys", keys);
	}
	at = inside(at, row);
	at.in_list = true;
	value_map_add(b, STR("items"), schema_of_field(at, NULL, row->items));
}

static void add_map(struct crd_place at, const struct field *row, struct value_builder *b)
{
	if (row->max_items)
		add_int(b, "maxProperties", row->max_items);
	value_map_add(b, STR("additionalProperties"),
		      schema_of_field(inside(at, row), NULL, row->values));
}

/* Several types, or any: each limit speaks of its own type only. */
static void add_untyped(struct crd_place at, const struct field *row, struct value_builder *b,
			struct crd_rules *rules)
{
	add_true(b, "x-kubernetes-preserve-unknown-fields");
	if (row->types & T_STRING)
		add_text_limits(at, row, b, rules);
	if (row->types & (T_INTEGER | T_NUMBER))
		add_number_limits(row, b);
	if (row->max_items && (row->types & T_LIST))
		add_int(b, "maxItems", row->max_items);
	if (row->max_items && (row->types & T_MAP))
		add_int(b, "maxProperties", row->max_items);
}

/* ---- one field */

static void add_default(struct crd_place at, struct value_builder *b, const struct table *owner,
			const struct field *row)
{
	struct value v;

	/* Clients that apply without the server's help replace lists as a whole: a default inside
	 * one would be a difference for ever. There the suite alone puts it in. */
	if (!row->fallback || at.in_list || (owner && crd_may_be_forbidden(owner, row->name)))
		return;
	if (json_parse(b->arena, str_of(row->fallback), JSON_STRICT, JSON_MAX_DEPTH, &v, NULL))
		BROKEN("a default is no JSON");
	value_map_add(b, STR("default"), v);
}

static struct value schema_of_field(struct crd_place at, const struct table *owner,
				    const struct field *row)
{
	struct crd_rules rules = {.arena = at.arena};
	struct value_builder b;

	if (row->types == T_OBJECT)
		return crd_schema(at, row->object, crd_about_field(at.arena, row));
	value_map_begin(&b, at.arena);
	value_map_add(&b, STR("description"), value_str(crd_about_field(at.arena, row)));
	switch (row->types) {
	case T_STRING:
		add_str(&b, "type", "string");
		if (row->text == TEXT_TIME)
			add_str(&b, "format", "date-time");
		add_text_limits(at, row, &b, &rules);
		break;
	case T_INTEGER:
		add_str(&b, "type", "integer");
		add_str(&b, "format",
			row->bounds.has_max && row->bounds.max <= INT32_MAX ? "int32"
									    : "int64");
		add_number_limits(row, &b);
		break;
	case T_NUMBER:
		add_str(&b, "type", "number");
		add_number_limits(row, &b);
		break;
	case T_BOOLEAN: add_str(&b, "type", "boolean"); break;
	case T_MAP:
		add_str(&b, "type", "object");
		add_map(at, row, &b);
		break;
	case T_LIST:
		add_str(&b, "type", "array");
		add_list(at, row, &b);
		break;
	default: add_untyped(at, row, &b, &rules); break;
	}
	add_default(at, &b, owner, row);
	add_rules(&b, &rules);
	return value_map_done(&b);
}

/* ---- objects */

static void add_required(struct value_builder *b, const struct table *t)
{
	const struct field *row;
	struct value *names = NULL;
	size_t count = 0, cap = 0;

	for (size_t i = 0; (row = table_row(t, i)); i++) {
		if (!row->required)
			continue;
		names = arena_grow(b->arena, names, count, &cap, sizeof(*names));
		names[count++] = value_str(str_of(row->name));
	}
	if (count)
		value_map_add(b, STR("required"), value_list(names, count));
}

struct value crd_schema(struct crd_place at, const struct table *t, struct str about)
{
	struct crd_rules rules = {.arena = at.arena};
	const struct field *row;
	struct value_builder b, properties;

	value_map_begin(&b, at.arena);
	value_map_add(&b, STR("description"), value_str(crd_about_table(at.arena, t, about)));
	add_str(&b, "type", "object");
	add_required(&b, t);
	value_map_begin(&properties, at.arena);
	for (size_t i = 0; (row = table_row(t, i)); i++)
		value_map_add(&properties, str_of(row->name), schema_of_field(at, t, row));
	value_map_add(&b, STR("properties"), value_map_done(&properties));
	if (t->open)
		add_true(&b, "x-kubernetes-preserve-unknown-fields");
	crd_table_rules(at, t, &rules, &b);
	add_rules(&b, &rules);
	return value_map_done(&b);
}
