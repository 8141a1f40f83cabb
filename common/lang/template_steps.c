/* Which steps a template reads, from its tree alone, and what a condition's text means. */
#include "lang/template_exec.h"

#include "base/utf8.h"
#include "lang/unicode.h"

struct finder {
	struct arena *arena;
	struct str *names;
	size_t count, cap;
	bool any;
	bool dot_is_root; /* may be: in range and with it is something else */
};

static void add_name(struct finder *s, struct str name)
{
	for (size_t i = 0; i < s->count; i++)
		if (str_eq(s->names[i], name))
			return;
	s->names = arena_grow(s->arena, s->names, s->count, &s->cap, sizeof(*s->names));
	s->names[s->count++] = name;
}

/* Does the operand begin at the root of the data? A variable other than $ got its value from a
 * pipeline, which was looked at. */
static bool at_root(const struct finder *s, const struct operand *o)
{
	if (o->kind == OPERAND_DOT || o->kind == OPERAND_FIELD)
		return s->dot_is_root;
	return o->kind == OPERAND_VARIABLE && o->slot == 0;
}

static bool is_steps(const struct finder *s, const struct operand *o)
{
	return at_root(s, o) && o->field_count == 1 && str_is(o->fields[0], "steps");
}

static void find_in_pipe(struct finder *s, const struct pipe *pipe);

static void find_in_operand(struct finder *s, const struct operand *o)
{
	if (o->kind == OPERAND_PAREN)
		find_in_pipe(s, o->paren);
	if (!at_root(s, o)) {
		/* $x := . | $x.steps.a */
		if (o->field_count >= 2 && str_is(o->fields[0], "steps"))
			add_name(s, o->fields[1]);
	} else if (o->field_count == 0 || is_steps(s, o)) {
		s->any = true;
	} else if (str_is(o->fields[0], "steps")) {
		add_name(s, o->fields[1]);
	}
}

/* index .steps "name" and get .steps "name": the operands that are done with. */
static uint32_t find_lookup(struct finder *s, const struct command *c)
{
	const struct operand *o = c->operands;

	if (c->count < 3 || o[0].kind != OPERAND_FUNCTION ||
	    !(str_is(o[0].function->name, "index") || str_is(o[0].function->name, "get")) ||
	    !is_steps(s, &o[1]) || o[2].kind != OPERAND_CONST ||
	    o[2].constant.kind != VALUE_STR)
		return 0;
	add_name(s, o[2].constant.string.text);
	return 3;
}

static void find_in_pipe(struct finder *s, const struct pipe *pipe)
{
	for (const struct command *c = pipe->first; c; c = c->next)
		for (uint32_t i = find_lookup(s, c); i < c->count; i++)
			find_in_operand(s, &c->operands[i]);
}

/* Passing the root to a template is no use of it: the definition is looked at itself. */
static bool passes_root(const struct finder *s, const struct pipe *pipe)
{
	const struct operand *o = &pipe->first->operands[0];

	return !pipe->first->next && pipe->first->count == 1 && o->field_count == 0 &&
	       (o->kind == OPERAND_DOT || at_root(s, o));
}

static void find_in_list(struct finder *s, const struct node *n);

static void find_inside(struct finder *s, const struct node *n, bool dot_is_root)
{
	bool before = s->dot_is_root;

	s->dot_is_root = before && dot_is_root;
	find_in_list(s, n);
	s->dot_is_root = before;
}

static void find_in_list(struct finder *s, const struct node *n)
{
	for (; n; n = n->next) {
		switch (n->kind) {
		case NODE_TEXT:
		case NODE_BREAK:
		case NODE_CONTINUE: break;
		case NODE_ACTION: find_in_pipe(s, n->pipe); break;
		case NODE_IF:
		case NODE_WITH:
			for (const struct branch *b = n->choice.branches; b; b = b->next) {
				find_in_pipe(s, b->pipe);
				find_inside(s, b->body, n->kind == NODE_IF);
			}
			find_in_list(s, n->choice.otherwise);
			break;
		case NODE_RANGE:
			find_in_pipe(s, n->range.pipe);
			find_inside(s, n->range.body, false);
			find_in_list(s, n->range.otherwise);
			break;
		case NODE_TEMPLATE:
			if (n->call.pipe && !passes_root(s, n->call.pipe))
				find_in_pipe(s, n->call.pipe);
			break;
		}
	}
}

struct template_steps template_steps(const struct template *t, struct arena *a)
{
	struct finder s = {.arena = a, .dot_is_root = true};

	find_in_list(&s, t->main.body);
	for (size_t i = 0; i < t->definition_count; i++) {
		s.dot_is_root = true;
		find_in_list(&s, t->definitions[i].body);
	}
	return (struct template_steps){.names = s.names, .count = s.count, .any = s.any};
}

bool template_condition(struct str rendered)
{
	static const struct str falsy[] = {STR_INIT(""), STR_INIT("false"), STR_INIT("0"),
					   STR_INIT("no"), STR_INIT("<no value>")};
	size_t from = 0, to = 0, n;

	for (size_t i = 0; i < rendered.len; i += n) {
		if (unicode_is_space(utf8_decode(str_from(rendered, i), &n, NULL)))
			continue;
		from = to ? from : i;
		to = i + n;
	}
	for (size_t i = 0; i < sizeof(falsy) / sizeof(falsy[0]); i++)
		if (str_eq_nocase(str_sub(rendered, from, to), falsy[i]))
			return false;
	return true;
}
