/* Walking the tree of a template: texts, control blocks, calls, limits. */
#include "lang/template_exec.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/envelope.h"

enum fail exec_failf(struct exec *x, const char *fmt, ...)
{
	char what[WHY_MAX_BYTES];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	return template_failf(x->why, x->t->source, x->at, "%s", what);
}

enum fail call_failf(struct exec *x, const char *fmt, ...)
{
	char what[WHY_MAX_BYTES];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	return exec_failf(x, "error calling %.*s: %s", STR_ARG(x->calling->name), what);
}

enum fail exec_limit(struct exec *x, const char *name)
{
	return template_limit(x->why, x->t->source, x->at, name);
}

enum fail exec_enter(struct exec *x)
{
	return ++x->depth > x->max_depth ? exec_limit(x, "depth") : FAIL_NONE;
}

void exec_leave(struct exec *x)
{
	x->depth--;
}

enum fail exec_work(struct exec *x, size_t units)
{
	x->work += units;
	if (x->work / EXEC_WORK_PER_NODE > x->limits->nodes)
		return exec_limit(x, "nodes");
	return FAIL_NONE;
}

enum fail exec_read(struct exec *x, size_t bytes)
{
	return exec_work(x, bytes / EXEC_READ_PER_WORK);
}

static size_t held(const struct exec *x)
{
	return x->arena->used - x->arena_base + x->slot_top * sizeof(struct value);
}

enum fail exec_room(struct exec *x, size_t bytes)
{
	size_t now = held(x);

	if (now > x->limits->value_bytes || bytes > x->limits->value_bytes - now)
		return exec_limit(x, "output");
	return FAIL_NONE;
}

enum fail exec_array(struct exec *x, size_t count, size_t size, void *ret_array)
{
	size_t bytes;
	void *array;
	enum fail f;

	if (__builtin_mul_overflow(count, size, &bytes))
		bytes = SIZE_MAX;
	f = exec_room(x, bytes);
	if (!f)
		f = exec_work(x, bytes / EXEC_MADE_PER_WORK);
	if (f)
		return f;
	array = arena_alloc(x->arena, bytes);
	memcpy(ret_array, &array, sizeof(array));
	return FAIL_NONE;
}

struct buf *text_begin(struct exec *x)
{
	buf_clear(&x->text);
	return &x->text;
}

enum fail text_end(struct exec *x, struct value *ret)
{
	enum fail f;

	if (x->text.full)
		return exec_limit(x, "output");
	f = exec_room(x, x->text.len);
	if (!f)
		f = exec_work(x, x->text.len / EXEC_MADE_PER_WORK);
	if (!f)
		*ret = value_str(arena_str(x->arena, buf_str(&x->text)));
	return f;
}

enum fail exec_print(struct exec *x, struct buf *b, const struct value *v)
{
	return print_value(b, v) ? FAIL_NONE : exec_limit(x, "depth");
}

/* Text into the output, within its limit. */
static enum fail write_text(struct exec *x, struct str text)
{
	if (text.len > x->limits->output_bytes - (x->out->len - x->out_base))
		return exec_limit(x, "output");
	buf_add(x->out, text);
	return x->out->full ? exec_limit(x, "output") : FAIL_NONE;
}

static enum fail write_marked(struct exec *x, struct str origin, struct str text)
{
	AUTO_BUF b = BUF(x->limits->output_bytes);

	envelope_add(&b, origin, text);
	return b.full ? exec_limit(x, "output") : write_text(x, buf_str(&b));
}

enum fail exec_output(struct exec *x, const struct value *v)
{
	struct str text, origin = {NULL, 0};
	enum fail f;

	if (v->kind == VALUE_NIL)
		return write_text(x, STR("<no value>"));
	if (v->kind == VALUE_STR) {
		text = v->string.text;
	} else {
		f = exec_print(x, text_begin(x), v);
		if (f)
			return f;
		if (x->text.full)
			return exec_limit(x, "output");
		text = buf_str(&x->text);
	}
	if (x->env->envelope_marks)
		origin = value_origin(v);
	return origin.len ? write_marked(x, origin, text) : write_text(x, text);
}

/* ---- nodes */

static enum fail walk(struct exec *x, const struct node *n, const struct value *dot);

static enum fail count_node(struct exec *x)
{
	return ++x->nodes > x->limits->nodes ? exec_limit(x, "nodes") : FAIL_NONE;
}

static enum fail walk_action(struct exec *x, const struct node *n, const struct value *dot)
{
	struct arena_mark mark = arena_mark(x->arena);
	struct value v;
	enum fail f = eval_pipe(x, n->pipe, dot, &v);

	if (f)
		return f;
	if (n->pipe->slot_count == 0) {
		x->at = n->at;
		f = exec_output(x, &v);
	}
	if (!n->pipe->keeps)
		arena_rewind(x->arena, mark);
	return f;
}

