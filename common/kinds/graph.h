/* Finding a cycle in a directed graph, in linear time and without recursion. */
#ifndef ARK_KINDS_GRAPH_H
#define ARK_KINDS_GRAPH_H

#include "base/arena.h"

/* Edges of node i: to[first[i]] to to[first[i + 1] - 1]; first has count + 1 items. */
struct graph {
	size_t count;
	const size_t *first;
	const size_t *to;
};

/* The nodes of one cycle, beginning and ending with its lowest node: a, b, a. NULL when there is
 * none. What it needs meanwhile is in the arena too. */
const size_t *graph_cycle(const struct graph *g, struct arena *a, size_t *ret_length);

/* A graph under construction: for each node in order, its edges, then graph_node. */
struct graph_builder {
	struct arena *arena;
	size_t *first, *to;
	size_t nodes, edges, node_cap, edge_cap;
};
void graph_begin(struct graph_builder *b, struct arena *a);
void graph_edge(struct graph_builder *b, size_t to);
void graph_node(struct graph_builder *b);
struct graph graph_end(const struct graph_builder *b);

#endif
