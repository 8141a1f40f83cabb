/* Keywords that combine schemas: allOf, anyOf, oneOf, not, if; and unevaluated*, which looks back at
 * what all others did. */
#include "lang/schema_node.h"

#include "base/buf.h"

enum {
	BRANCHES_SHOWN = 5, /* alternatives that an error text explains */
};

/* What is wrong with each alternative: "(1) /a: must be string; (2) must be null". */
static const char *branch_errors(struct run *r, const struct node_list *list,
				 const struct place *p, const struct scope *scope)
{
	struct schema_errors *errors = r->errors;
	size_t max = r->errors_max;
	AUTO_BUF text = BUF(SCHEMA_ERROR_MAX_BYTES);

	for (size_t i = 0; errors && i < list->count && i < BRANCHES_SHOWN; i++) {
		struct schema_errors first = {.count = 0};
		const struct place here = {.value = p->value};

		r->errors = &first;
		r->errors_max = 1;
		if (!run_node(r, list->nodes[i], &here, scope, NULL) && first.count > 0)
			buf_addf(&text, "%s(%zu) %.*s%s%.*s", text.len ? "; " : "", i + 1,
				 STR_ARG(first.items[0].pointer),
				 first.items[0].pointer.len ? ": " : "",
				 STR_ARG(first.items[0].text));
	}
	if (list->count > BRANCHES_SHOWN)
		buf_adds(&text, "; ...");
	r->errors = errors;
	r->errors_max = max;
	return errors ? arena_str(r->scratch, buf_str(&text)).ptr : "";
}

static bool run_all_of(struct run *r, const struct node_list *list, const struct place *p,
		       const struct scope *scope, struct marks *marks)
{
	bool ok = true;

	for (size_t i = 0; i < list->count && (ok || run_go_on(r)); i++)
		ok = run_node(r, list->nodes[i], p, scope, marks) && ok;
	return ok;
}

/* With marks every alternative counts that the value satisfies. */
static bool run_any_of(struct run *r, const struct node_list *list, const struct place *p,
		       const struct scope *scope, struct marks *marks)
{
	bool ok = false;

	for (size_t i = 0; i < list->count && (!ok || marks) && r->work >= 0; i++)
		ok = run_quietly(r, list->nodes[i], p, scope, marks) || ok;
	if (ok)
		return true;
	if (list->count == 1 && r->errors)
		return run_node(r, list->nodes[0], p, scope, NULL);
	return run_wrong(r, p, "must satisfy one of %zu alternatives: %s", list->count,
			 branch_errors(r, list, p, scope));
}

static bool run_one_of(struct run *r, const struct node_list *list, const struct place *p,
		       const struct scope *scope, struct marks *marks)
{
	size_t hits = 0, first = 0, second = 0;

	for (size_t i = 0; i < list->count && hits < 2 && r->work >= 0; i++) {
		if (!run_quietly(r, list->nodes[i], p, scope, marks))
			continue;
		if (hits++ == 0)
			first = i + 1;
		else
			second = i + 1;
	}
	if (hits == 1)
		return true;
	if (hits > 1)
		return run_wrong(r, p,
				 "must satisfy exactly one of %zu alternatives, satisfies "
				 "(%zu) and (%zu)",
				 list->count, first, second);
	if (list->count == 1 && r->errors)
		return run_node(r, list->nodes[0], p, scope, NULL);
	return run_wrong(r, p, "must satisfy exactly one of %zu alternatives: %s", list->count,
			 branch_errors(r, list, p, scope));
}

bool run_logic(struct run *r, const struct logic_rules *rules, const struct place *p,
	       const struct scope *scope, struct marks *marks)
{
	const struct node *next;
	bool ok = run_all_of(r, &rules->all_of, p, scope, marks);

	if (rules->any_of.count && (ok || run_go_on(r)))
		ok = run_any_of(r, &rules->any_of, p, scope, marks) && ok;
	if (rules->one_of.count && (ok || run_go_on(r)))
		ok = run_one_of(r, &rules->one_of, p, scope, marks) && ok;
	if (rules->not_ && (ok || run_go_on(r)) &&
	    run_quietly(r, rules->not_, p, scope, NULL) && r->work >= 0)
		ok = run_wrong(r, p, "must not satisfy %s", run_show(r, rules->not_->at));
	if (rules->if_ && (ok || run_go_on(r))) {
		next = run_quietly(r, rules->if_, p, scope, marks) ? rules->then_
								   : rules->else_;
		if (next)
			ok = run_node(r, next, p, scope, marks) && ok;
	}
	return ok && r->work >= 0;
}

/* --- unevaluated ------------------------------------------------------------------------- */

static bool run_rest(struct run *r, const struct node *n, const struct place *p,
		     const struct scope *scope)
{
	if (n->kind == NODE_FALSE)
		return run_wrong(r, p, "is not allowed here");
	return run_node(r, n, p, scope, NULL);
}

bool run_unevaluated(struct run *r, const struct node *n, const struct place *p,
		     const struct scope *scope, struct marks *marks)
{
	const struct value *v = p->value;
	bool is_list = v->kind == VALUE_LIST, ok = true;
	const struct node *rest = is_list ? n->unevaluated_items : n->unevaluated_properties;

	for (size_t i = 0; i < marks->count && (ok || run_go_on(r)); i++) {
		struct place inner = {.up = p, .index = i};

		if (marks_has(r, marks, i))
			continue;
		inner.value = is_list ? &v->list.items[i] : &v->map.entries[i].value;
		if (!is_list)
			inner.key = v->map.entries[i].key;
		ok = run_rest(r, rest, &inner, scope) && ok;
	}
	marks_set_all(r, marks);
	return ok;
}
