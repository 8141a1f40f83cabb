#include "lang/unicode.h"

#include <stddef.h>

struct range {
	uint32_t low, high;
};

/* The points low, low + step, ... high; their image is delta away. */
struct mapping {
	uint32_t low, high;
	int32_t delta;
	uint32_t step;
};

#include "lang/unicode_tables.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool in(const struct range *table, size_t count, uint32_t point)
{
	size_t from = 0, to = count;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (point < table[mid].low)
			to = mid;
		else if (point > table[mid].high)
			from = mid + 1;
		else
			return true;
	}
	return false;
}

static uint32_t map(const struct mapping *table, size_t count, uint32_t point)
{
	size_t from = 0, to = count;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		const struct mapping *m = &table[mid];

		if (point < m->low)
			to = mid;
		else if (point > m->high)
			from = mid + 1;
		else if ((point - m->low) % m->step == 0)
			return (uint32_t)((int32_t)point + m->delta);
		else
			return point;
	}
	return point;
}

static bool ascii_letter(uint32_t point)
{
	return (point | 0x20) >= 'a' && (point | 0x20) <= 'z';
}

bool unicode_is_letter(uint32_t point)
{
	return point < 0x80 ? ascii_letter(point) : in(letters, COUNT(letters), point);
}

bool unicode_is_digit(uint32_t point)
{
	return point < 0x80 ? point >= '0' && point <= '9' : in(digits, COUNT(digits), point);
}

bool unicode_is_space(uint32_t point)
{
	return in(spaces, COUNT(spaces), point);
}

bool unicode_is_print(uint32_t point)
{
	return point < 0x80 ? point >= ' ' && point < 0x7F : in(printed, COUNT(printed), point);
}

bool unicode_is_word(uint32_t point)
{
	return point == '_' || unicode_is_letter(point) || unicode_is_digit(point);
}

uint32_t unicode_upper(uint32_t point)
{
	if (point < 0x80)
		return point >= 'a' && point <= 'z' ? point - 0x20 : point;
	return map(to_upper, COUNT(to_upper), point);
}

uint32_t unicode_lower(uint32_t point)
{
	if (point < 0x80)
		return point >= 'A' && point <= 'Z' ? point + 0x20 : point;
	return map(to_lower, COUNT(to_lower), point);
}
