/*
 * Metrics in the text forms of Prometheus and OpenMetrics (SPEC 22.2, INTERFACES 7).
 *
 * Metrics are declared at start; names and labels are literals. A handle is one label set of a
 * metric ("series"); counting with it is an addition. Label sets are bounded: after
 * LIMIT_METRIC_VALUES values of one label (`agent`: ARK_METRICS_MAX_AGENTS) each new value is
 * counted as `other`; after LIMIT_METRIC_SERIES label sets of one metric so is everything new.
 *
 *   struct metric *runs = metrics_counter(m, "ark_runs_completed_total", "Runs that ended.",
 *                                         "namespace team phase");
 *   metric_add(metric_at(runs, LABELS(ns, team, phase)), 1);
 *
 * A metric without labels has one series from the start, so it is exported at 0.
 */
#ifndef ARK_PROCESS_METRICS_H
#define ARK_PROCESS_METRICS_H

#include "base/buf.h"
#include "base/str.h"

struct metrics;
struct metric;
struct series;

enum {
	METRIC_MAX_LABELS = 6,
	METRIC_MAX_BOUNDS = 24,
	METRIC_VALUE_BYTES = 128,     /* a longer label value is cut */
	METRICS_MAX_BYTES = 64 << 20, /* for the buffer that metrics_write fills */
};

/* max_agents is the number of values of the label `agent`. */
struct metrics *metrics_new(int64_t max_agents);
struct metrics *metrics_free(struct metrics *m);

/* Declares a metric; labels are words separated by one blank, NULL for none. Names that break
 * INTERFACES 7.4 or 7.5 or are taken already are broken promises. */
struct metric *metrics_counter(struct metrics *m, const char *name, const char *help,
			       const char *labels);
struct metric *metrics_gauge(struct metrics *m, const char *name, const char *help,
			     const char *labels);
/* bounds rise and are finite; they are borrowed for good. */
struct metric *metrics_histogram(struct metrics *m, const char *name, const char *help,
				 const char *labels, const double *bounds, size_t count);

/* Bounds for durations in seconds: quick things (0.5 ms to 10 s) and slow ones (0.1 s to 1 h). */
#define METRIC_QUICK metric_quick, METRIC_QUICK_COUNT
#define METRIC_SLOW metric_slow, METRIC_SLOW_COUNT
enum { METRIC_QUICK_COUNT = 14, METRIC_SLOW_COUNT = 14 };
extern const double metric_quick[METRIC_QUICK_COUNT], metric_slow[METRIC_SLOW_COUNT];

#define LABELS(...)                                                                            \
	((const struct str[]){__VA_ARGS__}),                                                   \
		(sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))
/* The series with these label values, made at 0 when it is new. Values are copied. Valid until
 * metric_drop or metrics_free. */
struct series *metric_at(struct metric *metric, const struct str *values, size_t count);
/* The series of a metric without labels. */
struct series *metric_only(struct metric *metric);
/* Forgets a series, as of an object that was deleted; its handle is then invalid. */
void metric_drop(struct metric *metric, const struct str *values, size_t count);

/* Counters take what is not negative; gauges take anything. */
void metric_add(struct series *s, double v);
void metric_set(struct series *gauge, double v);
/* One observation of a histogram. */
void metric_observe(struct series *histogram, double v);
double metric_value(const struct series *s);

/* Called before each metrics_write, to set gauges from what is known only then. */
void metrics_on_write(struct metrics *m, void (*fn)(void *arg), void *arg);

/* process_* of this process (memory, descriptors, CPU time, start) and ark_build_info. */
void metrics_add_process(struct metrics *m, const char *process);

enum metrics_form { METRICS_PROMETHEUS, METRICS_OPENMETRICS };
/* What the client wants, from its Accept header (may be empty). INTERFACES 7.7. */
enum metrics_form metrics_form(struct str accept);
const char *metrics_content_type(enum metrics_form form);
void metrics_write(struct metrics *m, enum metrics_form form, struct buf *out);

#endif
