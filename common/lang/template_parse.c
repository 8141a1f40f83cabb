/* From the words of a template to its tree. The grammar is Go's, less what SPEC 4.1 refuses. */
#include "lang/template_ast.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "lang/go_quote.h"
#include "lang/regex.h"
#include "lang/template_const.h"
#include "lang/template_exec.h"
#include "lang/template_lex.h"
#include "lang/template_scope.h"
#include "lang/unicode.h"

const struct template_limits template_limits_default = {
	.source_bytes = TEMPLATE_SOURCE_BYTES,
	.output_bytes = TEMPLATE_OUTPUT_BYTES,
	.value_bytes = TEMPLATE_VALUE_BYTES,
	.nodes = TEMPLATE_NODES,
	.depth = TEMPLATE_DEPTH,
};

struct parser {
	struct arena *arena;
	struct lexer lexer;
	struct token ahead;
	struct scope scope;
	struct definition *definitions; /* in the order of the source */
	size_t definition_count, definition_cap;
	struct node **calls; /* of templates: their targets are found at the end */
	size_t call_count, call_cap;
	unsigned ranges; /* around this place, in this frame */
	unsigned depth, max_depth;
	unsigned kept; /* variables set so far: tells whether a stretch of source sets one */
	unsigned assigned; /* by = or in parentheses: they outlive a turn of range */
	struct why *why;
};

enum fail template_failf(struct why *why, struct str source, uint32_t at, const char *fmt, ...)
{
	char what[WHY_MAX_BYTES];
	size_t start = at, line = 1;
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	while (start > 0 && source.ptr[start - 1] != '\n')
		start--;
	for (size_t i = str_chr(source, '\n', 0); i < start; i = str_chr(source, '\n', i + 1))
		line++;
	return failf(why, FAIL_INPUT, "%zu:%zu: %s", line, at - start, what);
}

enum fail template_limit(struct why *why, struct str source, uint32_t at, const char *name)
{
	return template_failf(why, source, at, "template limit exceeded: %s", name);
}

#define parse_failf(p, at, ...) template_failf((p)->why, (p)->lexer.source, (at), __VA_ARGS__)

static void advance(struct parser *p)
{
	p->ahead = lex_next(&p->lexer);
}

static bool next_is(const struct parser *p, enum token_kind kind)
{
	return p->ahead.kind == kind;
}

/* "unexpected <word> in <context>", or what the lexer found wrong. */
static enum fail unexpected(struct parser *p, const char *context)
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

static enum fail expect(struct parser *p, enum token_kind kind, const char *context)
{
	if (!next_is(p, kind))
		return unexpected(p, context);
	advance(p);
	return FAIL_NONE;
}

/* Parentheses and control blocks. */
static enum fail enter(struct parser *p, uint32_t at)
{
	if (++p->depth > p->max_depth)
		return template_limit(p->why, p->lexer.source, at, "depth");
	return FAIL_NONE;
}

/* ---- pipelines */

static enum fail parse_pipe(struct parser *p, enum token_kind end, const char *context,
			    struct pipe **ret);

static bool starts_operand(const struct parser *p)
{
	return p->ahead.kind >= TOKEN_LEFT_PAREN && p->ahead.kind <= TOKEN_RAW;
}

static enum fail parse_quoted(struct parser *p, struct str *ret)
{
	if (!go_unquote(p->arena, p->ahead.text, ret))
		return parse_failf(p, p->ahead.at, "invalid syntax in %.*s",
				   STR_ARG(utf8_first(p->ahead.text, 40)));
	advance(p);
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
			return parse_failf(p, t.at, "%s: \"%.*s\"", what, STR_ARG(t.text));
	} else if (t.kind == TOKEN_CHARACTER) {
		if (!go_unquote_point(t.text, &point))
			return parse_failf(p, t.at, "malformed character constant: %.*s",
					   STR_ARG(t.text));
		o->constant = value_int(point);
	} else {
		o->constant = value_bool(t.kind == TOKEN_TRUE);
	}
	advance(p);
	return FAIL_NONE;
}

