#include "process/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "process/metrics_inner.h"

const double metric_quick[METRIC_QUICK_COUNT] = {
	0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0};
const double metric_slow[METRIC_SLOW_COUNT] = {0.1,  0.25, 0.5,	  1.0,	 2.5,	5.0,	10.0,
					       30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0};

static const char other[] = "other";

struct metrics *metrics_new(int64_t max_agents)
{
	struct metrics *m = xmalloc(sizeof(*m));

	m->last = &m->first;
	m->max_agents = max_agents;
	m->seed = random_u64(); /* label values come from outside */
	return m;
}

/* --- releasing */

static void series_free(struct series *s)
{
	for (size_t i = 0; i < s->metric->label_count; i++)
		free(s->values[i]);
	free(s->counts);
	free(s);
}

static void metric_free(struct metric *metric)
{
	for (struct series *s = metric->first, *next; s; s = next) {
		next = s->next;
		series_free(s);
	}
	free(metric->table);
	free(metric);
}

struct metrics *metrics_free(struct metrics *m)
{
	if (!m)
		return NULL;
	for (struct metric *metric = m->first, *next; metric; metric = next) {
		next = metric->next;
		metric_free(metric);
	}
	for (struct label *l = m->labels, *next; l; l = next) {
		next = l->next;
		for (size_t i = 0; i < l->room; i++)
			free(l->values[i]);
		free(l->values);
		free(l->name);
		free(l);
	}
	free(m);
	return NULL;
}

/* --- declaring */

static bool is_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
		      (i && c >= '0' && c <= '9')))
			return false;
	}
	return s.len && !str_starts(s, STR("__"));
}

static struct label *label_get(struct metrics *m, struct str name)
{
	struct label *l;

	for (l = m->labels; l; l = l->next)
		if (str_is(name, l->name))
			return l;
	PROMISE(is_name(name) && !str_is(name, "le"));
	l = xmalloc(sizeof(*l));
	l->name = xstrndup(name);
	l->most = str_is(name, "agent") ? (size_t)m->max_agents : LIMIT_METRIC_VALUES;
	l->next = m->labels;
	m->labels = l;
	return l;
}

static struct series *series_new(struct metric *metric, const struct str *values, uint64_t hash)
{
	struct series *s = xmalloc(sizeof(*s));

	s->metric = metric;
	s->hash = hash;
	for (size_t i = 0; i < metric->label_count; i++)
		s->values[i] = xstrndup(values[i]);
	if (metric->kind == METRIC_HISTOGRAM)
		s->counts = xcalloc(metric->bound_count + 1, sizeof(*s->counts));
	*metric->last = s;
	metric->last = &s->next;
	return s;
}

static struct metric *declare(struct metrics *m, enum metric_kind kind, const char *name,
			      const char *help, const char *labels)
{
	struct metric *metric = xmalloc(sizeof(*metric));
	struct str rest = str_of(labels), word;

	/* INTERFACES 7.4, 7.5; and each name once. */
	PROMISE(is_name(str_of(name)));
	PROMISE((kind == METRIC_COUNTER) == str_ends(str_of(name), STR("_total")));
	for (struct metric *o = m->first; o; o = o->next)
		PROMISE(strcmp(o->name, name) != 0);
	metric->owner = m;
	metric->kind = kind;
	metric->name = name;
	metric->help = help;
	metric->last = &metric->first;
	while (rest.len && str_next(&rest, ' ', &word)) {
		PROMISE(metric->label_count < METRIC_MAX_LABELS);
		metric->labels[metric->label_count++] = label_get(m, word);
	}
	*m->last = metric;
	m->last = &metric->next;
	return metric;
}

/* A metric without labels is exported at 0 from the start: INTERFACES 7.5. */
static struct metric *declared(struct metric *metric)
{
	if (metric->label_count == 0)
		series_new(metric, NULL, 0);
	return metric;
}

struct metric *metrics_counter(struct metrics *m, const char *name, const char *help,
			       const char *labels)
{
	return declared(declare(m, METRIC_COUNTER, name, help, labels));
}

struct metric *metrics_gauge(struct metrics *m, const char *name, const char *help,
			     const char *labels)
{
	return declared(declare(m, METRIC_GAUGE, name, help, labels));
}

struct metric *metrics_histogram(struct metrics *m, const char *name, const char *help,
				 const char *labels, const double *bounds, size_t count)
{
	struct metric *metric = declare(m, METRIC_HISTOGRAM, name, help, labels);

	PROMISE(count && count <= METRIC_MAX_BOUNDS);
	for (size_t i = 0; i < count; i++)
		PROMISE(isfinite(bounds[i]) && (i == 0 || bounds[i] > bounds[i - 1]));
	metric->bounds = bounds;
	metric->bound_count = count;
	return declared(metric);
}

/* --- label values */

static void label_put(struct label *l, char *value, uint64_t seed)
{
	size_t at = hash_fast(str_of(value), seed) & (l->room - 1);

	while (l->values[at])
		at = (at + 1) & (l->room - 1);
	l->values[at] = value;
}

static void label_grow(struct label *l, uint64_t seed)
{
	char **old = l->values;
	size_t room = l->room;

	l->room = room ? 2 * room : 16;
	l->values = xcalloc(l->room, sizeof(*l->values));
	for (size_t i = 0; i < room; i++)
		if (old[i])
			label_put(l, old[i], seed);
	free(old);
}

