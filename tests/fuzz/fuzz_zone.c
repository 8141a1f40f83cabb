/* Time zones: whatever the file says, offsets stay in range and transitions in order. */
#include <stdlib.h>

#include "lang/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct zone *z, int64_t at)
{
	struct zone_offset o = zone_at(z, at);
	int64_t change;

	if (o.seconds < -26 * 3600 || o.seconds > 26 * 3600)
		abort();
	for (size_t i = 0; i < o.name.len; i++)
		if (o.name.ptr[i] == '\0')
			abort();
	if (zone_next(z, at, &change)) {
		if (change <= at)
			abort();
		/* Nothing changes before it. */
		if (zone_at(z, change - 1).seconds != o.seconds)
			abort();
	}
	if (zone_prev(z, at, &change)) {
		if (change > at || zone_at(z, change).seconds != o.seconds)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t instants[] = {INT64_MIN,
					   INT64_MIN + 1,
					   -INT64_C(62167219200),
					   -1,
					   0,
					   951782399,
					   1774746000,
					   4102444800,
					   INT64_C(253402300799),
					   INT64_MAX - 1,
					   INT64_MAX};
	struct zone *z = zone_parse(str_n((const char *)data, size), NULL);

	for (size_t i = 0; z && i < sizeof(instants) / sizeof(instants[0]); i++)
		check(z, instants[i]);
	zone_free(z);
	return 0;
}
