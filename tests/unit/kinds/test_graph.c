#include "support.h"

#include "kinds/graph.h"

/* Every graph of three nodes: does graph_cycle agree with
 * a plain search over all paths? */
static bool reaches(bool edge[3][3], size_t from, size_t to, unsigned seen)
{
	for (size_t i = 0; i < 3; i++) {
		if (!edge[from][i])
			continue;
		if (i == to)
			return true;
		if (!(seen >> i & 1) && reaches(edge, i, to, seen | 1u << i))
			return true;
	}
	return false;
}

static void test_all_small_graphs(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 512; bits++) {
		AUTO_ARENA a = ARENA_INIT;
		struct graph_builder b;
		struct graph g;
		bool edge[3][3], want = false;
		const size_t *cycle;
		size_t length = 0;

		graph_begin(&b, &a);
		for (size_t i = 0; i < 3; i++) {
			for (size_t j = 0; j < 3; j++) {
				edge[i][j] = bits >> (3 * i + j) & 1;
				if (edge[i][j])
					graph_edge(&b, j);
			}
			graph_node(&b);
		}
		for (size_t i = 0; i < 3; i++)
			want |= reaches(edge, i, i, 1u << i);
		g = graph_end(&b);
		cycle = graph_cycle(&g, &a, &length);
		assert_int_equal(cycle != NULL, want);
		if (!cycle)
			continue;
		/* It is one, it begins with its lowest node and meets no other node twice. */
		assert_int_equal(cycle[0], cycle[length - 1]);
		for (size_t i = 0; i + 1 < length; i++) {
			assert_true(edge[cycle[i]][cycle[i + 1]]);
			assert_true(cycle[i] >= cycle[0]);
			for (size_t j = 0; j < i; j++)
				assert_true(cycle[i] != cycle[j]);
		}
	}
}

static void test_long_chain(void **state)
{
	enum { N = 100000 };
	AUTO_ARENA a = ARENA_INIT;
	struct graph_builder b;
	struct graph g;
	size_t length;

	(void)state;
	graph_begin(&b, &a);
	for (size_t i = 0; i < N; i++) {
		graph_edge(&b, (i + 1) % N);
		graph_node(&b);
	}
	g = graph_end(&b);
	assert_non_null(graph_cycle(&g, &a, &length));
	assert_int_equal(length, N + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_small_graphs),
		cmocka_unit_test(test_long_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
