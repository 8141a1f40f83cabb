/* What settled calls add up to: SPEC 1.5, 15.4, 15.5, 15.13. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "budget/ledger.h"

enum { AT_MS_SECONDS = 1774861199 }; /* 2026-03-30T08:59:59Z */

static struct message call(const char *run, const char *model, int64_t input, int64_t output)
{
	return (struct message){.type = MSG_CALL_SETTLED,
				.at_ms = INT64_C(1000) * AT_MS_SECONDS,
				.call = STR("ns.r/a/1/1.1"),
				.namespace = STR("ns"),
				.run = *run ? str_of(run) : str_n(NULL, 0),
				.team = STR("blog"),
				.agent = STR("writer"),
				.model = str_of(model),
				.input_tokens = input,
				.output_tokens = output};
}

/* The operations of a commit, one text behind the other. */
static const char *said(struct arena *a, const struct ledger *l)
{
	AUTO_BUF b = BUF(65536);
	struct commit c;

	commit_begin(&c, a, COMMIT, NULL);
	ledger_write(l, &limits_default, &c);
	for (size_t i = 7; i < c.command.argc; i++) {
		buf_add(&b, c.command.argv[i]);
		buf_addc(&b, ' ');
	}
	return arena_str(a, buf_str(&b)).ptr;
}

static void a_call_counts_for_run_day_team_agent_and_model(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct ledger l = LEDGER(&a);
	struct message m = call("r", "gpt-4o-2026", 1000, 100);
	const char *ops;

	(void)state;
	ledger_add(&l, &m);
	ops = said(&a, &l);
	/* 1000 * 2.50 + 100 * 10 micros */
	assert_non_null(strstr(ops, "tally usage:run:ns.r 7776000000 16 all/calls 1 "
				    "all/inputTokens 1000 all/outputTokens 100 all/micros 3500 "
				    "model/gpt-4o-2026/calls 1 "));
	assert_non_null(strstr(ops, "tally usage:day:ns.2026-03-30 34560000000 32 all/calls 1 "
				    "all/inputTokens 1000 "));
	assert_non_null(strstr(ops, " team/blog/outputTokens 100 "));
	assert_non_null(strstr(ops, " agent/writer/micros 3500 "));
	assert_null(strstr(ops, "estimated"));
	assert_null(strstr(ops, "unpriced"));
	assert_non_null(strstr(ops, "append ledger "));
	assert_non_null(strstr(ops, " cost_micros 3500 "));
}

static void calls_of_a_batch_are_one_sum(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct ledger l = LEDGER(&a);
	/* 0.15 USD a million: each call is rounded up to a whole micro-unit (SPEC 1.5) */
	struct message one = call("r", "gpt-4o-mini", 1, 0),
		       two = call("r", "gpt-4o-mini", 1, 0);
	const char *ops;

	(void)state;
	two.estimated = true;
	ledger_add(&l, &one);
	ledger_add(&l, &two);
	ops = said(&a, &l);
	assert_non_null(strstr(ops, "tally usage:run:ns.r 7776000000 16 all/calls 2 "));
	assert_non_null(strstr(ops, " all/estimated 1 "));
	assert_non_null(strstr(ops, " all/micros 2 "));
	assert_int_equal(l.count, 2);
}

static void days_are_those_of_utc(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct ledger l = LEDGER(&a);
	struct message last = call("", "mock", 1, 1), first = last;

	(void)state;
	last.at_ms = INT64_C(1774915199999); /* 2026-03-30T23:59:59.999Z */
	first.at_ms = last.at_ms + 1;
	ledger_add(&l, &last);
	ledger_add(&l, &first);
	assert_int_equal(l.count, 2); /* no run */
	assert_true(str_is(l.sheets[0].key, "usage:day:ns.2026-03-30"));
	assert_true(str_is(l.sheets[1].key, "usage:day:ns.2026-03-31"));
}

static void a_model_without_price_costs_nothing_and_is_told(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct ledger l = LEDGER(&a);
	struct message m = call("r", "acme/one", 5, 5), outside = call("", "acme/one", 5, 5);

	(void)state;
	ledger_add(&l, &m);
	ledger_add(&l, &outside);
	assert_int_equal(l.unpriced_count, 1);
	assert_non_null(strstr(said(&a, &l), " all/unpriced 1 "));
	assert_null(strstr(said(&a, &l), "micros"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_counts_for_run_day_team_agent_and_model),
		cmocka_unit_test(calls_of_a_batch_are_one_sum),
		cmocka_unit_test(days_are_those_of_utc),
		cmocka_unit_test(a_model_without_price_costs_nothing_and_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
