/* Keywords that look at maps. */
#include "lang/schema_node.h"

#include <stddef.h>

/* The node that belongs to a key, or NULL. */
static const struct node *named(const struct node_map *m, struct str key)
{
	struct value map;
	const struct value *hit;
	const struct value_entry *entry;

	if (!m->map)
		return NULL;
	map = (struct value){.kind = VALUE_MAP, .map = *m->map};
	hit = value_get(&map, key);
	if (!hit)
		return NULL;
	entry = (const struct value_entry *)(const void *)((const char *)hit -
							   offsetof(struct value_entry, value));
	return m->nodes[entry - m->map->entries];
}

const struct node *schema_property(const struct node *n, struct str key)
{
	return n->object ? named(&n->object->properties, key) : NULL;
}

/* properties, patternProperties and additionalProperties for one entry. */
static bool judge_property(struct judge *j, const struct object_rules *rules,
			   const struct place *inner, const struct scope *scope,
			   bool *ret_known)
{
	const struct node *n = named(&rules->properties, inner->key);
	bool ok = true, matched;

	*ret_known = n != NULL;
	if (n)
		ok = judge_node(j, n, inner, scope, NULL);
	for (size_t i = 0; rules->patterns.map && i < rules->patterns.map->count; i++) {
		if (!ok && !judge_go_on(j))
			return false;
		if (!judge_spend(j, WORK_MATCH) ||
		    regex_match(rules->regexes[i], inner->key, &j->work, &matched, NULL))
			return false;
		if (matched)
			ok = judge_node(j, rules->patterns.nodes[i], inner, scope, NULL) && ok;
		*ret_known = *ret_known || matched;
	}
	if (*ret_known || !rules->additional)
		return ok;
	*ret_known = true;
	if (rules->additional->kind != NODE_FALSE)
		return judge_node(j, rules->additional, inner, scope, NULL) && ok;
	if (rules->properties.map && rules->properties.map->count)
		return judge_wrong(j, inner, "this property is not allowed; known are %s",
				   judge_show_keys(j, rules->properties.map));
	return judge_wrong(j, inner, "this property is not allowed");
}

static bool judge_properties(struct judge *j, const struct object_rules *rules,
			     const struct place *p, const struct scope *scope,
			     struct marks *marks)
{
	const struct value_map *m = &p->value->map;
	bool ok = true, known;

	for (size_t i = 0; i < m->count && (ok || judge_go_on(j)); i++) {
		const struct place inner = {
			.up = p,
			.value = &m->entries[i].value,
			.key = m->entries[i].key,
		};

		ok = judge_property(j, rules, &inner, scope, &known) && ok;
		if (known)
			marks_set(j, marks, i);
	}
	return ok;
}

/* The names are values of their own; an error tells which name, at the place of the map. */
static bool judge_names(struct judge *j, const struct node *names, const struct place *p,
			const struct scope *scope)
{
	const struct value_map *m = &p->value->map;
	struct schema_errors *errors = j->errors, inner = {.count = 0};
	size_t max = j->errors_max;
	bool ok = true;

	for (size_t i = 0; i < m->count && (ok || judge_go_on(j)); i++) {
		const struct value name = value_str(m->entries[i].key);
		const struct place here = {.value = &name};

		if (judge_quietly(j, names, &here, scope, NULL))
			continue;
		ok = false;
		if (!errors || j->work < 0)
			continue;
		inner.count = 0;
		j->errors = &inner;
		j->errors_max = 1;
		if (judge_node(j, names, &here, scope, NULL) || inner.count == 0)
			inner.items[0].text = STR("is not allowed");
		j->errors = errors;
		j->errors_max = max;
		judge_wrong(j, p, "the name %s of a property %.*s",
			    judge_quote(j, m->entries[i].key), STR_ARG(inner.items[0].text));
	}
	return ok;
}

static bool judge_required(struct judge *j, const struct value *names, const struct place *p)
{
	bool ok = true;

	for (size_t i = 0; i < value_count(names) && (ok || judge_go_on(j)); i++) {
		struct str name = value_text(value_at(names, i));

		if (!judge_spend(j, 1))
			return false;
		if (!value_get(p->value, name))
			ok = judge_wrong(j, p, "the property %s is missing",
					 judge_quote(j, name));
	}
	return ok;
}

static bool judge_needed(struct judge *j, struct str key, const struct value *names,
			 const struct place *p)
{
	bool ok = true;

	for (size_t i = 0; i < value_count(names) && (ok || judge_go_on(j)); i++) {
		struct str name = value_text(value_at(names, i));

		if (!judge_spend(j, 1))
			return false;
		if (!value_get(p->value, name))
			ok = judge_wrong(
				j, p, "the property %s is missing, which is needed beside %s",
				judge_quote(j, name), judge_quote(j, key));
	}
	return ok;
}

static bool judge_dependencies(struct judge *j, const struct node_map *m, const struct place *p,
			       const struct scope *scope, struct marks *marks)
{
	bool ok = true;

	for (size_t i = 0; i < m->map->count && (ok || judge_go_on(j)); i++) {
		const struct value_entry *e = &m->map->entries[i];

		if (!judge_spend(j, 1))
			return false;
		if (!value_get(p->value, e->key))
			continue;
		if (m->nodes[i])
			ok = judge_node(j, m->nodes[i], p, scope, marks) && ok;
		else
			ok = judge_needed(j, e->key, &e->value, p) && ok;
	}
	return ok;
}

bool judge_object(struct judge *j, const struct object_rules *rules, const struct place *p,
		  const struct scope *scope, struct marks *marks)
{
	size_t count = p->value->map.count;
	bool ok = judge_count(j, p, count, rules->min, rules->max, "property", "properties");

	if (rules->required && (ok || judge_go_on(j)))
		ok = judge_required(j, rules->required, p) && ok;
	if (rules->names && (ok || judge_go_on(j)))
		ok = judge_names(j, rules->names, p, scope) && ok;
	if ((rules->properties.map || rules->patterns.map || rules->additional) &&
	    (ok || judge_go_on(j)))
		ok = judge_properties(j, rules, p, scope, marks) && ok;
	for (size_t i = 0; i < rules->dependency_count && (ok || judge_go_on(j)); i++)
		ok = judge_dependencies(j, &rules->dependencies[i], p, scope, marks) && ok;
	return ok;
}
