#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/arena.h"

static bool all_zero(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static void rewinding_forgets_what_came_after(void **state)
{
	static const size_t sizes[] = {16, 4000, 5000, 3 << 20};
	AUTO_ARENA a = ARENA_INIT;
	char *before = arena_alloc(&a, 64), *p;

	(void)state;
	memset(before, 'x', 64);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct arena_mark mark = arena_mark(&a);

		p = arena_alloc(&a, sizes[i]);
		assert_true(all_zero(p, sizes[i]));
		memset(p, 'y', sizes[i]);
		memset(arena_alloc(&a, 8), 'z', 8);
		arena_rewind(&a, mark);
		assert_int_equal(a.used, 64);
		assert_int_equal(before[63], 'x');
	}
}

static void an_empty_arena_keeps_its_block(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct arena_mark mark = arena_mark(&a);
	char *first = arena_alloc(&a, 32), *again;

	(void)state;
	memset(first, 'x', 32);
	arena_rewind(&a, mark);
	again = arena_alloc(&a, 32);
	assert_ptr_equal(first, again);
	assert_true(all_zero(again, 32));
	arena_rewind(&a, mark);
	assert_int_equal(a.used, 0);
	arena_reset(&a);
}

static void marks_nest(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct arena_mark outer, inner;
	char *kept;

	(void)state;
	arena_alloc(&a, 100);
	outer = arena_mark(&a);
	kept = arena_alloc(&a, 5000);
	memset(kept, 'k', 5000);
	inner = arena_mark(&a);
	arena_alloc(&a, 100000);
	arena_rewind(&a, inner);
	assert_int_equal(kept[4999], 'k');
	arena_rewind(&a, outer);
	assert_int_equal(a.used, outer.used);
}

static void assert_text(struct str got, const char *want)
{
	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.ptr, want, got.len + 1); /* with its NUL */
}

static void texts(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	char want[1001];

	(void)state;
	assert_text(arena_i64(&a, 0), "0");
	assert_text(arena_i64(&a, INT64_MAX), "9223372036854775807");
	assert_text(arena_i64(&a, INT64_MIN), "-9223372036854775808");
	assert_text(ARENA_JOIN(&a, STR("run:"), STR(""), STR("ns"), STR("."), STR("r")),
		    "run:ns.r");
	assert_text(ARENA_JOIN(&a, str_n(NULL, 0)), "");
	/* Around what arena_printf writes at once. */
	for (size_t n = 250; n < 260; n++) {
		memset(want, 'x', n);
		want[n] = '\0';
		assert_text(arena_printf(&a, "%s", want), want);
	}
	memset(want, 'y', 1000);
	want[1000] = '\0';
	assert_text(arena_printf(&a, "%s", want), want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rewinding_forgets_what_came_after),
		cmocka_unit_test(an_empty_arena_keeps_its_block),
		cmocka_unit_test(marks_nest),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
