/* Pipelines: variables, commands, operands. The grammar is Go's, less what SPEC 4.1 refuses. */
#include "lang/template_parser.h"

#include <string.h>

#include "lang/go_quote.h"
#include "lang/regex.h"
#include "lang/template_const.h"
#include "lang/template_exec.h"

enum { PATTERN_STEPS_CHECKED = 200000 };

void parse_advance(struct parser *p)
{
	p->ahead = lex_next(&p->lexer);
}

bool parse_at(const struct parser *p, enum token_kind kind)
{
	return p->ahead.kind == kind;
}

enum fail parse_unexpected(struct parser *p, const char *context)
{
	AUTO_BUF quoted = BUF(256);
	const struct token *t = &p->ahead;

	if (t->kind == TOKEN_ERROR)
		return parse_failf(p, t->at, "%.*s", STR_ARG(t->text));
	if (t->kind == TOKEN_EOF)
		return parse_failf(p, t->at, "unexpected EOF");
	if (t->kind >= TOKEN_BLOCK || t->kind == TOKEN_DOT || t->kind == TOKEN_NIL)
		return parse_failf(p, t->at, "unexpected <%.*s> in %s", STR_ARG(t->text),
				   context);
	go_quote_add(&quoted, utf8_first(t->text, 20), false);
	return parse_failf(p, t->at, "unexpected %s%s in %s", buf_cstr(&quoted),
			   utf8_count(t->text) > 20 ? "..." : "", context);
}

enum fail parse_expect(struct parser *p, enum token_kind kind, const char *context)
{
	if (!parse_at(p, kind))
		return parse_unexpected(p, context);
	parse_advance(p);
	return FAIL_NONE;
}

enum fail parse_enter(struct parser *p, uint32_t at)
{
	if (++p->depth > p->max_depth)
		return template_limit(p->why, p->lexer.source, at, "depth");
	return FAIL_NONE;
}

static bool starts_operand(const struct parser *p)
{
	return p->ahead.kind >= TOKEN_LEFT_PAREN && p->ahead.kind <= TOKEN_RAW;
}

enum fail parse_quoted(struct parser *p, struct str *ret)
{
	if (!go_unquote(p->arena, p->ahead.text, ret))
		return parse_failf(p, p->ahead.at, "invalid syntax in %.*s",
				   NAME_ARG(p->ahead.text));
	parse_advance(p);
	return FAIL_NONE;
}

static enum fail parse_const(struct parser *p, struct operand *o)
{
	const struct token t = p->ahead;
	const char *what;
	uint32_t point;
	struct str text;
	enum fail f;

	o->kind = OPERAND_CONST;
	if (t.kind == TOKEN_STRING || t.kind == TOKEN_RAW) {
		f = parse_quoted(p, &text);
		if (!f)
			o->constant = value_str(text);
		return f;
	}
	if (t.kind == TOKEN_NUMBER) {
		if (!template_number(p->arena, t.text, &o->constant, &what))
			return parse_failf(p, t.at, "%s: \"%.*s\"", what, NAME_ARG(t.text));
	} else if (t.kind == TOKEN_CHARACTER) {
		if (!go_unquote_point(t.text, &point))
			return parse_failf(p, t.at, "malformed character constant: %.*s",
					   NAME_ARG(t.text));
		o->constant = value_int(point);
	} else {
		o->constant = value_bool(t.kind == TOKEN_TRUE);
	}
	parse_advance(p);
	return FAIL_NONE;
}

static enum fail parse_paren(struct parser *p, struct operand *o)
{
	struct pipe *pipe;
	enum fail f = parse_enter(p, p->ahead.at);

	if (f)
		return f;
	o->kind = OPERAND_PAREN;
	parse_advance(p);
	o->at = p->ahead.at;
	f = parse_pipe(p, TOKEN_RIGHT_PAREN, "parenthesized pipeline", &pipe);
	p->depth--;
	o->paren = pipe;
	return f;
}

/* Adds the fields of one word, ".a", to the chain of an operand. */
static void add_fields(struct parser *p, struct operand *o, struct str **fields, size_t *cap)
{
	*fields = arena_grow(p->arena, *fields, o->field_count, cap, sizeof(**fields));
	(*fields)[o->field_count++] = str_from(p->ahead.text, 1);
	o->fields = *fields;
	parse_advance(p);
}

