#include "lang/duration.h"

#include "base/utf8.h"

struct unit {
	struct str name;
	uint64_t nanos;
};

/* Longer names first where one is a prefix of the other. The micro sign has two code points. */
static const struct unit units[] = {
	{STR_INIT("ns"), 1},
	{STR_INIT("us"), 1000},
	{STR_INIT("\xC2\xB5s"), 1000},
	{STR_INIT("\xCE\xBCs"), 1000},
	{STR_INIT("ms"), UINT64_C(1000000)},
	{STR_INIT("s"), UINT64_C(1000000000)},
	{STR_INIT("m"), UINT64_C(60000000000)},
	{STR_INIT("h"), UINT64_C(3600000000000)},
};

static bool is_digit(struct str s, size_t at)
{
	return at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9';
}

/* The fraction of a unit in nanoseconds, as Go rounds it: the product of a double, cut. Digits
 * that do not fit 63 bits are dropped. */
static uint64_t fraction_of(struct str digits, uint64_t unit_nanos)
{
	uint64_t v = 0;
	double scale = 1;

	for (size_t i = 0; i < digits.len; i++) {
		uint64_t d = (uint64_t)(digits.ptr[i] - '0'), next;

		if (v > INT64_MAX / 10)
			break;
		next = v * 10 + d;
		if (next > (uint64_t)INT64_MAX + 1)
			break;
		v = next;
		scale *= 10;
	}
	return (uint64_t)((double)v * ((double)unit_nanos / scale));
}

/* Takes one <decimal><unit> off *s. False when there is none or it does not fit. */
static bool take_part(struct str *s, uint64_t *ret_nanos)
{
	size_t at = 0, point;
	uint64_t v = 0;

	for (; is_digit(*s, at); at++)
		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s->ptr[at] - '0'), &v))
			return false;
	point = at;
	if (at < s->len && s->ptr[at] == '.')
		for (at++; is_digit(*s, at); at++)
			;
	if (at == 0 || (point == 0 && at == 1))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		const struct unit *u = &units[i];
		struct str rest = str_from(*s, at);

		/* "ms" before "m": the table has it so; "s" ends either. */
		if (!str_starts(rest, u->name))
			continue;
		if (__builtin_mul_overflow(v, u->nanos, ret_nanos) ||
		    (at > point + 1 &&
		     __builtin_add_overflow(*ret_nanos,
					    fraction_of(str_sub(*s, point + 1, at), u->nanos),
					    ret_nanos)))
			return false;
		*s = str_from(rest, u->name.len);
		return true;
	}
	return false;
}

enum fail duration_parse(struct str text, int64_t *ret_nanos, struct why *why)
{
	uint64_t sum = 0, part;
	struct str rest = text;

	do {
		if (!take_part(&rest, &part) || __builtin_add_overflow(sum, part, &sum) ||
		    sum > INT64_MAX)
			return failf(why, FAIL_INPUT,
				     "'%.*s' is no duration such as 90s, 1m30s or 1.5h",
				     STR_ARG(utf8_cut(text, 64)));
	} while (rest.len);
	*ret_nanos = (int64_t)sum;
	return FAIL_NONE;
}

enum fail duration_parse_positive(struct str text, int64_t *ret_nanos, struct why *why)
{
	int64_t nanos;
	enum fail f = duration_parse(text, &nanos, why);

	if (f)
		return f;
	if (nanos == 0)
		return failf(why, FAIL_INPUT, "'%.*s' must be more than zero",
			     STR_ARG(utf8_cut(text, 64)));
	*ret_nanos = nanos;
	return FAIL_NONE;
}

/* value / unit with as many decimals as it needs. */
static void add_decimal(struct buf *b, uint64_t value, uint64_t unit)
{
	uint64_t rest = value % unit;

	buf_addf(b, "%llu", (unsigned long long)(value / unit));
	if (rest == 0)
		return;
	buf_addc(b, '.');
	while (rest) {
		unit /= 10;
		buf_addc(b, (char)('0' + rest / unit));
		rest %= unit;
	}
}

void duration_add(struct buf *b, int64_t nanos)
{
	uint64_t v = nanos < 0 ? -(uint64_t)nanos : (uint64_t)nanos;
	const uint64_t second = UINT64_C(1000000000), minute = 60 * second, hour = 60 * minute;

	if (nanos < 0)
		buf_addc(b, '-');
	if (v == 0) {
		buf_adds(b, "0s");
	} else if (v < 1000) {
		buf_addf(b, "%lluns", (unsigned long long)v);
	} else if (v < second) {
		bool micro = v < 1000000;

		add_decimal(b, v, micro ? 1000 : 1000000);
		buf_adds(b, micro ? "\xC2\xB5s" : "ms");
	} else {
		if (v >= hour)
			buf_addf(b, "%lluh", (unsigned long long)(v / hour));
		if (v >= minute)
			buf_addf(b, "%llum", (unsigned long long)(v % hour / minute));
		add_decimal(b, v % minute, second);
		buf_addc(b, 's');
	}
}