static enum fail parse_paren(struct parser *p, struct operand *o)
{
	struct pipe *pipe;
	enum fail f = enter(p, p->ahead.at);

	if (f)
		return f;
	o->kind = OPERAND_PAREN;
	advance(p);
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
	advance(p);
}

static enum fail parse_name_term(struct parser *p, struct operand *o)
{
	o->kind = OPERAND_FUNCTION;
	o->function = function_find(p->ahead.text);
	if (!o->function)
		return parse_failf(p, p->ahead.at, "function \"%.*s\" not defined",
				   STR_ARG(p->ahead.text));
	advance(p);
	return FAIL_NONE;
}

static enum fail parse_variable(struct parser *p, struct operand *o)
{
	o->kind = OPERAND_VARIABLE;
	if (!scope_find(&p->scope, p->ahead.text, &o->slot))
		return parse_failf(p, p->ahead.at, "undefined variable \"%.*s\"",
				   STR_ARG(p->ahead.text));
	advance(p);
	return FAIL_NONE;
}

static enum fail parse_term(struct parser *p, struct operand *o)
{
	if (next_is(p, TOKEN_LEFT_PAREN))
		return parse_paren(p, o);
	if (next_is(p, TOKEN_NAME))
		return parse_name_term(p, o);
	if (next_is(p, TOKEN_VARIABLE))
		return parse_variable(p, o);
	if (next_is(p, TOKEN_FIELD)) {
		o->kind = OPERAND_FIELD; /* parse_operand takes the fields */
		return FAIL_NONE;
	}
	if (next_is(p, TOKEN_DOT) || next_is(p, TOKEN_NIL)) {
		o->kind = next_is(p, TOKEN_DOT) ? OPERAND_DOT : OPERAND_NIL;
		advance(p);
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
	if (next_is(p, TOKEN_FIELD) && !p->ahead.spaced) {
		if (o->kind == OPERAND_CONST || o->kind == OPERAND_NIL ||
		    o->kind == OPERAND_DOT)
			return unexpected(p, "operand");
		o->at = p->ahead.at; /* as in Go */
	}
	while (next_is(p, TOKEN_FIELD) && !p->ahead.spaced) {
		end = p->ahead.at + p->ahead.text.len;
		add_fields(p, o, &fields, &cap);
	}
	o->text = str_trim(str_sub(p->lexer.source, start, end));
	return FAIL_NONE;
}

/* The pattern of a regex helper that stands in the source is checked with it (SPEC 5.13). */
static enum fail check_pattern(struct parser *p, const struct command *c)
{
	struct regex *re;
	struct why why;

