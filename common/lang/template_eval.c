/* Values of pipelines: chains of fields, variables, calls. */
#include "lang/template_exec.h"

#include <string.h>

enum { SMALL_CALL = 6 }; /* arguments that stay on the stack */

/* .a.b.c of a value. Only what is looked up inside the chain may not be nil (SPEC 4.5). */
static enum fail eval_chain(struct exec *x, const struct operand *o, const struct value *from,
			    bool has_args, struct value *ret)
{
	for (uint32_t i = 0; i < o->field_count && from->kind != VALUE_NIL; i++) {
		struct str field = o->fields[i];
		enum fail f = exec_work(x, EXEC_OPERAND_WORK + field.len / EXEC_READS_PER_WORK);

		if (f)
			return f;
		if (from->kind != VALUE_MAP)
			return exec_failf(x, "can't evaluate field %.*s in type %s",
					  NAME_ARG(field), go_type(from->kind));
		if (has_args && i + 1 == o->field_count)
			return exec_failf(x, "%.*s is not a method but has arguments",
					  NAME_ARG(field));
		from = value_get(from, field);
		if (!from)
			from = &value_nil;
		if (from->kind == VALUE_NIL && i + 1 < o->field_count)
			return exec_failf(x, "nil pointer evaluating interface {}.%.*s",
					  NAME_ARG(o->fields[i + 1]));
	}
	*ret = *from;
	return FAIL_NONE;
}

static enum fail eval_paren(struct exec *x, const struct operand *o, const struct value *dot,
			    struct value *ret)
{
	enum fail f = exec_enter(x);

	if (!f)
		f = eval_pipe(x, o->paren, dot, ret);
	exec_leave(x);
	return f;
}

static enum fail call(struct exec *x, const struct operand *name, const struct operand *args,
		      size_t count, const struct value *dot, const struct value *final,
		      uint32_t at, struct value *ret);

static enum fail undefined(struct exec *x, struct str name)
{
	str_cut(name, '.', &name, NULL);
	return exec_failf(x, "undefined variable: %.*s", NAME_ARG(name));
}

/* The value of an operand; has_args: others follow it, or the result of a pipeline's stage. */
static enum fail eval_operand(struct exec *x, const struct operand *o, const struct value *dot,
			      bool has_args, struct value *ret)
{
	struct value v;
	enum fail f = exec_work(x, EXEC_OPERAND_WORK);

	if (f)
		return f;
	x->at = o->at;
	switch (o->kind) {
	case OPERAND_NIL: *ret = value_nil; return FAIL_NONE;
	case OPERAND_CONST: *ret = o->constant; return FAIL_NONE;
	case OPERAND_DOT: *ret = *dot; return FAIL_NONE;
	case OPERAND_FUNCTION: return call(x, o, NULL, 0, dot, NULL, o->at, ret);
	case OPERAND_FIELD: return eval_chain(x, o, dot, has_args, ret);
	case OPERAND_VARIABLE:
		if (o->slot == SLOT_UNDEFINED)
			return undefined(x, o->text);
		return eval_chain(x, o, &x->slots[x->slot_base + o->slot], has_args, ret);
	case OPERAND_PAREN:
		f = eval_paren(x, o, dot, &v);
		return f ? f : eval_chain(x, o, &v, has_args, ret);
	}
	return FAIL_BROKEN;
}

static enum fail wrong_count(struct exec *x, const struct function *fn, size_t count)
{
	if (fn->min == fn->max)
		return exec_failf(x, "wrong number of args for %.*s: want %d got %zu",
				  STR_ARG(fn->name), fn->min, count);
	if (fn->max == FUNCTION_ANY)
		return exec_failf(x, "wrong number of args for %.*s: want at least %d got %zu",
				  STR_ARG(fn->name), fn->min, count);
	return exec_failf(x, "wrong number of args for %.*s: want %d to %d got %zu",
			  STR_ARG(fn->name), fn->min, fn->max, count);
}

/* and, or: the first argument that decides, or the last one. */
static enum fail call_lazy(struct exec *x, bool is_or, const struct operand *args, size_t count,
			   const struct value *dot, const struct value *final,
			   struct value *ret)
{
	enum fail f;