/* The value to count under: itself, or `other` when the label has seen enough (SPEC 22.2). A
 * value once seen keeps its place: series may go, the bound must hold for the receiver, too. */
static struct str label_value(struct label *l, struct str value, uint64_t seed)
{
	if (str_is(value, other))
		return value;
	if (l->room) {
		size_t at = hash_fast(value, seed) & (l->room - 1);

		for (; l->values[at]; at = (at + 1) & (l->room - 1))
			if (str_is(value, l->values[at]))
				return value;
	}
	if (l->count >= l->most)
		return STR("other");
	if (2 * (l->count + 1) > l->room)
		label_grow(l, seed);
	label_put(l, xstrndup(value), seed);
	l->count++;
	return value;
}

/* --- series */

static uint64_t hash_values(const struct metric *metric, const struct str *values)
{
	uint64_t h = metric->owner->seed;

	for (size_t i = 0; i < metric->label_count; i++)
		h = hash_fast(values[i], h);
	return h;
}

static bool same_values(const struct series *s, const struct str *values)
{
	for (size_t i = 0; i < s->metric->label_count; i++)
		if (!str_is(values[i], s->values[i]))
			return false;
	return true;
}

static struct series *series_find(const struct metric *metric, const struct str *values,
				  uint64_t hash)
{
	if (!metric->room)
		return NULL;
	for (size_t at = hash & (metric->room - 1); metric->table[at];
	     at = (at + 1) & (metric->room - 1))
		if (metric->table[at]->hash == hash && same_values(metric->table[at], values))
			return metric->table[at];
	return NULL;
}

static void table_put(struct metric *metric, struct series *s)
{
	size_t at = s->hash & (metric->room - 1);

	while (metric->table[at])
		at = (at + 1) & (metric->room - 1);
	metric->table[at] = s;
}

static void table_fill(struct metric *metric, size_t room)
{
	free(metric->table);
	metric->room = room;
	metric->table = xcalloc(room, sizeof(struct series *));
	for (struct series *s = metric->first; s; s = s->next)
		table_put(metric, s);
}

/* As metric_at, of values that are bounded already. */
static struct series *series_get(struct metric *metric, const struct str *values)
{
	uint64_t hash = hash_values(metric, values);
	struct series *s = series_find(metric, values, hash);

	if (s)
		return s;
	if (2 * (metric->count + 1) > metric->room)
		table_fill(metric, metric->room ? 2 * metric->room : 16);
	s = series_new(metric, values, hash);
	table_put(metric, s);
	metric->count++;
	return s;
}

struct series *metric_at(struct metric *metric, const struct str *values, size_t count)
{
	struct str bounded[METRIC_MAX_LABELS];
	struct series *s;

	PROMISE(count == metric->label_count && count > 0);
	for (size_t i = 0; i < count; i++)
		bounded[i] = utf8_cut(values[i], METRIC_VALUE_BYTES);
	/* What is there is found without asking each label. */
	s = series_find(metric, bounded, hash_values(metric, bounded));
	if (s)
		return s;
	for (size_t i = 0; i < count; i++) {
		/* Texts are kept with a NUL after them: one inside would cut them. */
		if (str_chr(bounded[i], '\0', 0) != STR_NONE)
			bounded[i] = STR("other");
		bounded[i] = label_value(metric->labels[i], bounded[i], metric->owner->seed);
	}
	if (metric->count >= LIMIT_METRIC_SERIES)
		for (size_t i = 0; i < count; i++)
			bounded[i] = STR("other");
	return series_get(metric, bounded);
}

struct series *metric_only(struct metric *metric)
{
	PROMISE(metric->label_count == 0);
	return metric->first;
}

void metric_drop(struct metric *metric, const struct str *values, size_t count)
{
	struct series *s;

	PROMISE(count == metric->label_count && count > 0);
	s = series_find(metric, values, hash_values(metric, values));
	if (!s)
		return;
	for (struct series **at = &metric->first; *at; at = &(*at)->next)
		if (*at == s) {
			*at = s->next;
			if (metric->last == &s->next)
				metric->last = at;
			break;
		}
	series_free(s);
	metric->count--;
	table_fill(metric, metric->room); /* rare: simpler than holes in the table */
}

/* --- counting */

void metric_add(struct series *s, double v)
{
	PROMISE(s->metric->kind != METRIC_HISTOGRAM);
	PROMISE(s->metric->kind == METRIC_GAUGE || v >= 0);
	s->value += v;
}

void metric_set(struct series *gauge, double v)
{
	PROMISE(gauge->metric->kind == METRIC_GAUGE);
	gauge->value = v;
}

void metric_observe(struct series *histogram, double v)
{
	const struct metric *metric = histogram->metric;
	size_t i = 0;

	PROMISE(metric->kind == METRIC_HISTOGRAM);
	while (i < metric->bound_count && !(v <= metric->bounds[i]))
		i++;
	histogram->counts[i]++;
	histogram->value += v;
}

double metric_value(const struct series *s)
{
	return s->value;
}

void metrics_on_write(struct metrics *m, void (*fn)(void *arg), void *arg)
{
	PROMISE(m->on_write_count < METRICS_MAX_ON_WRITE);
	m->on_write[m->on_write_count++] = (struct on_write){fn, arg};
}
