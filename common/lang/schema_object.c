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
static bool run_property(struct run *r, const struct object_rules *rules,
			 const struct place *inner, const struct scope *scope, bool *ret_known)
{
	const struct node *n = named(&rules->properties, inner->key);
	bool ok = true, matched;

	*ret_known = n != NULL;
	if (n)
		ok = run_node(r, n, inner, scope, NULL);
	for (size_t i = 0; rules->patterns.map && i < rules->patterns.map->count; i++) {
		if (!ok && !run_go_on(r))
			return false;
		if (!run_spend(r, WORK_MATCH + inner->key.len / 16))
			return false;
		if (regex_match(rules->regexes[i], inner->key, &matched, NULL))
			ok = run_wrong(r, inner, "the name of the property is too long");
		else if (matched)
			ok = run_node(r, rules->patterns.nodes[i], inner, scope, NULL) && ok;
		*ret_known = *ret_known || matched;
	}
	if (*ret_known || !rules->additional)
		return ok;
	*ret_known = true;
	if (rules->additional->kind != NODE_FALSE)
		return run_node(r, rules->additional, inner, scope, NULL) && ok;
	if (rules->properties.map && rules->properties.map->count)
		return run_wrong(r, inner, "this property is not allowed; known are %s",
				 run_show_keys(r, rules->properties.map));
	return run_wrong(r, inner, "this property is not allowed");
}

static bool run_properties(struct run *r, const struct object_rules *rules,
			   const struct place *p, const struct scope *scope,
			   struct marks *marks)
{
	const struct value_map *m = &p->value->map;
	bool ok = true, known;

	for (size_t i = 0; i < m->count && (ok || run_go_on(r)); i++) {
		const struct place inner = {
			.up = p,
			.value = &m->entries[i].value,
			.key = m->entries[i].key,
		};

		ok = run_property(r, rules, &inner, scope, &known) && ok;
		if (known)
			marks_set(r, marks, i);
	}
	return ok;
}

/* The names are values of their own; an error tells which name, at the place of the map. */
static bool run_names(struct run *r, const struct node *names, const struct place *p,
		      const struct scope *scope)
{
	const struct value_map *m = &p->value->map;
	struct schema_errors *errors = r->errors, inner = {.count = 0};
	size_t max = r->errors_max;
	bool ok = true;

	for (size_t i = 0; i < m->count && (ok || run_go_on(r)); i++) {
		const struct value name = value_str(m->entries[i].key);
		const struct place here = {.value = &name};

		if (run_quietly(r, names, &here, scope, NULL))
			continue;
		ok = false;
		if (!errors || r->work < 0)
			continue;
		inner.count = 0;
		r->errors = &inner;
		r->errors_max = 1;
		if (run_node(r, names, &here, scope, NULL) || inner.count == 0)
			inner.items[0].text = STR("is not allowed");
		r->errors = errors;
		r->errors_max = max;
		run_wrong(r, p, "the name %s of a property %.*s",
			  run_quote(r, m->entries[i].key), STR_ARG(inner.items[0].text));
	}
	return ok;
}

static bool run_required(struct run *r, const struct value *names, const struct place *p)
{
	bool ok = true;

	for (size_t i = 0; i < value_count(names) && (ok || run_go_on(r)); i++) {
		struct str name = value_text(value_at(names, i));

		if (!run_spend(r, 1))
			return false;
		if (!value_get(p->value, name))
			ok = run_wrong(r, p, "the property %s is missing", run_quote(r, name));
	}
	return ok;
}

static bool run_needed(struct run *r, struct str key, const struct value *names,
		       const struct place *p)
{
	bool ok = true;

	for (size_t i = 0; i < value_count(names) && (ok || run_go_on(r)); i++) {
		struct str name = value_text(value_at(names, i));

		if (!run_spend(r, 1))
			return false;
		if (!value_get(p->value, name))
			ok = run_wrong(r, p,
				       "the property %s is missing, which is needed beside %s",
				       run_quote(r, name), run_quote(r, key));
	}
	return ok;
}

static bool run_dependencies(struct run *r, const struct node_map *m, const struct place *p,
			     const struct scope *scope, struct marks *marks)
{
	bool ok = true;

	for (size_t i = 0; i < m->map->count && (ok || run_go_on(r)); i++) {
		const struct value_entry *e = &m->map->entries[i];

		if (!run_spend(r, 1))
			return false;
		if (!value_get(p->value, e->key))
			continue;
		if (m->nodes[i])
			ok = run_node(r, m->nodes[i], p, scope, marks) && ok;
		else
			ok = run_needed(r, e->key, &e->value, p) && ok;
	}
	return ok;
}

bool run_object(struct run *r, const struct object_rules *rules, const struct place *p,
		const struct scope *scope, struct marks *marks)
{
	size_t count = p->value->map.count;
	bool ok = run_count(r, p, count, rules->min, rules->max, "property", "properties");

	if (rules->required && (ok || run_go_on(r)))
		ok = run_required(r, rules->required, p) && ok;
	if (rules->names && (ok || run_go_on(r)))
		ok = run_names(r, rules->names, p, scope) && ok;
	if ((rules->properties.map || rules->patterns.map || rules->additional) &&
	    (ok || run_go_on(r)))
		ok = run_properties(r, rules, p, scope, marks) && ok;
	for (size_t i = 0; i < rules->dependency_count && (ok || run_go_on(r)); i++)
		ok = run_dependencies(r, &rules->dependencies[i], p, scope, marks) && ok;
	return ok;
}
