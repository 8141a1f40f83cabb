#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json.h"
#include "base/value.h"

/* A map under construction from letters: each is a key with its place as value. */
static void begin(struct value_builder *b, struct arena *a, const char *keys)
{
	value_map_begin(b, a);
	for (int i = 0; keys[i]; i++)
		value_map_add(b, str_n(&keys[i], 1), value_int(i));
}

static void test_unique(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct value_builder b;
	struct value map;
	size_t twice = 99;

	(void)state;
	begin(&b, &a, "cab");
	assert_true(value_map_end(&b, &map, &twice));
	assert_string_equal(json_text(&a, &map).ptr, "{\"c\":0,\"a\":1,\"b\":2}");
	assert_int_equal(value_get(&map, STR("b"))->integer, 2);
	assert_null(value_get(&map, STR("d")));
	assert_int_equal(twice, 99);

	begin(&b, &a, "cabac");
	assert_false(value_map_end(&b, &map, &twice));
	assert_int_equal(twice, 3); /* the later of two equal ones */
}

/* Of equal keys one is kept where it stood. */
static void test_doubles(void **state)
{
	static const struct {
		const char *keys, *last, *first;
	} cases[] = {
		{"", "{}", "{}"},
		{"ab", "{\"a\":0,\"b\":1}", "{\"a\":0,\"b\":1}"},
		{"aa", "{\"a\":1}", "{\"a\":0}"},
		{"aaa", "{\"a\":2}", "{\"a\":0}"},
		{"bab", "{\"a\":1,\"b\":2}", "{\"b\":0,\"a\":1}"},
		{"abcab", "{\"c\":2,\"a\":3,\"b\":4}", "{\"a\":0,\"b\":1,\"c\":2}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct value_builder b;
		struct value map;

		begin(&b, &a, cases[i].keys);
		map = value_map_last_wins(&b);
		assert_string_equal(json_text(&a, &map).ptr, cases[i].last);
		begin(&b, &a, cases[i].keys);
		map = value_map_first_wins(&b);
		assert_string_equal(json_text(&a, &map).ptr, cases[i].first);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unique),
		cmocka_unit_test(test_doubles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
