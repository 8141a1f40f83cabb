#include "kinds/manifest.h"

#include <stdlib.h>

#include "kinds/generate.h"

/* ---- objects under construction ---- */

struct list {
	struct arena *arena;
	struct object *items;
	size_t count, cap;
};

static void list_add(struct list *l, const struct object *o)
{
	l->items = arena_grow(l->arena, l->items, l->count, &l->cap, sizeof(*l->items));
	l->items[l->count++] = *o;
}

static int compare(const struct object *a, enum kind kind, struct str namespace,
		   struct str name)
{
	int order;

	if (a->kind != kind)
		return a->kind < kind ? -1 : 1;
	order = str_cmp(a->namespace, namespace);
	return order ? order : str_cmp(a->name, name);
}

/* Equal ones keep the order of the documents. */
static int by_identity(const void *x, const void *y, void *items)
{
	size_t i = *(const size_t *)x, j = *(const size_t *)y;
	const struct object *objects = items, *b = &objects[j];
	int order = compare(&objects[i], b->kind, b->namespace, b->name);

	return order ? order : (i > j) - (i < j);
}

static struct manifest list_done(struct list *l)
{
	size_t *sorted = ARENA_ARRAY(l->arena, l->count, size_t);

	for (size_t i = 0; i < l->count; i++)
		sorted[i] = i;
	if (l->count > 0)
		qsort_r(sorted, l->count, sizeof(*sorted), by_identity, l->items);
	return (struct manifest){l->items, l->count, sorted};
}

const struct object *manifest_find(const struct manifest *m, enum kind kind,
				   struct str namespace, struct str name)
{
	size_t low = 0, high = m->count;

	/* The first of equal ones. */
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare(&m->objects[m->sorted[mid]], kind, namespace, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == m->count || compare(&m->objects[m->sorted[low]], kind, namespace, name) != 0)
		return NULL;
	return &m->objects[m->sorted[low]];
}

/* ---- findings ---- */

static void report(struct arena *a, struct manifest_findings *f, struct str file,
		   const struct finding *finding)
{
	f->items = arena_grow(a, f->items, f->count, &f->cap, sizeof(*f->items));
	f->items[f->count++] = (struct manifest_finding){file, *finding};
	f->errors += finding->severity == SEVERITY_ERROR;
}

static void report_error(struct arena *a, struct manifest_findings *f, struct str file,
			 const struct value *where, const char *field, struct str text)
{
	struct finding one = {
		.severity = SEVERITY_ERROR,
		.field = str_of(field),
		.line = where->line,
		.column = where->column,
		.reason = "InvalidSpec",
		.text = text,
	};

	report(a, f, file, &one);
}

/* ---- loading ---- */

static bool of_our_group(struct str api_version)
{
	return str_starts(api_version, STR("arkonis.dev/"));
}

/* An object that says that it is ours but is of no kind that we have: a slip, not a stranger. */
static void report_stranger(struct arena *a, struct manifest_findings *f, struct str file,
			    const struct object *o)
{
	const struct value *where;

	if (!str_is(o->api_version, ARK_API_VERSION)) {
		where = value_get(o->value, STR("apiVersion"));
		report_error(a, f, file, where, "apiVersion", STR("must be " ARK_API_VERSION));
		return;
	}
	where = value_get(o->value, STR("kind"));
	report_error(a, f, file, where, "kind",
		     arena_printf(a, "there is no kind '%.*s'", STR_ARG(o->kind_text)));
}

static void load_one(struct list *l, struct str file, const struct value *v,
		     struct manifest_findings *f)
{
	struct object o;
	struct why why;

	if (object_load(v, &o, &why)) {
		/* Strangers may be what they like. */
		struct str version = value_text(value_get(v, STR("apiVersion")));
		struct str kind = value_text(value_get(v, STR("kind")));

		if (version.len == 0 || kind.len == 0 || of_our_group(version) ||
		    kind_is_of_files(kind_of(version, kind)))
			report_error(l->arena, f, file, v, "metadata",
				     arena_str(l->arena, why_str(&why)));
		return;
	}
	o.file = file;
	if (kind_is_of_files(o.kind))
		list_add(l, &o);
	else if (of_our_group(o.api_version))
		report_stranger(l->arena, f, file, &o);
}

