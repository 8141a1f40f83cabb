/* Slots a second, one JSON line per zone and expression: {"figure":"cron-next", ...}. Each call starts
 * where the last slot was. The same by robfig/cron: go run . -bench, in tests/vectors/cron. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lang/cron.h"

enum { CALLS = 200000 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void measure(const char *text, const char *zone_name, const struct zone *z)
{
	int64_t start = 1767225600, at = start; /* 2026 */
	struct cron c;
	double from;

	if (!z || cron_parse(str_of(text), &c, NULL))
		abort();
	from = now();
	for (int i = 0; i < CALLS; i++)
		if (!cron_next(&c, z, at, &at) || at > start + INT64_C(3000000000))
			at = start;
	printf("{\"figure\":\"cron-next\",\"cron\":\"%s\",\"zone\":\"%s\",\"per_second\":%.0f}"
	       "\n",
	       text, zone_name, CALLS / (now() - from));
}

int main(void)
{
	static const char *const texts[] = {"* * * * *", "*/15 8-18 * * MON-FRI", "30 2 * * *",
					    "0 0 1 1 *", "0 0 29 2 *"};
	static const char *const names[] = {"UTC", "Europe/Berlin"};
	struct zones *zones = zones_new(NULL);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++)
			measure(texts[k], names[i], zones_get(zones, str_of(names[i])));
	zones_free(zones);
	return 0;
}