	if (c->count < 2 || c->operands[0].kind != OPERAND_FUNCTION ||
	    !function_takes_pattern(c->operands[0].function) ||
	    c->operands[1].kind != OPERAND_CONST || c->operands[1].constant.kind != VALUE_STR)
		return FAIL_NONE;
	if (regex_new(c->operands[1].constant.string.text, &re, &why))
		return parse_failf(p, c->operands[1].at, "%s", why.text);
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

/* The names before := or =, until their pipeline is parsed: it cannot see them yet. */
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
	if (!next_is(p, TOKEN_VARIABLE))
		return FAIL_NONE;
	v->names[v->count++] = first;
	advance(p);
	if (next_is(p, TOKEN_COMMA)) {
		if (strcmp(context, "range") != 0)
			return parse_failf(p, p->ahead.at, "too many declarations in %s",
					   context);
		advance(p);
		if (!next_is(p, TOKEN_VARIABLE))
			return parse_failf(p, p->ahead.at,
					   "range can only initialize variables");
		v->names[v->count++] = p->ahead;
		advance(p);
		if (next_is(p, TOKEN_COMMA))
			return parse_failf(p, p->ahead.at, "too many declarations in range");
		if (!next_is(p, TOKEN_DECLARE) && !next_is(p, TOKEN_ASSIGN))
			return unexpected(p, context);
	}
	if (!next_is(p, TOKEN_DECLARE) && !next_is(p, TOKEN_ASSIGN)) {
		*v = (struct variables){.count = 0};
		if (next_is(p, TOKEN_ERROR))
			return FAIL_NONE;
		lex_back(&p->lexer, at, &p->ahead);
		p->ahead = first;
		return FAIL_NONE;
	}
	v->assigns = next_is(p, TOKEN_ASSIGN);
	advance(p);
	return FAIL_NONE;
}

static enum fail bind_variables(struct parser *p, const struct variables *v, bool in_paren,
				struct pipe *pipe)
{
	pipe->assigns = v->assigns;
	pipe->slot_count = v->count;
	for (unsigned i = 0; i < v->count; i++) {
		if (!v->assigns)
			pipe->slots[i] = scope_declare(&p->scope, v->names[i].text);
		else if (!scope_find(&p->scope, v->names[i].text, &pipe->slots[i]))
			return parse_failf(p, v->names[i].at, "undefined variable \"%.*s\"",
					   STR_ARG(v->names[i].text));
	}
	if (v->count)
		p->kept++;
	if (v->count && (v->assigns || in_paren))
		p->assigned++;
	return FAIL_NONE;
}

static bool executable(const struct operand *o)
{
	return o->kind != OPERAND_CONST && o->kind != OPERAND_NIL && o->kind != OPERAND_DOT;
}

/* declarations? command ('|' command)* end. The end is taken. */
static enum fail parse_pipe(struct parser *p, enum token_kind end, const char *context,
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
	if (next_is(p, end))
		return parse_failf(p, p->ahead.at, "missing value for %s", context);
	for (unsigned stage = 1;; stage++) {
		struct command *c = ARENA_NEW(p->arena, struct command);

		c->at = p->ahead.at;
		if (!starts_operand(p))
			return unexpected(p, context);
		f = parse_command(p, c);
		if (f)
			return f;
		if (stage > 1 && !executable(&c->operands[0]))
			return parse_failf(
				p, c->at, "non executable command in pipeline stage %u", stage);
		*link = c;
		link = &c->next;
		if (next_is(p, end))
			break;
		if (!next_is(p, TOKEN_PIPE))
			return unexpected(p, next_is(p, TOKEN_CLOSE) ? context : "operand");
		advance(p);
	}
	f = bind_variables(p, &v, end == TOKEN_RIGHT_PAREN, pipe);
	if (f)
		return f;
	pipe->keeps = p->kept != kept;
	advance(p);
	*ret = pipe;
	return FAIL_NONE;
}

/* ---- nodes */

/* What ends a list of nodes. The '{{' and the word are taken. */
enum list_end { END_OF_SOURCE, END_WORD, ELSE_WORD };

static enum fail parse_list(struct parser *p, bool top, const struct node **ret,
			    enum list_end *ret_end);

static struct node *node_new(struct parser *p, enum node_kind kind, uint32_t at)
{
	struct node *n = ARENA_NEW(p->arena, struct node);

	n->kind = kind;
	n->at = at;
	return n;
}

/* The body of a control block, up to its "else" or the "}}" of its "end". */
static enum fail parse_body(struct parser *p, const struct node **ret, bool *ret_else)
{
	enum list_end end;
	enum fail f = parse_list(p, false, ret, &end);

	if (f)
		return f;
	*ret_else = end == ELSE_WORD;
	return *ret_else ? FAIL_NONE : expect(p, TOKEN_CLOSE, "end");
}

/* What follows a plain "else", up to "end". */
static enum fail parse_else(struct parser *p, const struct node **ret)
{
	uint32_t at = p->ahead.at;
	bool again;
	enum fail f = expect(p, TOKEN_CLOSE, "else");

