#include "kinds/graph.h"

/* ---- building ---- */

static void push_first(struct graph_builder *b)
{
	b->first = arena_grow(b->arena, b->first, b->nodes, &b->node_cap, sizeof(*b->first));
	b->first[b->nodes++] = b->edges;
}

void graph_begin(struct graph_builder *b, struct arena *a)
{
	*b = (struct graph_builder){.arena = a};
	push_first(b);
}

void graph_edge(struct graph_builder *b, size_t to)
{
	b->to = arena_grow(b->arena, b->to, b->edges, &b->edge_cap, sizeof(*b->to));
	b->to[b->edges++] = to;
}

void graph_node(struct graph_builder *b)
{
	push_first(b);
}

struct graph graph_end(const struct graph_builder *b)
{
	return (struct graph){b->nodes - 1, b->first, b->to};
}

/* ---- searching ---- */

/* The walk stands on stack[0..depth-1]; next[n] is the edge of n to look at next. A node is on
 * the walk, or done with, or not seen. */
enum color { NEW, ON_WALK, DONE };

static const size_t *cycle_of(const size_t *walk, size_t depth, size_t back_to, struct arena *a,
			      size_t *ret_length)
{
	size_t start = depth, length, lowest = 0;
	size_t *cycle;

	while (walk[start - 1] != back_to)
		start--;
	walk += start - 1;
	length = depth - start + 1;
	for (size_t i = 1; i < length; i++) {
		if (walk[i] < walk[lowest])
			lowest = i;
	}
	cycle = ARENA_ARRAY(a, length + 1, size_t);
	for (size_t i = 0; i <= length; i++)
		cycle[i] = walk[(lowest + i) % length];
	*ret_length = length + 1;
	return cycle;
}

const size_t *graph_cycle(const struct graph *g, struct arena *a, size_t *ret_length)
{
	unsigned char *color = ARENA_ARRAY(a, g->count, unsigned char);
	size_t *next = ARENA_ARRAY(a, g->count, size_t);
	size_t *walk = ARENA_ARRAY(a, g->count, size_t);

	for (size_t root = 0; root < g->count; root++) {
		size_t depth = 0;

		if (color[root] != NEW)
			continue;
		walk[depth++] = root;
		color[root] = ON_WALK;
		next[root] = g->first[root];
		while (depth > 0) {
			size_t node = walk[depth - 1], to;

			if (next[node] == g->first[node + 1]) {
				color[node] = DONE;
				depth--;
				continue;
			}
			to = g->to[next[node]++];
			if (color[to] == ON_WALK)
				return cycle_of(walk, depth, to, a, ret_length);
			if (color[to] == DONE)
				continue;
			walk[depth++] = to;
			color[to] = ON_WALK;
			next[to] = g->first[to];
		}
	}
	return NULL;
}
