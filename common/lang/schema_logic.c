/* Keywords that combine schemas: allOf, anyOf, oneOf, not, if; and unevaluated*, which looks back at
 * what all others did. */
#include "lang/schema_node.h"

#include "base/buf.h"

enum {
	BRANCHES_SHOWN = 5, /* alternatives that an error text explains */
};

/* What is wrong with each alternative: "(1) /a: must be string; (2) must be null". */
static const char *branch_errors(struct judge *j, const struct node_list *list,
				 const struct place *p, const struct scope *scope)
{
	struct schema_errors *errors = j->errors;
	size_t max = j->errors_max;
	AUTO_BUF text = BUF(SCHEMA_ERROR_MAX_BYTES);

	for (size_t i = 0; errors && i < list->count && i < BRANCHES_SHOWN; i++) {
		struct schema_errors first = {.count = 0};
		const struct place here = {.value = p->value};

		j->errors = &first;
		j->errors_max = 1;
		if (!judge_node(j, list->nodes[i], &here, scope, NULL) && first.count > 0)
			buf_addf(&text, "%s(%zu) %.*s%s%.*s", text.len ? "; " : "", i + 1,
				 STR_ARG(first.items[0].pointer),
				 first.items[0].pointer.len ? ": " : "",
				 STR_ARG(first.items[0].text));
	}
	if (list->count > BRANCHES_SHOWN)
		buf_adds(&text, "; ...");
	j->errors = errors;
	j->errors_max = max;
	return errors ? arena_str(j->scratch, buf_str(&text)).ptr : "";
}

static bool judge_all_of(struct judge *j, const struct node_list *list, const struct place *p,
			 const struct scope *scope, struct marks *marks)
{
	bool ok = true;

	for (size_t i = 0; i < list->count && (ok || judge_go_on(j)); i++)
		ok = judge_node(j, list->nodes[i], p, scope, marks) && ok;
	return ok;
}

/* With marks every alternative counts that the value satisfies. */
static bool judge_any_of(struct judge *j, const struct node_list *list, const struct place *p,
			 const struct scope *scope, struct marks *marks)
{
	bool ok = false;

	for (size_t i = 0; i < list->count && (!ok || marks) && j->work >= 0; i++)
		ok = judge_quietly(j, list->nodes[i], p, scope, marks) || ok;
	if (ok)
		return true;
	if (list->count == 1 && j->errors)
		return judge_node(j, list->nodes[0], p, scope, NULL);
	return judge_wrong(j, p, "must satisfy one of %zu alternatives: %s", list->count,
			   branch_errors(j, list, p, scope));
}

static bool judge_one_of(struct judge *j, const struct node_list *list, const struct place *p,
			 const struct scope *scope, struct marks *marks)
{
	size_t hits = 0, first = 0, second = 0;

	for (size_t i = 0; i < list->count && hits < 2 && j->work >= 0; i++) {
		if (!judge_quietly(j, list->nodes[i], p, scope, marks))
			continue;
		if (hits++ == 0)
			first = i + 1;
		else
			second = i + 1;
	}
	if (hits == 1)
		return true;
	if (hits > 1)
		return judge_wrong(j, p,
				   "must satisfy exactly one of %zu alternatives, satisfies "
				   "(%zu) and (%zu)",
				   list->count, first, second);
	if (list->count == 1 && j->errors)
		return judge_node(j, list->nodes[0], p, scope, NULL);
	return judge_wrong(j, p, "must satisfy exactly one of %zu alternatives: %s",
			   list->count, branch_errors(j, list, p, scope));
}

bool judge_logic(struct judge *j, const struct logic_rules *rules, const struct place *p,
		 const struct scope *scope, struct marks *marks)
{
	const struct node *next;
	bool ok = judge_all_of(j, &rules->all_of, p, scope, marks);

	if (rules->any_of.count && (ok || judge_go_on(j)))
		ok = judge_any_of(j, &rules->any_of, p, scope, marks) && ok;
	if (rules->one_of.count && (ok || judge_go_on(j)))
		ok = judge_one_of(j, &rules->one_of, p, scope, marks) && ok;
	if (rules->not_ && (ok || judge_go_on(j)) &&
	    judge_quietly(j, rules->not_, p, scope, NULL) && j->work >= 0)
		ok = judge_wrong(j, p, "must not satisfy %s", judge_show(j, rules->not_->at));
	if (rules->if_ && (ok || judge_go_on(j))) {
		next = judge_quietly(j, rules->if_, p, scope, marks) ? rules->then_
								     : rules->else_;
		if (next)
			ok = judge_node(j, next, p, scope, marks) && ok;
	}
	return ok && j->work >= 0;
}

/* --- unevaluated ------------------------------------------------------------------------- */

static bool judge_rest(struct judge *j, const struct node *n, const struct place *p,
		       const struct scope *scope)
{
	if (n->kind == NODE_FALSE)
		return judge_wrong(j, p, "is not allowed here");
	return judge_node(j, n, p, scope, NULL);
}

bool judge_unevaluated(struct judge *j, const struct node *n, const struct place *p,
		       const struct scope *scope, struct marks *marks)
{
	const struct value *v = p->value;
	bool is_list = v->kind == VALUE_LIST, ok = true;
	const struct node *rest = is_list ? n->unevaluated_items : n->unevaluated_properties;

	for (size_t i = 0; i < marks->count && (ok || judge_go_on(j)); i++) {
		struct place inner = {.up = p, .index = i};

		if (marks_has(j, marks, i))
			continue;
		inner.value = is_list ? &v->list.items[i] : &v->map.entries[i].value;
		if (!is_list)
			inner.key = v->map.entries[i].key;
		ok = judge_rest(j, rest, &inner, scope) && ok;
	}
	marks_set_all(j, marks);
	return ok;
}