	if (f)
		return f;
	f = parse_body(p, ret, &again);
	if (!f && again)
		return parse_failf(p, at, "expected end; found {{else}}");
	return f;
}

/* if and with; a chain of "else if" is one node. */
static enum fail parse_choice(struct parser *p, enum node_kind kind, struct node **ret)
{
	enum token_kind word = kind == NODE_IF ? TOKEN_IF : TOKEN_WITH;
	const char *context = kind == NODE_IF ? "if" : "with";
	size_t mark = scope_mark(&p->scope), inner;
	struct branch *first = NULL, **link = &first;
	const struct node *otherwise = NULL;
	bool more = true;
	enum fail f;

	while (more) {
		struct branch *b = ARENA_NEW(p->arena, struct branch);
		struct pipe *pipe;

		f = parse_pipe(p, TOKEN_CLOSE, context, &pipe);
		if (f)
			return f;
		b->pipe = pipe;
		inner = scope_mark(&p->scope);
		f = parse_body(p, &b->body, &more);
		if (f)
			return f;
		scope_leave(&p->scope, inner);
		*link = b;
		link = &b->next;
		if (!more)
			break;
		if (!next_is(p, word)) {
			f = parse_else(p, &otherwise);
			if (f)
				return f;
			break;
		}
		advance(p);
	}
	scope_leave(&p->scope, mark);
	*ret = node_new(p, kind, first->pipe->at);
	(*ret)->choice.branches = first;
	(*ret)->choice.otherwise = otherwise;
	return FAIL_NONE;
}

static enum fail parse_range(struct parser *p, struct node **ret)
{
	size_t mark = scope_mark(&p->scope), inner;
	struct node *n = node_new(p, NODE_RANGE, 0);
	struct pipe *pipe;
	unsigned assigned;
	bool more;
	enum fail f;

	f = parse_pipe(p, TOKEN_CLOSE, "range", &pipe);
	if (f)
		return f;
	n->at = pipe->at;
	n->range.pipe = pipe;
	assigned = p->assigned;
	inner = scope_mark(&p->scope);
	p->ranges++;
	f = parse_body(p, &n->range.body, &more);
	p->ranges--;
	if (f)
		return f;
	scope_leave(&p->scope, inner);
	n->range.keeps = p->assigned != assigned;
	if (more) {
		f = parse_else(p, &n->range.otherwise);
		if (f)
			return f;
	}
	scope_leave(&p->scope, mark);
	*ret = n;
	return FAIL_NONE;
}

static bool is_blank(const struct node *n)
{
	size_t len;

	if (n->kind != NODE_TEXT)
		return false;
	for (size_t i = 0; i < n->text.len; i += len)
		if (!unicode_is_space(utf8_decode(str_from(n->text, i), &len, NULL)))
			return false;
	return true;
}

static bool all_blank(const struct node *n)
{
	while (n && is_blank(n))
		n = n->next;
	return !n;
}

/* The text of define and block, in a frame of its own, up to its end. */
static enum fail parse_definition(struct parser *p, struct str name, uint32_t at)
{
	struct scope_frame outer = scope_enter_frame(&p->scope);
	unsigned ranges = p->ranges;
	struct definition d = {.name = name, .at = at};
	uint32_t last;
	bool more;
	enum fail f;

	p->ranges = 0;
	last = p->ahead.at;
	f = parse_body(p, &d.body, &more);
	if (f)
		return f;
	if (more)
		return parse_failf(p, last, "unexpected {{else}} in define clause");
	p->ranges = ranges;
	d.slots = scope_leave_frame(&p->scope, outer);
	d.empty = all_blank(d.body);
	p->definitions = arena_grow(p->arena, p->definitions, p->definition_count,
				    &p->definition_cap, sizeof(*p->definitions));
	p->definitions[p->definition_count++] = d;
	return FAIL_NONE;
}

static enum fail parse_name(struct parser *p, const char *context, struct str *ret)
{
	if (!next_is(p, TOKEN_STRING) && !next_is(p, TOKEN_RAW))
		return unexpected(p, context);
	return parse_quoted(p, ret);
}

static enum fail parse_define(struct parser *p)
{
	uint32_t at = p->ahead.at;
	struct str name;
	enum fail f = parse_name(p, "define clause", &name);

