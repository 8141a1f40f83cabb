/* Who is dead, and who is served: SPEC 7.3, STREAMS 5.3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runner/roll.h"

enum { LEASE = 10000, BEAT = 2000 };

#define CALL(r, now, ...)                                                                      \
	roll_call((r), (const struct roll_heard[]){__VA_ARGS__},                               \
		  sizeof((const struct roll_heard[]){__VA_ARGS__}) /                           \
			  sizeof(struct roll_heard),                                           \
		  (now), LEASE)
#define HEARD(name, sign)                                                                      \
	{                                                                                      \
		STR_INIT(name), STR_INIT(sign)                                                 \
	}

static bool is_dead(const struct roll *r, const char *name)
{
	const struct roll_member *m = roll_find(r, str_of(name));

	assert_non_null(m);
	return m->dead;
}

static void whoever_moves_lives(void **state)
{
	struct roll r = {.count = 0};

	(void)state;
	assert_null(roll_find(&r, STR("a#1")));
	assert_false(roll_serves(&r, STR("n.x")));
	CALL(&r, 0, HEARD("a#1", "1 n.x"), HEARD("b#2", "2 n.y"));
	for (int64_t t = BEAT; t <= LEASE; t += BEAT) {
		assert_true(roll_serves(&r, STR("n.x")));
		assert_true(roll_serves(&r, STR("n.y")));
		if (t % (2 * BEAT))
			CALL(&r, t, HEARD("b#2", "2 n.y"), HEARD("a#1", "3 n.x"));
		else
			CALL(&r, t, HEARD("b#2", "2 n.y"), HEARD("a#1", "4 n.x"));
	}
	assert_false(is_dead(&r, "a#1"));
	assert_true(is_dead(&r, "b#2"));
	assert_true(roll_serves(&r, STR("n.x")));
	assert_false(roll_serves(&r, STR("n.y")));
	assert_false(roll_serves(&r, STR("n.z")));
	roll_release(&r);
	assert_null(roll_find(&r, STR("a#1")));
}

static void a_moment_before_the_lease_nobody_is_dead(void **state)
{
	struct roll r = {.count = 0};

	(void)state;
	for (int64_t t = 0; t < LEASE; t += BEAT)
		CALL(&r, t, HEARD("a#1", "1"));
	CALL(&r, LEASE - 1, HEARD("a#1", "1"));
	assert_false(is_dead(&r, "a#1"));
	CALL(&r, LEASE, HEARD("a#1", "1"));
	assert_true(is_dead(&r, "a#1"));
	roll_release(&r);
}

/* I was stopped, or Redis was: that is nobody's death. */
static void what_i_did_not_see_does_not_count(void **state)
{
	struct roll r = {.count = 0};
	int64_t t = 0;

	(void)state;
	for (; t < LEASE; t += BEAT)
		CALL(&r, t, HEARD("a#1", "1"));
	t += ROLL_GAP_MS;
	CALL(&r, t, HEARD("a#1", "1"));
	assert_false(is_dead(&r, "a#1"));
	for (int64_t end = t + LEASE - BEAT; t < end;) {
		t += BEAT;
		CALL(&r, t, HEARD("a#1", "1"));
		assert_false(is_dead(&r, "a#1"));
	}
	CALL(&r, t + BEAT, HEARD("a#1", "1"));
	assert_true(is_dead(&r, "a#1"));
	roll_release(&r);
}

/* Who was forgotten and comes back has another sign, and begins anew. */
static void the_dead_may_come_back(void **state)
{
	struct roll r = {.count = 0};
	int64_t t = 0;

	(void)state;
	for (; t <= LEASE; t += BEAT)
		CALL(&r, t, HEARD("a#1", "1 n.x"));
	roll_find(&r, STR("a#1"))->tried_mono_ms = t;
	CALL(&r, t, HEARD("a#1", "1 n.x"));
	assert_int_equal(roll_find(&r, STR("a#1"))->tried_mono_ms, t);
	CALL(&r, t + BEAT, HEARD("a#1", "9 n.x"));
	assert_false(is_dead(&r, "a#1"));
	assert_int_equal(roll_find(&r, STR("a#1"))->tried_mono_ms, 0);
	assert_true(roll_serves(&r, STR("n.x")));
	roll_release(&r);
}

static void who_does_not_say_whom_it_serves_may_serve_anyone(void **state)
{
	struct roll r = {.count = 0};

	(void)state;
	for (int64_t t = 0; t <= LEASE; t += BEAT) {
		CALL(&r, t, HEARD("pool#1", "1"), HEARD("b#2", "2 n.y"));
		assert_int_equal(roll_serves(&r, STR("n.x")), t < LEASE);
	}
	roll_release(&r);
}

/* A consumer without a heartbeat serves nobody, and dies after a lease as all do. */
static void without_a_heartbeat(void **state)
{
	struct roll r = {.count = 0};

	(void)state;
	for (int64_t t = 0; t <= LEASE; t += BEAT) {
		CALL(&r, t, HEARD("a#1", "-"));
		assert_false(roll_serves(&r, STR("n.x")));
		assert_int_equal(is_dead(&r, "a#1"), t == LEASE);
	}
	/* It has one after all: that counts, in whatever order they are heard. */
	CALL(&r, LEASE + BEAT, HEARD("a#1", "-"), HEARD("a#1", "5 n.x"));
	assert_int_equal(r.count, 1);
	assert_true(roll_serves(&r, STR("n.x")));
	CALL(&r, LEASE + 2 * BEAT, HEARD("a#1", "5 n.x"), HEARD("a#1", "-"));
	assert_int_equal(r.count, 1);
	assert_true(roll_serves(&r, STR("n.x")));
	roll_release(&r);
}

static void many_in_any_order(void **state)
{
	enum { MANY = 1000 };
	struct roll_heard heard[MANY];
	struct roll r = {.count = 0};
	AUTO_ARENA a = ARENA_INIT;

	(void)state;
	for (int64_t t = 0; t <= LEASE; t += BEAT) {
		for (size_t i = 0; i < MANY; i++) {
			size_t n = (i * 7 + (size_t)t) % MANY;

			/* Every third stands still. */
			heard[i].name = arena_printf(&a, "w%zu", n);
			heard[i].sign =
				arena_printf(&a, "%lld n.a%zu", (long long)(n % 3 ? t : 0), n);
		}
		roll_call(&r, heard, MANY, t, LEASE);
	}
	for (size_t n = 0; n < MANY; n++) {
		assert_int_equal(is_dead(&r, arena_printf(&a, "w%zu", n).ptr), n % 3 == 0);
		assert_int_equal(roll_serves(&r, arena_printf(&a, "n.a%zu", n)), n % 3 != 0);
	}
	roll_call(&r, NULL, 0, LEASE + BEAT, LEASE);
	assert_int_equal(r.count, 0);
	assert_false(roll_serves(&r, STR("n.a1")));
	roll_release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_moves_lives),
		cmocka_unit_test(a_moment_before_the_lease_nobody_is_dead),
		cmocka_unit_test(what_i_did_not_see_does_not_count),
		cmocka_unit_test(the_dead_may_come_back),
		cmocka_unit_test(who_does_not_say_whom_it_serves_may_serve_anyone),
		cmocka_unit_test(without_a_heartbeat),
		cmocka_unit_test(many_in_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
