/* A run from its start to its end: limits, output, results. */
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
	if (units > (size_t)x->work) {
		x->work = 0;
		return exec_limit(x, "nodes");
	}
	x->work -= (int64_t)units;
	return FAIL_NONE;
}

enum fail exec_read(struct exec *x, size_t bytes)
{
	return exec_work(x, bytes / EXEC_READS_PER_WORK);
}

/* Lists that hold each other many times over are small in memory: the work ends the walk. Where values are
 * nested too deep, whoever prints them says so. */
static enum fail weigh(struct exec *x, const struct value *v, unsigned depth)
{
	size_t count = depth <= TEMPLATE_VALUE_DEPTH ? value_count(v) : 0;
	enum fail f = exec_work(x, v->kind == VALUE_FLOAT ? EXEC_FLOAT_WORK : EXEC_ITEM_WORK);

	for (size_t i = 0; i < count && !f; i++)
		f = weigh(x,
			  v->kind == VALUE_LIST ? &v->list.items[i] : &v->map.entries[i].value,
			  depth + 1);
	return f;
}

enum fail exec_weigh(struct exec *x, const struct value *v)
{
	return weigh(x, v, 0);
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
		f = exec_work(x, bytes);
	if (f)
		return f;
	array = arena_alloc(x->arena, bytes);
	memcpy(ret_array, &array, sizeof(array));
	return FAIL_NONE;
}

/* A text may be as long as there is work left to make it. */
struct buf *text_begin(struct exec *x)
{
	size_t most = (size_t)x->work / EXEC_MADE_WORK;

	if (most > x->limits->value_bytes)
		most = x->limits->value_bytes;
	if (x->text.cap > most) /* a buffer has no more room than it may use */
		buf_release(&x->text);
	buf_clear(&x->text);
	x->text.max = most;
	return &x->text;
}

static enum fail too_long(struct exec *x)
{
	return exec_limit(x, x->text.max < x->limits->value_bytes ? "nodes" : "output");
}

enum fail text_end(struct exec *x, struct value *ret)
{
	enum fail f;

	if (x->text.full)
		return too_long(x);
	f = exec_room(x, x->text.len);
	if (!f)
		f = exec_work(x, x->text.len * EXEC_MADE_WORK);
	if (!f)
		*ret = value_str(arena_str(x->arena, buf_str(&x->text)));
	return f;
}

enum fail exec_print(struct exec *x, struct buf *b, const struct value *v)
{
	enum fail f = exec_weigh(x, v);

	if (f)
		return f;
	return print_value(b, v) ? FAIL_NONE : exec_limit(x, "depth");
}

enum fail exec_write(struct exec *x, struct str text)
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
	return b.full ? exec_limit(x, "output") : exec_write(x, buf_str(&b));
}

enum fail exec_output(struct exec *x, const struct value *v)
{
	struct str text, origin = {NULL, 0};
	enum fail f;

	if (v->kind == VALUE_NIL)
		return exec_write(x, STR("<no value>"));
	if (v->kind == VALUE_STR) {
		text = v->string.text;
	} else {
		f = exec_print(x, text_begin(x), v);
		if (f)
			return f;
		if (x->text.full)
			return too_long(x);
		f = exec_work(x, x->text.len * EXEC_MADE_WORK);
		if (f)
			return f;
		text = buf_str(&x->text);
	}
	if (x->env->envelope_marks)
		origin = value_origin(v);
	return origin.len ? write_marked(x, origin, text) : exec_write(x, text);
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
	x->work = (int64_t)x->limits->nodes * EXEC_WORK_PER_NODE;
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
	f = exec_definition(&x, &t->main, root ? root : &value_nil);
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
	f = exec_push_frame(&x, t->main.slots);
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