	if (!f)
		f = expect(p, TOKEN_CLOSE, "define clause");
	return f ? f : parse_definition(p, name, at);
}

/* template "name" pipeline?, and block "name" pipeline ... end, which defines it as well. */
static enum fail parse_call(struct parser *p, bool block, struct node **ret)
{
	const char *context = block ? "block clause" : "template clause";
	struct node *n = node_new(p, NODE_TEMPLATE, p->ahead.at);
	struct pipe *pipe;
	enum fail f = parse_name(p, context, &n->call.name);

	if (f)
		return f;
	if (!block && next_is(p, TOKEN_CLOSE)) {
		advance(p);
	} else {
		f = parse_pipe(p, TOKEN_CLOSE, context, &pipe);
		if (f)
			return f;
		n->call.pipe = pipe;
	}
	p->calls = arena_grow(p->arena, p->calls, p->call_count, &p->call_cap,
			      sizeof(struct node *));
	p->calls[p->call_count++] = n;
	*ret = n;
	return block ? parse_definition(p, n->call.name, n->at) : FAIL_NONE;
}

static enum fail parse_jump(struct parser *p, enum node_kind kind, const char *word,
			    uint32_t at, struct node **ret)
{
	enum fail f = expect(p, TOKEN_CLOSE, word);

	if (f)
		return f;
	if (p->ranges == 0)
		return parse_failf(p, at, "{{%s}} outside {{range}}", word);
	*ret = node_new(p, kind, at);
	return FAIL_NONE;
}

static enum fail parse_block(struct parser *p, enum token_kind word, struct node **ret)
{
	enum fail f = enter(p, p->ahead.at);

	if (f)
		return f;
	if (word == TOKEN_IF)
		f = parse_choice(p, NODE_IF, ret);
	else if (word == TOKEN_WITH)
		f = parse_choice(p, NODE_WITH, ret);
	else if (word == TOKEN_RANGE)
		f = parse_range(p, ret);
	else if (word == TOKEN_BLOCK)
		f = parse_call(p, true, ret);
	else
		f = parse_define(p);
	p->depth--;
	return f;
}

static enum fail parse_output(struct parser *p, struct node **ret)
{
	struct pipe *pipe;
	enum fail f = parse_pipe(p, TOKEN_CLOSE, "command", &pipe);

	if (f)
		return f;
	*ret = node_new(p, NODE_ACTION, pipe->at);
	(*ret)->pipe = pipe;
	return FAIL_NONE;
}

/* Past '{{'. *ret stays NULL after a define; *ret_end is set by "end" and "else". */
static enum fail parse_action(struct parser *p, bool top, struct node **ret,
			      enum list_end *ret_end)
{
	const struct token t = p->ahead;

	if (t.kind < TOKEN_BLOCK)
		return parse_output(p, ret);
	if (t.kind == TOKEN_DEFINE && !top)
		return unexpected(p, "command");
	advance(p);
	if (t.kind == TOKEN_END || t.kind == TOKEN_ELSE) {
		*ret_end = t.kind == TOKEN_END ? END_WORD : ELSE_WORD;
		return FAIL_NONE;
	}
	if (t.kind == TOKEN_BREAK)
		return parse_jump(p, NODE_BREAK, "break", t.at, ret);
	if (t.kind == TOKEN_CONTINUE)
		return parse_jump(p, NODE_CONTINUE, "continue", t.at, ret);
	if (t.kind == TOKEN_TEMPLATE)
		return parse_call(p, false, ret);
	return parse_block(p, t.kind, ret);
}

static enum fail parse_list(struct parser *p, bool top, const struct node **ret,
			    enum list_end *ret_end)
{
	struct node *first = NULL, **link = &first;
	enum fail f;