static enum fail parse_name_term(struct parser *p, struct operand *o)
{
	o->kind = OPERAND_FUNCTION;
	o->function = function_find(p->ahead.text);
	if (!o->function)
		return parse_failf(p, p->ahead.at, "function \"%.*s\" not defined",
				   NAME_ARG(p->ahead.text));
	parse_advance(p);
	return FAIL_NONE;
}

static enum fail parse_variable(struct parser *p, struct operand *o)
{
	o->kind = OPERAND_VARIABLE;
	if (!scope_find(&p->scope, p->ahead.text, &o->slot))
		return parse_failf(p, p->ahead.at, "undefined variable \"%.*s\"",
				   NAME_ARG(p->ahead.text));
	parse_advance(p);
	return FAIL_NONE;
}

static enum fail parse_term(struct parser *p, struct operand *o)
{
	if (parse_at(p, TOKEN_LEFT_PAREN))
		return parse_paren(p, o);
	if (parse_at(p, TOKEN_NAME))
		return parse_name_term(p, o);
	if (parse_at(p, TOKEN_VARIABLE))
		return parse_variable(p, o);
	if (parse_at(p, TOKEN_FIELD)) {
		o->kind = OPERAND_FIELD; /* parse_operand takes the fields */
		return FAIL_NONE;
	}
	if (parse_at(p, TOKEN_DOT) || parse_at(p, TOKEN_NIL)) {
		o->kind = parse_at(p, TOKEN_DOT) ? OPERAND_DOT : OPERAND_NIL;
		parse_advance(p);
		return FAIL_NONE;
	}
	return parse_const(p, o);
}

/* A term and the fields right behind it. */
static enum fail parse_operand(struct parser *p, struct operand *o)
{
	size_t cap = 0, start = p->ahead.at, end;
	struct str *fields = NULL;
	enum fail f;

	*o = (struct operand){.at = p->ahead.at};
	f = parse_term(p, o);
	if (f)
		return f;
	end = p->ahead.at;
	if (o->kind == OPERAND_FIELD) {
		end += p->ahead.text.len;
		add_fields(p, o, &fields, &cap);
	}
	if (parse_at(p, TOKEN_FIELD) && !p->ahead.spaced) {
		if (o->kind == OPERAND_CONST || o->kind == OPERAND_NIL ||
		    o->kind == OPERAND_DOT)
			return parse_unexpected(p, "operand");
		o->at = p->ahead.at; /* as in Go */
	}
	while (parse_at(p, TOKEN_FIELD) && !p->ahead.spaced) {
		end = p->ahead.at + p->ahead.text.len;
		add_fields(p, o, &fields, &cap);
	}
	o->text = str_trim(str_sub(p->lexer.source, start, end));
	return FAIL_NONE;
}

/* The pattern of a regex helper that stands in the source is checked with it (SPEC 5.13), unless
 * there are so many that it takes long: then a run finds the rest. */
static enum fail check_pattern(struct parser *p, const struct command *c)
{
	struct regex *re;
	struct why why;

	if (c->count < 2 || c->operands[0].kind != OPERAND_FUNCTION ||
	    !function_takes_pattern(c->operands[0].function) ||
	    c->operands[1].kind != OPERAND_CONST || c->operands[1].constant.kind != VALUE_STR ||
	    p->pattern_steps >= PATTERN_STEPS_CHECKED)
		return FAIL_NONE;
	if (regex_new(c->operands[1].constant.string.text, &re, &why))
		return parse_failf(p, c->operands[1].at, "%s", why.text);
	p->pattern_steps += regex_size(re);
	regex_free(re);
	return FAIL_NONE;
}

/* Operands with blanks between them, up to a '|' or the end of the pipeline. */
static enum fail parse_command(struct parser *p, struct command *c)
{
	struct operand *operands = NULL;
	size_t cap = 0, count = 0;
	enum fail f;

	do {
		operands = arena_grow(p->arena, operands, count, &cap, sizeof(*operands));
		f = parse_operand(p, &operands[count++]);
		if (f)
			return f;
	} while (p->ahead.spaced && starts_operand(p));
	c->operands = operands;
	c->count = (uint32_t)count;
	return check_pattern(p, c);
}

/* The names before := or =, until their pipeline is parsed. */
struct variables {
	struct token names[2];
	unsigned count;
	bool assigns;
};

