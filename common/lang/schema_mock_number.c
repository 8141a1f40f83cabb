#include "lang/schema_mock_number.h"

#include "base/buf.h"
#include "lang/decimal.h"

/* All arithmetic is in units of the last decimal place that occurs. Bounds that do not fit are far
 * away: they are the answer when they are on the way to it, and else left out. */
enum { PLACES_MAX = 9 };
#define FAR (INT64_MAX / 4) /* twice this is no overflow */

static void tighten(const struct value **have, const struct value *also, int direction)
{
	if (also && (!*have || decimal_cmp_values(also, *have) * direction > 0))
		*have = also;
}

void mock_bounds_add(struct mock_bounds *b, const struct number_rules *rules)
{
	tighten(&b->minimum, rules->minimum, 1);
	tighten(&b->above, rules->above, 1);
	tighten(&b->maximum, rules->maximum, -1);
	tighten(&b->below, rules->below, -1);
	if (rules->multiple_of && b->step_count < MOCK_STEPS_MAX)
		b->steps[b->step_count++] = rules->multiple_of;
}

static int64_t places_of(const struct value *v)
{
	struct decimal d;

	if (!v)
		return 0;
	decimal_of(v, &d);
	return d.count && (int64_t)d.count > d.exponent ? (int64_t)d.count - d.exponent : 0;
}

static bool scaled(const struct value *v, int64_t places, int64_t *ret)
{
	struct decimal d;
	int64_t n = 0, zeros;

	if (!v)
		return false;
	decimal_of(v, &d);
	zeros = d.exponent - (int64_t)d.count + places;
	for (size_t i = 0; i < d.digits.len; i++) {
		if (d.digits.ptr[i] == '.')
			continue;
		if (n > FAR / 10)
			return false;
		n = n * 10 + (d.digits.ptr[i] - '0');
	}
	for (; n > 0 && zeros > 0; zeros--) {
		if (n > FAR / 10)
			return false;
		n *= 10;
	}
	if (zeros < 0)
		return false; /* a finer place than the scale */
	*ret = d.negative ? -n : n;
	return true;
}

static bool is_negative(const struct value *v)
{
	struct decimal d;

	decimal_of(v, &d);
	return d.negative;
}

static int64_t gcd(int64_t a, int64_t b)
{
	while (b) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static int64_t floor_to(int64_t n, int64_t step)
{
	int64_t rest = n % step;

	return n - (rest < 0 ? rest + step : rest);
}

static int64_t ceil_to(int64_t n, int64_t step)
{
	return -floor_to(-n, step);
}

/* n units of 10^-places as a number without needless zeros. */
static struct value in_digits(struct arena *a, int64_t n, int64_t places)
{
	AUTO_BUF text = BUF(64);
	int64_t unit = 1, whole;
	struct value v;

	for (; places > 0 && n % 10 == 0; places--)
		n /= 10;
	for (int64_t i = 0; i < places; i++)
		unit *= 10;
	if (places == 0)
		return value_int(n);
	whole = n / unit;
	buf_addf(&text, "%s%lld.%0*lld", n < 0 ? "-" : "",
		 (long long)(whole < 0 ? -whole : whole), (int)places,
		 (long long)(n % unit < 0 ? -(n % unit) : n % unit));
	v = value_float((double)n / (double)unit);
	v.real.literal = arena_str(a, buf_str(&text));
	return v;
}

/* The common step of whole numbers and all multipleOf; 0 = any number will do. */
static int64_t common_step(const struct mock_bounds *b, int64_t places, int64_t unit)
{
	int64_t step = b->whole ? unit : 0, one;

	for (size_t i = 0; i < b->step_count; i++) {
		if (!scaled(b->steps[i], places, &one) || one == 0)
			continue;
		step = step ? step / gcd(step, one) : 1;
		if (step > FAR / one)
			return one;
		step *= one;
	}
	return step;
}

struct value mock_number(struct arena *a, const struct mock_bounds *b)
{
	const struct value *all[] = {b->minimum, b->above, b->maximum, b->below};
	int64_t places = 0, unit = 1, low = 0, high = FAR, above = -1, n, step;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		places = places_of(all[i]) > places ? places_of(all[i]) : places;
	for (size_t i = 0; i < b->step_count; i++)
		places = places_of(b->steps[i]) > places ? places_of(b->steps[i]) : places;
	places++; /* room between a bound and its neighbour */
	if (places > PLACES_MAX)
		places = PLACES_MAX;
	for (int64_t i = 0; i < places; i++)
		unit *= 10;

	if (b->minimum && !scaled(b->minimum, places, &n) && !is_negative(b->minimum))
		return *b->minimum;
	if (b->maximum && !scaled(b->maximum, places, &n) && is_negative(b->maximum))
		return *b->maximum;
	if (scaled(b->minimum, places, &n) && n > low)
		low = n;
	if (scaled(b->above, places, &above) && above >= low)
		low = above + 1;
	if (scaled(b->maximum, places, &n))
		high = n;
	if (scaled(b->below, places, &n) && n - 1 < high)
		high = n - 1;
	step = common_step(b, places, unit);
	if (step) {
		n = ceil_to(low, step);
		return in_digits(a, n <= high ? n : floor_to(high, step), places);
	}
	/* above a bound there is no smallest number: the next whole one is the plainest */
	if (low == above + 1 && floor_to(above, unit) + unit <= high)
		low = floor_to(above, unit) + unit;
	return in_digits(a, low <= high ? low : high, places);
}