	*ret_end = END_OF_SOURCE;
	while (*ret_end == END_OF_SOURCE && !next_is(p, TOKEN_EOF)) {
		struct node *n = NULL;
		const struct token t = p->ahead;

		if (!next_is(p, TOKEN_TEXT) && !next_is(p, TOKEN_OPEN))
			return unexpected(p, "input");
		advance(p);
		if (t.kind == TOKEN_TEXT) {
			n = node_new(p, NODE_TEXT, t.at);
			n->text = t.text;
		} else {
			f = parse_action(p, top, &n, ret_end);
			if (f)
				return f;
		}
		if (n) {
			*link = n;
			link = &n->next;
		}
		if (top && *ret_end != END_OF_SOURCE)
			return parse_failf(p, t.at, "unexpected {{%s}}",
					   *ret_end == END_WORD ? "end" : "else");
	}
	if (!top && *ret_end == END_OF_SOURCE)
		return unexpected(p, "input");
	*ret = first;
	return FAIL_NONE;
}

/* ---- the whole */

static int by_name(const void *a, const void *b)
{
	const struct definition *x = a, *y = b;
	int c = str_cmp(x->name, y->name);

	return c ? c : (x->at < y->at ? -1 : x->at > y->at);
}

/* One definition per name: of several all but one must be empty. */
static enum fail sort_definitions(struct parser *p, struct template *t)
{
	size_t kept = 0;

	if (p->definition_count)
		qsort(p->definitions, p->definition_count, sizeof(*p->definitions), by_name);
	for (size_t i = 0; i < p->definition_count; i++) {
		const struct definition *d = &p->definitions[i];
		struct definition *last = kept ? &p->definitions[kept - 1] : NULL;

		if (!last || !str_eq(last->name, d->name))
			p->definitions[kept++] = *d;
		else if (last->empty)
			*last = *d;
		else if (!d->empty)
			return parse_failf(p, d->at, "multiple definition of template \"%.*s\"",
					   STR_ARG(d->name));
	}
	t->definitions = p->definitions;
	t->definition_count = kept;
	return FAIL_NONE;
}

static int name_to_definition(const void *name, const void *d)
{
	return str_cmp(*(const struct str *)name, ((const struct definition *)d)->name);
}

static void find_targets(struct parser *p, const struct template *t)
{
	for (size_t i = 0; i < p->call_count && t->definition_count; i++)
		p->calls[i]->call.target =
			bsearch(&p->calls[i]->call.name, t->definitions, t->definition_count,
				sizeof(*t->definitions), name_to_definition);
}

/* SPEC 12.12 */
static const struct node *find_single(const struct node *n)
{
	const struct node *single = NULL;

	for (; n; n = n->next) {
		if (is_blank(n))
			continue;
		if (n->kind != NODE_ACTION || n->pipe->slot_count || single)
			return NULL;
		single = n;
	}
	return single;
}

enum fail template_parse(struct arena *a, struct str source,
			 const struct template_limits *limits, struct template **ret,
			 struct why *why)
{
	struct parser p = {.arena = a, .why = why};
	struct template *t = ARENA_NEW(a, struct template);
	AUTO_BUF clean = BUF(3 * source.len);
	struct scope_frame outer;
	enum list_end end;
	enum fail f;

	limits = limits ? limits : &template_limits_default;
	if (source.len > limits->source_bytes || source.len > UINT32_MAX / 4)
		return template_limit(why, source, 0, "source");
	if (!utf8_valid(source)) {
		utf8_clean(&clean, source);
		source = buf_str(&clean);
	}
	t->source = arena_str(a, source);
	p.lexer.source = t->source;
	p.max_depth = limits->depth < TEMPLATE_DEPTH_MAX ? limits->depth : TEMPLATE_DEPTH_MAX;
	scope_init(&p.scope, a);
	outer = scope_enter_frame(&p.scope);
	advance(&p);
	f = parse_list(&p, true, &t->main.body, &end);
	if (!f)
		f = sort_definitions(&p, t);
	if (f)
		return f;
	t->main.slots = scope_leave_frame(&p.scope, outer);
	find_targets(&p, t);
	t->single = find_single(t->main.body);
	*ret = t;
	return FAIL_NONE;
}

bool template_is_single_action(const struct template *t)
{
	return t->single != NULL;
}
