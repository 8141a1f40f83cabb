/* The text forms, byte by byte, and the bounds of label sets. INTERFACES 7, SPEC 22.2. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "process/metrics.h"

static const double bounds[] = {0.1, 1.0, 30.0};

static struct metrics *sample(void)
{
	struct metrics *m = metrics_new(500);
	struct metric *runs = metrics_counter(m, "ark_runs_total", "Runs \\ by\nphase \"x\".",
					      "namespace phase");
	struct metric *steps =
		metrics_histogram(m, "ark_step_seconds", "Steps.", "team", bounds, 3);
	struct series *s = metric_at(steps, LABELS(STR("a")));

	metric_add(metric_at(runs, LABELS(STR("n\"s\\\n"), STR("Succeeded"))), 3);
	metric_add(metric_at(runs, LABELS(STR(""), STR("Failed"))), 0);
	metric_observe(s, 0.1);
	metric_observe(s, 0.5);
	metric_observe(s, 100);
	metrics_gauge(m, "ark_runs_active", "Active.", NULL);
	metrics_gauge(m, "ark_unused", "No series yet.", "team");
	return m;
}

static void prometheus_text(void **state)
{
	struct metrics *m = sample();
	AUTO_BUF out = BUF(10000);

	(void)state;
	metrics_write(m, METRICS_PROMETHEUS, &out);
	assert_string_equal(
		buf_cstr(&out),
		"# HELP ark_runs_total Runs \\\\ by\\nphase \"x\".\n"
		"# TYPE ark_runs_total counter\n"
		"ark_runs_total{namespace=\"n\\\"s\\\\\\n\",phase=\"Succeeded\"} 3\n"
		"ark_runs_total{phase=\"Failed\"} 0\n"
		"# HELP ark_step_seconds Steps.\n"
		"# TYPE ark_step_seconds histogram\n"
		"ark_step_seconds_bucket{team=\"a\",le=\"0.1\"} 1\n"
		"ark_step_seconds_bucket{team=\"a\",le=\"1.0\"} 2\n"
		"ark_step_seconds_bucket{team=\"a\",le=\"30.0\"} 2\n"
		"ark_step_seconds_bucket{team=\"a\",le=\"+Inf\"} 3\n"
		"ark_step_seconds_sum{team=\"a\"} 100.6\n"
		"ark_step_seconds_count{team=\"a\"} 3\n"
		"# HELP ark_runs_active Active.\n"
		"# TYPE ark_runs_active gauge\n"
		"ark_runs_active 0\n");
	metrics_free(m);
}

static void openmetrics_text(void **state)
{
	struct metrics *m = sample();
	AUTO_BUF out = BUF(10000);
	const char *text;

	(void)state;
	metrics_write(m, METRICS_OPENMETRICS, &out);
	text = buf_cstr(&out);
	assert_non_null(strstr(text, "# HELP ark_runs Runs \\\\ by\\nphase \\\"x\\\".\n"
				     "# TYPE ark_runs counter\n"
				     "ark_runs_total{"));
	assert_true(str_ends(buf_str(&out), STR("\n# EOF\n")));
	metrics_free(m);
}

static void the_form_follows_accept(void **state)
{
	static const struct {
		const char *accept;
		enum metrics_form want;
	} cases[] = {
		{"", METRICS_PROMETHEUS},
		{"*/*", METRICS_PROMETHEUS},
		{"application/openmetrics-text; version=1.0.0", METRICS_OPENMETRICS},
		{"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
		 "application/openmetrics-text;version=0.0.1;q=0.5,"
		 "text/plain;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
		 METRICS_OPENMETRICS},
		{"application/openmetrics-text;version=1.0.0;q=0.3,text/plain;q=0.4",
		 METRICS_PROMETHEUS},
		{"application/openmetrics-text;version=0.0.1", METRICS_PROMETHEUS},
		{"application/openmetrics-text", METRICS_PROMETHEUS},
		{"application/openmetrics-text;version=1.0.0;q=0", METRICS_PROMETHEUS},
		{"application/openmetrics-text;version=1.0.0;q=x", METRICS_PROMETHEUS},
		{"Application/OpenMetrics-Text;Version=\"1.0.0\"", METRICS_OPENMETRICS},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(metrics_form(str_of(cases[i].accept)), cases[i].want);
	/* INTERFACES 7.1: a comma instead of the semicolon fails the scrape */
	assert_string_equal(metrics_content_type(METRICS_PROMETHEUS),
			    "text/plain; version=0.0.4; charset=utf-8");
}