static enum fail walk_choice(struct exec *x, const struct node *n, const struct value *dot)
{
	const struct node *body = n->choice.otherwise;
	struct value v;
	enum fail f;

	f = exec_enter(x);
	if (f)
		return f;
	for (const struct branch *b = n->choice.branches; b; b = b->next) {
		f = eval_pipe(x, b->pipe, dot, &v);
		if (f)
			return f;
		if (!is_true(&v))
			continue;
		body = b->body;
		if (n->kind == NODE_WITH)
			dot = &v;
		break;
	}
	f = walk(x, body, dot);
	exec_leave(x);
	return f;
}

/* One turn of range. */
static enum fail turn(struct exec *x, const struct node *n, const struct value *index,
		      const struct value *item)
{
	struct value *slots = x->slots + x->slot_base;
	const struct pipe *pipe = n->range.pipe;
	struct arena_mark mark = arena_mark(x->arena);
	enum fail f = count_node(x);

	if (f)
		return f;
	if (pipe->slot_count == 2)
		slots[pipe->slots[0]] = *index;
	if (pipe->slot_count > 0)
		slots[pipe->slots[pipe->slot_count - 1]] = *item;
	f = walk(x, n->range.body, item);
	if (!n->range.keeps)
		arena_rewind(x->arena, mark);
	if (x->jump == JUMP_CONTINUE)
		x->jump = JUMP_NONE;
	return f;
}

static enum fail range_integer(struct exec *x, const struct node *n, int64_t count)
{
	enum fail f = FAIL_NONE;

	for (int64_t i = 0; i < count && !f && x->jump == JUMP_NONE; i++) {
		struct value v = value_int(i);

		f = turn(x, n, &value_nil, &v);
	}
	return f;
}

static enum fail range_list(struct exec *x, const struct node *n, const struct value_list *list)
{
	enum fail f = FAIL_NONE;

	for (size_t i = 0; i < list->count && !f && x->jump == JUMP_NONE; i++) {
		struct value index = value_int((int64_t)i);

		f = turn(x, n, &index, &list->items[i]);
	}
	return f;
}

static enum fail range_map(struct exec *x, const struct node *n, const struct value_map *map)
{
	enum fail f = FAIL_NONE;

	for (size_t i = 0; i < map->count && !f && x->jump == JUMP_NONE; i++) {
		const struct value_entry *e = &map->entries[map->sorted[i]];
		struct value key = value_str(e->key);

		if (map->origin)
			key.string.origin = *map->origin;
		f = turn(x, n, &key, &e->value);
	}
	return f;
}

static enum fail range_over(struct exec *x, const struct node *n, const struct value *over)
{
	switch (over->kind) {
	case VALUE_LIST: return range_list(x, n, &over->list);
	case VALUE_MAP: return range_map(x, n, &over->map);
	case VALUE_INT:
		if (n->range.pipe->slot_count < 2)
			return range_integer(x, n, over->integer);
		return exec_failf(x, "can't use %lld to iterate over more than one variable",
				  (long long)over->integer);
	case VALUE_NIL: return FAIL_NONE;
	case VALUE_BOOL:
	case VALUE_FLOAT:
	case VALUE_STR:
	case VALUE_TIME: break;
	}
	return exec_failf(x, "range can't iterate over a value of type %s",
			  go_type(over->kind));
}

static bool has_turns(const struct value *over)
{
	return over->kind == VALUE_INT ? over->integer > 0 : value_count(over) > 0;
}

static enum fail walk_range(struct exec *x, const struct node *n, const struct value *dot)
{
	struct value over;
	enum fail f = exec_enter(x);

	if (!f)
		f = eval_pipe(x, n->range.pipe, dot, &over);
	if (!f)
		f = range_over(x, n, &over);
	if (f)
		return f;
	x->jump = JUMP_NONE; /* a break ends here */
	if (!has_turns(&over))
		f = walk(x, n->range.otherwise, dot);
	exec_leave(x);
	return f;
}

/* Room for the variables of a call, all nil. */
static enum fail push_frame(struct exec *x, uint32_t count)
{
	size_t need = x->slot_top + count;
	enum fail f = exec_room(x, count * sizeof(struct value));

	if (!f)
		f = exec_work(x, count / EXEC_WORK_PER_NODE);
	if (f)
		return f;
	if (need > x->slot_cap) {
		x->slot_cap = need * 2;
		x->slots = xrealloc(x->slots, x->slot_cap, sizeof(*x->slots));
	}
	memset(x->slots + x->slot_top, 0, count * sizeof(*x->slots));
	x->slot_base = x->slot_top;
	x->slot_top = need;
	return FAIL_NONE;
}

