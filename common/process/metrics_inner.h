/* What metrics.c keeps and metrics_text.c prints. For those two only. */
#ifndef ARK_PROCESS_METRICS_INNER_H
#define ARK_PROCESS_METRICS_INNER_H

#include "process/metrics.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct series {
	struct metric *metric;
	struct series *next; /* in the order they were made */
	uint64_t hash;
	double value; /* of a histogram: the sum */
	uint64_t *
		counts; /* of a histogram: one for each bound, not cumulative, and one for +Inf */
	char *values[METRIC_MAX_LABELS]; /* NUL ended, as many as the metric has labels */
};

/* The values of one label name, over all metrics that have it. */
struct label {
	char *name;
	struct label *next;
	char **values; /* open addressing by hash_fast; NULL is free */
	size_t count, room, most;
};

struct metric {
	struct metrics *owner;
	struct metric *next; /* in the order they were declared */
	enum metric_kind kind;
	const char *name, *help;
	struct label *labels[METRIC_MAX_LABELS];
	size_t label_count;
	const double *bounds;
	size_t bound_count;
	struct series *first, **last;
	struct series **table; /* open addressing by hash; NULL is free */
	size_t count, room;
};

struct on_write {
	void (*fn)(void *arg);
	void *arg;
};

enum { METRICS_MAX_ON_WRITE = 32 };

struct metrics {
	struct metric *first, **last;
	struct label *labels;
	int64_t max_agents;
	uint64_t seed;
	struct on_write on_write[METRICS_MAX_ON_WRITE];
	size_t on_write_count;
};

#endif