/* "$x :=", "$x =" and in range "$i, $x :=". One word more than can be looked at decides, so the
 * lexer is put back when it was no declaration. */
static enum fail parse_variables(struct parser *p, const char *context, struct variables *v)
{
	const struct token first = p->ahead;
	size_t at = p->lexer.at;

	*v = (struct variables){.count = 0};
	if (!parse_at(p, TOKEN_VARIABLE))
		return FAIL_NONE;
	v->names[v->count++] = first;
	parse_advance(p);
	if (parse_at(p, TOKEN_COMMA)) {
		if (strcmp(context, "range") != 0)
			return parse_failf(p, p->ahead.at, "too many declarations in %s",
					   context);
		parse_advance(p);
		if (!parse_at(p, TOKEN_VARIABLE))
			return parse_failf(p, p->ahead.at,
					   "range can only initialize variables");
		v->names[v->count++] = p->ahead;
		parse_advance(p);
		if (parse_at(p, TOKEN_COMMA))
			return parse_failf(p, p->ahead.at, "too many declarations in range");
		if (!parse_at(p, TOKEN_DECLARE) && !parse_at(p, TOKEN_ASSIGN))
			return parse_unexpected(p, context);
	}
	if (!parse_at(p, TOKEN_DECLARE) && !parse_at(p, TOKEN_ASSIGN)) {
		*v = (struct variables){.count = 0};
		if (parse_at(p, TOKEN_ERROR))
			return FAIL_NONE;
		lex_back(&p->lexer, at, &p->ahead);
		p->ahead = first;
		return FAIL_NONE;
	}
	v->assigns = parse_at(p, TOKEN_ASSIGN);
	parse_advance(p);
	return FAIL_NONE;
}

/* While the pipeline is parsed a new name is known, as in Go, but has no value yet. */
static void mention_variables(struct parser *p, const struct variables *v)
{
	uint32_t slot;

	for (unsigned i = 0; i < v->count; i++)
		if (!scope_find(&p->scope, v->names[i].text, &slot))
			scope_mention(&p->scope, v->names[i].text);
}

static void bind_variables(struct parser *p, const struct variables *v, bool in_paren,
			   struct pipe *pipe)
{
	pipe->assigns = v->assigns;
	pipe->slot_count = v->count;
	for (unsigned i = 0; i < v->count; i++) {
		pipe->names[i] = v->names[i].text;
		if (!v->assigns)
			pipe->slots[i] = scope_declare(&p->scope, pipe->names[i]);
		else if (!scope_find(&p->scope, pipe->names[i], &pipe->slots[i]))
			pipe->slots[i] = SLOT_UNDEFINED;
	}
	if (v->count)
		p->kept++;
	if (v->count && (v->assigns || in_paren))
		p->assigned++;
}

static bool executable(const struct operand *o)
{
	return o->kind != OPERAND_CONST && o->kind != OPERAND_NIL && o->kind != OPERAND_DOT;
}

enum fail parse_pipe(struct parser *p, enum token_kind end, const char *context,
		     struct pipe **ret)
{
	struct pipe *pipe = ARENA_NEW(p->arena, struct pipe);
	struct command **link = &pipe->first;
	unsigned kept = p->kept;
	struct variables v;
	enum fail f;

	pipe->at = p->ahead.at;
	f = parse_variables(p, context, &v);
	if (f)
		return f;
	mention_variables(p, &v);
	if (parse_at(p, end))
		return parse_failf(p, p->ahead.at, "missing value for %s", context);
	for (unsigned stage = 1;; stage++) {
		struct command *c = ARENA_NEW(p->arena, struct command);

		c->at = p->ahead.at;
		if (!starts_operand(p))
			return parse_unexpected(p, context);
		f = parse_command(p, c);
		if (f)
			return f;
		if (stage > 1 && !executable(&c->operands[0]))
			return parse_failf(
				p, c->at, "non executable command in pipeline stage %u", stage);
		*link = c;
		link = &c->next;
		if (parse_at(p, end))
			break;
		if (!parse_at(p, TOKEN_PIPE))
			return parse_unexpected(p,
						parse_at(p, TOKEN_CLOSE) ? context : "operand");
		parse_advance(p);
	}
	bind_variables(p, &v, end == TOKEN_RIGHT_PAREN, pipe);
	pipe->keeps = p->kept != kept;
	parse_advance(p);
	*ret = pipe;
	return FAIL_NONE;
}
