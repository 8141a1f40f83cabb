/* Walking the tree of a template: texts, control blocks, calls. */
#include "lang/template_exec.h"

#include <string.h>

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

enum fail exec_push_frame(struct exec *x, uint32_t count)
{
	size_t need = x->slot_top + count;
	enum fail f = exec_room(x, count * sizeof(struct value));

	if (!f)
		f = exec_work(x, count);
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

enum fail exec_definition(struct exec *x, const struct definition *d, const struct value *root)
{
	size_t base = x->slot_base, top = x->slot_top;
	enum fail f = exec_push_frame(x, d->slots);

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
		return exec_failf(x, "template \"%.*s\" not defined", NAME_ARG(n->call.name));
	f = exec_enter(x);
	if (!f && n->call.pipe)
		f = eval_pipe(x, n->call.pipe, dot, &arg);
	if (!f)
		f = exec_definition(x, n->call.target, &arg);
	exec_leave(x);
	if (!f && !(n->call.pipe && n->call.pipe->keeps))
		arena_rewind(x->arena, mark);
	return f;
}

static enum fail walk_one(struct exec *x, const struct node *n, const struct value *dot)
{
	switch (n->kind) {
	case NODE_TEXT: return exec_write(x, n->text);
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