static enum fail walk_definition(struct exec *x, const struct definition *d,
				 const struct value *root)
{
	size_t base = x->slot_base, top = x->slot_top;
	enum fail f = push_frame(x, d->slots);

	if (f)
		return f;
	x->slots[x->slot_base] = *root;
	f = walk(x, d->body, root);
	x->slot_base = base;
	x->slot_top = top;
	return f;
}

static enum fail walk_call(struct exec *x, const struct node *n, const struct value *dot)
{
	struct arena_mark mark = arena_mark(x->arena);
	struct value arg = value_nil;
	enum fail f;

	if (!n->call.target)
		return exec_failf(x, "template \"%.*s\" not defined", STR_ARG(n->call.name));
	f = exec_enter(x);
	if (!f && n->call.pipe)
		f = eval_pipe(x, n->call.pipe, dot, &arg);
	if (!f)
		f = walk_definition(x, n->call.target, &arg);
	exec_leave(x);
	if (!f && !(n->call.pipe && n->call.pipe->keeps))
		arena_rewind(x->arena, mark);
	return f;
}

static enum fail walk_one(struct exec *x, const struct node *n, const struct value *dot)
{
	switch (n->kind) {
	case NODE_TEXT: return write_text(x, n->text);
	case NODE_ACTION: return walk_action(x, n, dot);
	case NODE_IF:
	case NODE_WITH: return walk_choice(x, n, dot);
	case NODE_RANGE: return walk_range(x, n, dot);
	case NODE_TEMPLATE: return walk_call(x, n, dot);
	case NODE_BREAK: x->jump = JUMP_BREAK; return FAIL_NONE;
	case NODE_CONTINUE: x->jump = JUMP_CONTINUE; return FAIL_NONE;
	}
	return FAIL_BROKEN;
}

static enum fail walk(struct exec *x, const struct node *n, const struct value *dot)
{
	enum fail f = FAIL_NONE;

	for (; n && !f && x->jump == JUMP_NONE; n = n->next) {
		x->at = n->at;
		f = count_node(x);
		if (!f)
			f = walk_one(x, n, dot);
	}
	return f;
}

/* ---- a run */

static void exec_init(struct exec *x, const struct template *t, const struct template_env *env,
		      struct arena *scratch, struct why *why)
{
	*x = (struct exec){
		.t = t,
		.env = env,
		.limits = env->limits ? env->limits : &template_limits_default,
		.arena = scratch,
		.arena_base = scratch->used,
		.why = why,
	};
	x->max_depth =
		x->limits->depth < TEMPLATE_DEPTH_MAX ? x->limits->depth : TEMPLATE_DEPTH_MAX;
	x->text = BUF(x->limits->value_bytes);
}

static void exec_release(struct exec *x)
{
	buf_release(&x->text);
	free(x->slots);
	for (size_t i = 0; i < EXEC_PATTERNS; i++) {
		regex_free(x->patterns[i].regex);
		free(x->patterns[i].text);
	}
}

enum fail template_run(const struct template *t, const struct value *root,
		       const struct template_env *env, struct arena *scratch, struct buf *out,
		       struct why *why)
{
	struct exec x;
	enum fail f;

	exec_init(&x, t, env, scratch, why);
	x.out = out;
	x.out_base = out->len;
	f = walk_definition(&x, &t->main, root ? root : &value_nil);
	exec_release(&x);
	return f;
}

/* May the value leave the run? A list that holds another one twice, and so on, is small here
 * and large as JSON. */
static bool fits(const struct value *v, unsigned depth, size_t *room)
{
	size_t own = v->kind == VALUE_STR ? v->string.text.len : 8;
	bool ok;

	for (size_t i = 0; v->kind == VALUE_MAP && i < v->map.count; i++)
		own += v->map.entries[i].key.len;
	ok = depth <= TEMPLATE_VALUE_DEPTH && own <= *room;
	*room -= ok ? own : 0;
	if (v->kind == VALUE_LIST)
		for (size_t i = 0; ok && i < v->list.count; i++)
			ok = fits(&v->list.items[i], depth + 1, room);
	if (v->kind == VALUE_MAP)
		for (size_t i = 0; ok && i < v->map.count; i++)
			ok = fits(&v->map.entries[i].value, depth + 1, room);
	return ok;
}

enum fail template_value(const struct template *t, const struct value *root,
			 const struct template_env *env, struct arena *scratch,
			 struct value *ret, struct why *why)
{
	size_t room;
	struct exec x;
	struct value v;
	enum fail f;

	PROMISE(t->single);
	root = root ? root : &value_nil;
	exec_init(&x, t, env, scratch, why);
	room = x.limits->value_bytes;
	f = push_frame(&x, t->main.slots);
	if (!f) {
		x.slots[0] = *root;
		f = eval_pipe(&x, t->single->pipe, root, &v);
	}
	if (!f && !fits(&v, 0, &room))
		f = exec_limit(&x, "output");
	exec_release(&x);
	if (!f)
		*ret = v;
	return f;
}
