/* Cron: the input is an expression, a NUL, and an instant. Slots go forward, match, and the checks
 * agree. */
#include <stdlib.h>
#include <string.h>

#include "lang/civil.h"
#include "lang/cron.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct cron *c, const struct zone *z, int64_t after)
{
	struct why why = {""};
	int64_t slot, last = after;

	for (int i = 0; i < 4 && cron_next(c, z, last, &slot); i++) {
		struct civil at = civil_of(slot + zone_at(z, slot).seconds);

		if (slot <= last)
			abort();
		/* Slots of a gap stand at its end, and need not match there. */
		if (c->real_time &&
		    (!(c->minutes >> at.minute & 1) || !(c->hours >> at.hour & 1) ||
		     !(c->months >> at.month & 1)))
			abort();
		last = slot;
	}
	if (cron_check(c, z, after, &why) == (why.text[0] == '\0'))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"UTC", "Europe/Berlin", "Test/Late",
					    "Pacific/Apia"};
	struct str text, rest, all = str_n((const char *)data, size);
	struct zones *zones;
	int64_t after = 0;
	struct why why = {""};
	struct cron c;

	str_cut(all, '\0', &text, &rest);
	if (cron_parse(text, &c, &why)) {
		if (!why.text[0])
			abort();
		return 0;
	}
	if (rest.len)
		memcpy(&after, rest.ptr, rest.len < sizeof(after) ? rest.len : sizeof(after));
	zones = zones_new("tests/vectors/data/zoneinfo");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct zone *z = zones_get(zones, str_of(names[i]));

		if (z)
			check(&c, z, after);
	}
	zones_free(zones);
	return 0;
}