static void numbers_as_go_reads_them(void **state)
{
	struct metrics *m = metrics_new(500);
	struct series *s = metric_only(metrics_gauge(m, "g", "G.", NULL));
	static const struct {
		double v;
		const char *want;
	} cases[] = {
		{0.25, "g 0.25\n"},
		{1e21, "g 1e+21\n"},
		{-3, "g -3\n"},
		{9007199254740992.0, "g 9007199254740992\n"},
		{(double)INFINITY, "g +Inf\n"},
		{-(double)INFINITY, "g -Inf\n"},
		{(double)NAN, "g NaN\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF out = BUF(1000);

		metric_set(s, cases[i].v);
		metrics_write(m, METRICS_PROMETHEUS, &out);
		assert_non_null(strstr(buf_cstr(&out), cases[i].want));
	}
	metrics_free(m);
}

static double count_at(struct metric *metric, const char *agent)
{
	return metric_value(metric_at(metric, LABELS(str_of(agent))));
}

/* The bound is one of the process, over all metrics with the label. */
static void agents_beyond_the_limit_are_other(void **state)
{
	struct metrics *m = metrics_new(2);
	struct metric *a = metrics_counter(m, "a_total", "A.", "agent");
	struct metric *b = metrics_counter(m, "b_total", "B.", "agent");

	(void)state;
	metric_add(metric_at(a, LABELS(STR("one"))), 1);
	metric_add(metric_at(b, LABELS(STR("two"))), 1);
	metric_add(metric_at(a, LABELS(STR("three"))), 1);
	metric_add(metric_at(b, LABELS(STR("four"))), 1);
	metric_add(metric_at(b, LABELS(STR("five"))), 1);
	metric_add(metric_at(b, LABELS(STR("one"))), 1);
	assert_true(count_at(a, "one") == 1);
	assert_true(count_at(a, "other") == 1);
	assert_true(count_at(b, "two") == 1);
	assert_true(count_at(b, "one") == 1);
	assert_true(count_at(b, "other") == 2);
	assert_ptr_equal(metric_at(a, LABELS(STR("nine"))), metric_at(a, LABELS(STR("other"))));
	metrics_free(m);
}

static void label_sets_of_a_metric_are_bounded(void **state)
{
	struct metrics *m = metrics_new(500);
	struct metric *metric = metrics_counter(m, "a_total", "A.", "x y");
	AUTO_BUF out = BUF(METRICS_MAX_BYTES);
	size_t lines = 0;

	(void)state;
	for (int i = 0; i < 200; i++)
		for (int k = 0; k < 200; k++) {
			char x[16], y[16];

			snprintf(x, sizeof(x), "%d", i);
			snprintf(y, sizeof(y), "%d", k);
			metric_add(metric_at(metric, LABELS(str_of(x), str_of(y))), 1);
		}
	metrics_write(m, METRICS_PROMETHEUS, &out);
	for (size_t i = 0; i < out.len; i++)
		lines += out.ptr[i] == '\n';
	assert_int_equal(lines, 2 + LIMIT_METRIC_SERIES + 1);
	assert_true(metric_value(metric_at(metric, LABELS(STR("other"), STR("other")))) ==
		    200 * 200 - LIMIT_METRIC_SERIES);
	metrics_free(m);
}

static void dropped_series_are_gone(void **state)
{
	struct metrics *m = metrics_new(500);
	struct metric *g = metrics_gauge(m, "g", "G.", "x");
	AUTO_BUF out = BUF(10000);

	(void)state;
	for (int i = 0; i < 40; i++) {
		char x[16];

		snprintf(x, sizeof(x), "v%d", i);
		metric_set(metric_at(g, LABELS(str_of(x))), i);
	}
	metric_drop(g, LABELS(STR("v0")));
	metric_drop(g, LABELS(STR("v39")));
	metric_drop(g, LABELS(STR("v7")));
	metric_drop(g, LABELS(STR("never")));
	metric_set(metric_at(g, LABELS(STR("last"))), 1);
	assert_true(metric_value(metric_at(g, LABELS(STR("v38")))) == 38);
	metrics_write(m, METRICS_PROMETHEUS, &out);
	assert_null(strstr(buf_cstr(&out), "\"v0\""));
	assert_null(strstr(buf_cstr(&out), "\"v39\""));
	assert_non_null(strstr(buf_cstr(&out), "g{x=\"v38\"} 38\ng{x=\"last\"} 1\n"));
	metrics_free(m);
}

static void set_to_seven(void *arg)
{
	metric_set(arg, 7);
}

static void a_process_tells_of_itself(void **state)
{
	struct metrics *m = metrics_new(500);
	struct series *s = metric_only(metrics_gauge(m, "late", "L.", NULL));
	AUTO_BUF out = BUF(10000);

	(void)state;
	metrics_add_process(m, "ark-test");
	metrics_on_write(m, set_to_seven, s);
	metrics_write(m, METRICS_PROMETHEUS, &out);
	assert_non_null(strstr(buf_cstr(&out), "late 7\n"));
	assert_non_null(
		strstr(buf_cstr(&out), "ark_build_info{process=\"ark-test\",version=\""));
	assert_non_null(strstr(buf_cstr(&out), "process_cpu_seconds_total "));
	assert_null(strstr(buf_cstr(&out), "process_resident_memory_bytes 0\n"));
	assert_null(strstr(buf_cstr(&out), "process_open_fds 0\n"));
	metrics_free(m);
}

static void values_that_are_no_text_are_cleaned(void **state)
{
	struct metrics *m = metrics_new(500);
	struct metric *c = metrics_counter(m, "c_total", "C.", "x");
	AUTO_BUF out = BUF(10000);
	char big[1000];

	(void)state;
	memset(big, 'x', sizeof(big));
	metric_add(metric_at(c, LABELS(STR("\xff"))), 1);
	metric_add(metric_at(c, LABELS(STR("a\0b"))), 1);
	metric_add(metric_at(c, LABELS(str_n(big, sizeof(big)))), 1);
	metrics_write(m, METRICS_PROMETHEUS, &out);
	assert_non_null(strstr(buf_cstr(&out), "c_total{x=\"\xef\xbf\xbd\"} 1\n"));
	assert_non_null(strstr(buf_cstr(&out), "c_total{x=\"other\"} 1\n"));
	assert_true(out.len < 500);
	metrics_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prometheus_text),
		cmocka_unit_test(openmetrics_text),
		cmocka_unit_test(the_form_follows_accept),
		cmocka_unit_test(numbers_as_go_reads_them),
		cmocka_unit_test(agents_beyond_the_limit_are_other),
		cmocka_unit_test(label_sets_of_a_metric_are_bounded),
		cmocka_unit_test(dropped_series_are_gone),
		cmocka_unit_test(a_process_tells_of_itself),
		cmocka_unit_test(values_that_are_no_text_are_cleaned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