/* All but the first of equal objects go, each with a word about where the first one is. */
static void drop_doubles(struct list *l, struct manifest_findings *f)
{
	struct manifest m = list_done(l);
	bool *twice = ARENA_ARRAY(l->arena, l->count, bool);
	size_t kept = 0, first = 0;

	for (size_t i = 1; i < m.count; i++) {
		if (object_same(&m.objects[m.sorted[first]], &m.objects[m.sorted[i]]))
			twice[m.sorted[i]] = true;
		else
			first = i;
	}
	for (size_t i = 0; i < l->count; i++) {
		const struct object *o = &l->items[i], *before;

		if (!twice[i]) {
			l->items[kept++] = l->items[i];
			continue;
		}
		/* What was kept so far holds the first one: it comes earlier in the documents. */
		for (before = l->items; !object_same(before, o); before++)
			PROMISE(before < l->items + kept);
		report_error(l->arena, f, o->file, o->value, "metadata.name",
			     arena_printf(l->arena,
					  "%s %.*s/%.*s is given twice, first at "
					  "%.*s:%u",
					  kind_name(o->kind), STR_ARG(o->namespace),
					  STR_ARG(o->name), STR_ARG(before->file),
					  before->value->line));
	}
	l->count = kept;
}

void manifest_load(struct arena *a, const struct document *documents, size_t count,
		   struct manifest *ret, struct manifest_findings *findings)
{
	struct list l = {.arena = a};

	for (size_t i = 0; i < count; i++) {
		const struct value *v = &documents[i].value;
		const struct value *items = value_get(v, STR("items"));

		if (v->kind == VALUE_NIL)
			continue;
		if (!str_is(value_text(value_get(v, STR("kind"))), "List")) {
			load_one(&l, documents[i].file, v, findings);
			continue;
		}
		for (size_t j = 0; value_is(items, VALUE_LIST) && j < items->list.count; j++)
			load_one(&l, documents[i].file, &items->list.items[j], findings);
	}
	drop_doubles(&l, findings);
	*ret = list_done(&l);
}

/* ---- what follows from them ---- */

void manifest_expand(struct arena *a, const struct manifest *m, struct manifest *ret)
{
	struct list l = {.arena = a};
	struct manifest with_agents;

	for (size_t i = 0; i < m->count; i++)
		list_add(&l, &m->objects[i]);
	for (size_t i = 0; i < m->count; i++) {
		const struct object *agents;
		size_t n;

		if (m->objects[i].kind != KIND_TEAM)
			continue;
		agents = generate_agents(a, &m->objects[i], &n);
		for (size_t j = 0; j < n; j++) {
			/* SPEC 8.12: never taken over */
			if (!manifest_find(m, KIND_AGENT, agents[j].namespace, agents[j].name))
				list_add(&l, &agents[j]);
		}
	}
	with_agents = list_done(&l);
	/* SPEC 17.8. In the order of identity the agents of a namespace stand together. */
	for (size_t i = 0; i < with_agents.count; i++) {
		const struct object *o = &with_agents.objects[with_agents.sorted[i]];
		const struct object *last =
			i > 0 ? &with_agents.objects[with_agents.sorted[i - 1]] : NULL;
		struct object registry;

		if (o->kind != KIND_AGENT ||
		    (last && last->kind == KIND_AGENT && str_eq(last->namespace, o->namespace)))
			continue;
		if (manifest_find(m, KIND_REGISTRY, o->namespace, STR("default")))
			continue;
		registry = generate_registry(a, o->namespace);
		list_add(&l, &registry);
	}
	*ret = list_done(&l);
}

/* ---- checking ---- */

static const struct object *find_in(void *context, enum kind kind, struct str namespace,
				    struct str name)
{
	return manifest_find(context, kind, namespace, name);
}

void manifest_check(struct arena *a, const struct manifest *m, const struct check_world *world,
		    struct manifest_findings *findings)
{
	struct manifest all;
	struct check_world w = *world;

	manifest_expand(a, m, &all);
	if (!w.find) {
		w.find = find_in;
		w.context = &all;
	}
	for (size_t i = 0; i < m->count; i++) {
		struct findings found = FINDINGS(a);

		check_object(&found, &m->objects[i], &w);
		for (size_t j = 0; j < found.count; j++)
			report(a, findings, m->objects[i].file, &found.items[j]);
	}
}
