#include "kinds/team_refs.h"

#include "base/buf.h"
#include "kinds/graph.h"

/* Teams that were met, in that order, and their numbers in the order of their names. All are of
 * one namespace: a reference names an object beside it (SPEC 1.2). */
struct met {
	struct arena *arena;
	const struct object **teams;
	size_t *by_name;
	size_t count, cap, name_cap;
};

static size_t met_find(const struct met *m, struct str name, bool *ret_found)
{
	size_t low = 0, high = m->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = str_cmp(m->teams[m->by_name[mid]]->name, name);

		if (order == 0) {
			*ret_found = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*ret_found = false;
	return low;
}

/* The number of a team, which may be new. */
static size_t met_number(struct met *m, const struct object *team)
{
	bool found;
	size_t at = met_find(m, team->name, &found);

	if (found)
		return m->by_name[at];
	m->teams = arena_grow(m->arena, m->teams, m->count, &m->cap, sizeof(*m->teams));
	m->by_name =
		arena_grow(m->arena, m->by_name, m->count, &m->name_cap, sizeof(*m->by_name));
	for (size_t i = m->count; i > at; i--)
		m->by_name[i] = m->by_name[i - 1];
	m->by_name[at] = m->count;
	m->teams[m->count] = team;
	return m->count++;
}

/* The team that a role names, in either form of a reference; other teams need not be sound. */
static struct str child_name(const struct value *role)
{
	const struct value *ref = value_get(role, STR("arkTeam"));

	return value_text(value_is(ref, VALUE_MAP) ? value_get(ref, STR("name")) : ref);
}

struct str team_refs_cycle(struct arena *a, const struct object *team,
			   const struct check_world *world)
{
	AUTO_ARENA scratch = ARENA_INIT;
	AUTO_BUF text = BUF(WHY_MAX_BYTES);
	struct met met = {.arena = &scratch};
	struct graph_builder b;
	struct graph g;
	const size_t *cycle;
	size_t length;

	graph_begin(&b, &scratch);
	met_number(&met, team);
	for (size_t i = 0; i < met.count; i++) {
		const struct value *roles = value_get(met.teams[i]->spec, STR("roles"));

		for (size_t j = 0; value_is(roles, VALUE_LIST) && j < roles->list.count; j++) {
			struct str name = child_name(&roles->list.items[j]);
			const struct object *child = NULL;

			if (str_eq(name,
				   team->name)) /* also one that is not in the world yet */
				child = team;
			else if (name.len > 0 && world->find)
				child = world->find(world->context, KIND_TEAM, team->namespace,
						    name);
			if (child)
				graph_edge(&b, met_number(&met, child));
		}
		graph_node(&b);
	}
	g = graph_end(&b);
	cycle = graph_cycle(&g, &scratch, &length);
	if (!cycle)
		return STR("");
	buf_adds(&text, "cycle: ");
	for (size_t i = 0; i < length; i++)
		buf_addf(&text, "%s%.*s", i ? " -> " : "", STR_ARG(met.teams[cycle[i]]->name));
	return arena_str(a, buf_str(&text));
}
