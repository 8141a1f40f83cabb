/* From the words of a template to its tree: texts, control blocks, definitions. */
#include "lang/template_parser.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lang/unicode.h"

const struct template_limits template_limits_default = {
	.source_bytes = TEMPLATE_SOURCE_BYTES,
	.output_bytes = TEMPLATE_OUTPUT_BYTES,
	.value_bytes = TEMPLATE_VALUE_BYTES,
	.nodes = TEMPLATE_NODES,
	.depth = TEMPLATE_DEPTH,
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
	return *ret_else ? FAIL_NONE : parse_expect(p, TOKEN_CLOSE, "end");
}

/* What follows a plain "else", up to "end". */
static enum fail parse_else(struct parser *p, const struct node **ret)
{
	uint32_t at = p->ahead.at;
	bool again;
	enum fail f = parse_expect(p, TOKEN_CLOSE, "else");

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
		scope_hide(&p->scope, inner);
		*link = b;
		link = &b->next;
		if (!more)
			break;
		if (!parse_at(p, word)) {
			f = parse_else(p, &otherwise);
			if (f)
				return f;
			break;
		}
		parse_advance(p);
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
	scope_hide(&p->scope, inner);
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
	if (!parse_at(p, TOKEN_STRING) && !parse_at(p, TOKEN_RAW))
		return parse_unexpected(p, context);
	return parse_quoted(p, ret);
}

static enum fail parse_define(struct parser *p)
{
	uint32_t at = p->ahead.at;
	struct str name;
	enum fail f = parse_name(p, "define clause", &name);

	if (!f)
		f = parse_expect(p, TOKEN_CLOSE, "define clause");
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
	if (!block && parse_at(p, TOKEN_CLOSE)) {
		parse_advance(p);
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
	enum fail f = parse_expect(p, TOKEN_CLOSE, word);

	if (f)
		return f;
	if (p->ranges == 0)
		return parse_failf(p, at, "{{%s}} outside {{range}}", word);
	*ret = node_new(p, kind, at);
	return FAIL_NONE;
}

static enum fail parse_block(struct parser *p, enum token_kind word, struct node **ret)
{
	enum fail f = parse_enter(p, p->ahead.at);

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
		return parse_unexpected(p, "command");
	parse_advance(p);
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
	while (*ret_end == END_OF_SOURCE && !parse_at(p, TOKEN_EOF)) {
		struct node *n = NULL;
		const struct token t = p->ahead;

		if (!parse_at(p, TOKEN_TEXT) && !parse_at(p, TOKEN_OPEN))
			return parse_unexpected(p, "input");
		parse_advance(p);
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
		return parse_unexpected(p, "input");
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
					   NAME_ARG(d->name));
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
	parse_advance(&p);
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