	for (size_t i = 0; i < count; i++) {
		f = eval_operand(x, &args[i], dot, false, ret);
		if (f || is_true(ret) == is_or)
			return f;
	}
	if (final)
		*ret = *final;
	return FAIL_NONE;
}

/* SPEC 5.1: a text that is made of marked ones is marked, with the first mark. */
static void mark(struct exec *x, const struct value *args, size_t count, struct value *ret)
{
	if (!x->env->envelope_marks || ret->kind != VALUE_STR)
		return;
	for (size_t i = 0; i < count && !ret->string.origin.len; i++)
		ret->string.origin = value_origin(&args[i]);
}

static enum fail not_a_text(struct exec *x, const struct value *v)
{
	return exec_failf(x, "wrong type for value; expected string; got %s", go_type(v->kind));
}

static enum fail call(struct exec *x, const struct operand *name, const struct operand *args,
		      size_t count, const struct value *dot, const struct value *final,
		      uint32_t at, struct value *ret)
{
	const struct function *fn = name->function;
	size_t total = count + (final ? 1 : 0);
	struct value small[SMALL_CALL], *values = small;
	uint32_t last;
	enum fail f = exec_work(x, EXEC_CALL_WORK);

	x->at = name->at;
	if (!f && (total < fn->min || (fn->max != FUNCTION_ANY && total > fn->max)))
		f = wrong_count(x, fn, total);
	if (f)
		return f;
	if (fn->flags & FUNCTION_LAZY)
		return call_lazy(x, str_is(fn->name, "or"), args, count, dot, final, ret);
	if (total > SMALL_CALL) {
		f = exec_array(x, total, sizeof(*values), &values);
		if (f)
			return f;
	}
	for (size_t i = 0; i < count; i++) {
		f = eval_operand(x, &args[i], dot, false, &values[i]);
		if (f)
			return f;
		if (i == 0 && (fn->flags & FUNCTION_FORMAT) && values[0].kind != VALUE_STR)
			return not_a_text(x, &values[0]);
	}
	if (final)
		values[count] = *final;
	if ((fn->flags & FUNCTION_FORMAT) && values[0].kind != VALUE_STR)
		return not_a_text(x, &values[0]);
	last = x->at;
	x->at = at;
	x->calling = fn;
	f = fn->call(x, values, total, ret);
	if (f)
		return f;
	x->at = last; /* as in Go: errors name what was evaluated last */
	if (fn->flags & FUNCTION_MAKES)
		mark(x, values, total, ret);
	return exec_room(x, 0);
}

static enum fail eval_command(struct exec *x, const struct command *c, const struct value *dot,
			      const struct value *final, struct value *ret)
{
	const struct operand *first = &c->operands[0];
	bool has_args = c->count > 1 || final;

	if (first->kind == OPERAND_FUNCTION)
		return call(x, first, first + 1, c->count - 1, dot, final, c->at, ret);
	if (first->kind != OPERAND_PAREN)
		x->at = first->at; /* else the place is that of the pipeline, as in Go */
	if (has_args && first->field_count == 0)
		return exec_failf(x, "can't give argument to non-function %.*s",
				  NAME_ARG(first->text));
	if (first->kind == OPERAND_NIL)
		return exec_failf(x, "nil is not a command");
	return eval_operand(x, first, dot, has_args, ret);
}

enum fail eval_pipe(struct exec *x, const struct pipe *pipe, const struct value *dot,
		    struct value *ret)
{
	const struct value *final = NULL;
	struct value v = value_nil, before;
	enum fail f = exec_work(x, EXEC_PIPE_WORK);

	if (f)
		return f;
	x->at = pipe->at;
	for (const struct command *c = pipe->first; c; c = c->next) {
		f = eval_command(x, c, dot, final, &v);
		if (f)
			return f;
		before = v;
		final = &before;
	}
	for (unsigned i = 0; i < pipe->slot_count; i++) {
		if (pipe->slots[i] == SLOT_UNDEFINED)
			return undefined(x, pipe->names[i]);
		x->slots[x->slot_base + pipe->slots[i]] = v;
	}
	*ret = v;
	return FAIL_NONE;
}
