/*
 * Schemas that apply themselves to the same value without end (SPEC 5.11).
 *
 * A vertex is a node, or a dynamic anchor: a choice between its targets. A node is settled when
 * all schemas that it applies to the same value are; a choice when one of its targets is, since a
 * dynamic scope may lead there. What cannot be settled, starting from the schemas that apply
 * nothing, consumes nothing for ever.
 */
#include "lang/schema_node.h"

struct graph {
	size_t *pending; /* of a vertex: edges to vertices that are not settled */
	size_t *first;	 /* where the edges into a vertex begin in from[] */
	size_t *from;
	bool counting;
};

static void edge(struct graph *g, size_t from, size_t to)
{
	if (g->counting) {
		g->pending[from]++;
		g->first[to + 1]++;
	} else {
		g->from[g->first[to]++] = from;
	}
}

static void edge_to(struct graph *g, const struct node *from, const struct node *to)
{
	if (to)
		edge(g, from->vertex, to->vertex);
}

static void edges_to(struct graph *g, const struct node *from, const struct node_list *to)
{
	for (size_t i = 0; i < to->count; i++)
		edge_to(g, from, to->nodes[i]);
}

static void edges_of(struct graph *g, const struct node *n)
{
	edge_to(g, n, n->ref);
	if (n->dynamic)
		edge(g, n->vertex, n->dynamic->vertex);
	else
		edge_to(g, n, n->dynamic_ref);
	if (n->logic) {
		edges_to(g, n, &n->logic->all_of);
		edges_to(g, n, &n->logic->any_of);
		edges_to(g, n, &n->logic->one_of);
		edge_to(g, n, n->logic->not_);
		edge_to(g, n, n->logic->if_);
		edge_to(g, n, n->logic->then_);
		edge_to(g, n, n->logic->else_);
	}
	for (size_t i = 0; n->object && i < n->object->dependency_count; i++)
		edges_to(g, n,
			 &(struct node_list){n->object->dependencies[i].nodes,
					     n->object->dependencies[i].map->count});
}

static void all_edges(struct compiler *c, struct graph *g)
{
	for (size_t i = 0; i < c->queued; i++)
		edges_of(g, c->queue[i]);
	for (struct dynamic_anchor *d = c->first_dynamic; d; d = d->next)
		for (size_t i = 0; i < d->count; i++)
			edge(g, d->vertex, d->targets[i].node->vertex);
}

enum fail schema_check_cycles(struct compiler *c, struct why *why)
{
	AUTO_ARENA a = ARENA_INIT;
	struct graph g = {.counting = true};
	size_t vertices = c->queued, *settled, count = 0;

	for (struct dynamic_anchor *d = c->first_dynamic; d; d = d->next)
		d->vertex = vertices++;
	g.pending = ARENA_ARRAY(&a, vertices, size_t);
	g.first = ARENA_ARRAY(&a, vertices + 2, size_t);
	settled = ARENA_ARRAY(&a, vertices, size_t);
	all_edges(c, &g);
	for (size_t i = 0; i < vertices; i++)
		g.first[i + 1] += g.first[i];
	g.from = ARENA_ARRAY(&a, g.first[vertices], size_t);
	g.counting = false;
	all_edges(c,
		  &g); /* moves first[i] to where the edges into i end, those of i + 1 begin */

	for (size_t i = 0; i < vertices; i++)
		if (g.pending[i] == 0)
			settled[count++] = i;
	for (size_t at = 0; at < count; at++) {
		size_t v = settled[at];

		for (size_t i = v ? g.first[v - 1] : 0; i < g.first[v]; i++) {
			size_t from = g.from[i];

			if (g.pending[from] == 0)
				continue; /* a choice that was settled before */
			g.pending[from] = from < c->queued ? g.pending[from] - 1 : 0;
			if (g.pending[from] == 0)
				settled[count++] = from;
		}
	}
	for (size_t i = 0; i < c->queued; i++)
		if (g.pending[i])
			return schema_refuse(c, c->queue[i]->at, why,
					     "refers to itself without end");
	return FAIL_NONE;
}
