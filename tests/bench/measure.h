/* What the programs here share: time, and percentiles of what was measured. */
#ifndef ARK_TESTS_BENCH_MEASURE_H
#define ARK_TESTS_BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static inline void need(int fine, const char *what)
{
	if (fine)
		return;
	perror(what);
	exit(1);
}

static inline int64_t number(const char *text)
{
	long long n;

	need(sscanf(text, "%lld", &n) == 1 && n >= 0, "a number is needed");
	return n;
}

struct samples {
	int64_t *us;
	size_t count, cap;
};

static inline void samples_add(struct samples *s, int64_t us)
{
	if (s->count == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 1024;
		s->us = realloc(s->us, s->cap * sizeof(*s->us));
		need(s->us != NULL, "memory");
	}
	s->us[s->count++] = us;
}

static inline int samples_compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* In milliseconds. `permille` 1000 is the greatest. Sorts. */
static inline double samples_ms(struct samples *s, size_t permille)
{
	size_t at = s->count * permille / 1000;

	if (!s->count)
		return 0;
	qsort(s->us, s->count, sizeof(*s->us), samples_compare);
	return (double)s->us[at < s->count ? at : s->count - 1] / 1000.0;
}

#endif
