/* Where an attached stream begins: SPEC 13.14. Every combination of facts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/resume.h"

static void ids_are_read_as_redis_writes_them(void **state)
{
	static const char *const bad[] = {
		"",	"-",	"1",	 "1-",	 "-1",
		"01-1", "1-01", "1-1-1", " 1-1", "1-1 ",
		"a-1",	"1-a",	"+1-1",	 "1--1", "18446744073709551616-0"};
	struct event_id id;
	char text[EVENT_ID_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(event_id_parse(str_of(bad[i]), &id));
	assert_true(event_id_parse(STR("18446744073709551615-18446744073709551615"), &id));
	assert_string_equal(event_id_text(id, text),
			    "18446744073709551615-18446744073709551615");
	assert_true(event_id_parse(STR("0-0"), &id));
	assert_true(event_id_parse(STR("1700000000000-12"), &id));
	assert_string_equal(event_id_text(id, text), "1700000000000-12");
}

static void ids_have_the_order_of_the_stream(void **state)
{
	static const struct event_id ids[] = {
		{0, 0}, {0, 1}, {0, UINT64_MAX}, {1, 0}, {UINT64_MAX, 0}};

	(void)state;
	for (int i = 0; i < 5; i++)
		for (int k = 0; k < 5; k++)
			assert_int_equal(event_id_cmp(ids[i], ids[k]), (i > k) - (i < k));
}

static struct resume_facts facts(unsigned bits)
{
	return (struct resume_facts){
		.asks = bits & 1,
		.is_id = bits & 1 && bits & 2,
		.last = {.ms = 100},
		.has_any = bits & 4,
		.is_kept = bits & 1 && bits & 2 && bits & 4 && bits & 8,
		.has_next = bits & 4 && bits & 16,
		.is_over = bits & 32,
		.end_ms = bits & 64 ? 100 : 101,
	};
}

/* What must hold whatever the facts are. */
static void all_combinations(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 128; bits++) {
		const struct resume_facts f = facts(bits);
		const struct resume r = resume_decide(&f);
		bool from_start = r.after.ms == 0 && r.after.seq == 0;

		if (!f.asks) /* who asks for nothing gets all that there is */
			assert_true(from_start && !r.gap && !r.nothing);
		if (r.nothing) /* 204 ends a client for good: only when it is over */
			assert_true(f.asks && f.is_over && !r.gap && !r.flow_only);
		if (f.is_kept && f.has_next) /* nothing missed, nothing doubled */
			assert_true(!r.gap && !r.nothing && r.after.ms == 100);
		if (f.asks && !f.is_kept && !r.nothing) /* never skips in silence */
			assert_true(r.gap && from_start);
		assert_int_equal(r.flow_only, f.is_over && !f.has_any && !r.nothing);
	}
}

static void the_end_was_seen(void **state)
{
	struct resume_facts f = {
		.asks = true, .is_id = true, .last = {100, 0}, .is_over = true, .end_ms = 100};

	(void)state;
	assert_true(resume_decide(&f).nothing); /* the flow event that stood for all */
	f.last.ms = 99;
	assert_true(resume_decide(&f).gap && resume_decide(&f).flow_only);
	f.has_any = f.is_kept = true;
	assert_true(resume_decide(&f).nothing);
	f.is_over = false; /* it was retried: wait for what comes */
	assert_false(resume_decide(&f).nothing);
	assert_int_equal(resume_decide(&f).after.ms, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_read_as_redis_writes_them),
		cmocka_unit_test(ids_have_the_order_of_the_stream),
		cmocka_unit_test(all_combinations),
		cmocka_unit_test(the_end_was_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
