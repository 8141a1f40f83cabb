#include "lang/zone.h"

#include <stdlib.h>

#include "lang/civil.h"
#include "lang/zone_rule.h"

enum {
	HEADER_BYTES = 44,
	/* The longest file of tzdata is 4 KiB; nothing sensible comes near these. */
	MAX_TRANSITIONS = 10000,
	MAX_OFFSET = 26 * 3600,
};

/* Seconds that civil.h is exact for: what lies outside is taken as the last instant inside. */
#define LAST_INSTANT INT64_C(9000000000000000)

struct transition {
	int64_t at;
	unsigned type;
};

struct zone {
	struct transition *transitions; /* by time */
	size_t transition_count;
	struct zone_offset *types; /* [0] holds before the first transition */
	size_t type_count;
	bool has_rule;
	struct zone_rule rule; /* holds after the last transition */
	char *bytes;	       /* copy of the file, which the names point into */
};

/* --- reading ----------------------------------------------------------------------------- */

static uint64_t big_endian(const char *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

struct header {
	unsigned version;
	size_t is_ut, is_standard, leaps, transitions, types, chars;
};

/* Takes the header off *s; false when it is none. */
static bool take_header(struct str *s, struct header *ret)
{
	size_t counts[6];

	if (s->len < HEADER_BYTES || !str_starts(*s, STR("TZif")))
		return false;
	for (size_t i = 0; i < 6; i++)
		counts[i] = big_endian(s->ptr + 20 + 4 * i, 4);
	*ret = (struct header){(unsigned char)s->ptr[4],
			       counts[0],
			       counts[1],
			       counts[2],
			       counts[3],
			       counts[4],
			       counts[5]};
	*s = str_from(*s, HEADER_BYTES);
	return true;
}

/* Bytes of the block behind a header, with times of that size. Counts have 32 bits: no overflow. */
static size_t block_bytes(const struct header *h, size_t time_bytes)
{
	return h->transitions * (time_bytes + 1) + h->types * 6 + h->chars +
	       h->leaps * (time_bytes + 4) + h->is_standard + h->is_ut;
}

static bool read_types(struct zone *z, const struct header *h, struct str types,
		       struct str chars)
{
	z->type_count = h->types;
	z->types = xcalloc(h->types, sizeof(*z->types));
	for (size_t i = 0; i < h->types; i++) {
		const char *p = types.ptr + 6 * i;
		int64_t offset = (int32_t)(uint32_t)big_endian(p, 4);
		size_t name = (unsigned char)p[5], end;

		if (name >= chars.len || offset < -MAX_OFFSET || offset > MAX_OFFSET ||
		    (unsigned char)p[4] > 1)
			return false;
		end = str_chr(chars, '\0', name);
		if (end == STR_NONE)
			return false;
		z->types[i] = (struct zone_offset){(int32_t)offset, p[4] == 1,
						   str_sub(chars, name, end)};
	}
	return true;
}

static bool read_transitions(struct zone *z, const struct header *h, struct str block)
{
	z->transition_count = h->transitions;
	z->transitions = xcalloc(h->transitions + 1, sizeof(*z->transitions));
	for (size_t i = 0; i < h->transitions; i++) {
		struct transition *t = &z->transitions[i];

		t->at = (int64_t)big_endian(block.ptr + 8 * i, 8);
		t->type = (unsigned char)block.ptr[8 * h->transitions + i];
		if (t->type >= z->type_count || (i && t->at <= t[-1].at) ||
		    t->at > LAST_INSTANT)
			return false;
	}
	return true;
}

static bool read_footer(struct zone *z, struct str s)
{
	struct str rule;

	if (s.len < 2 || s.ptr[0] != '\n' || s.ptr[s.len - 1] != '\n')
		return false;
	rule = str_sub(s, 1, s.len - 1);
	z->has_rule = rule.len > 0;
	return !z->has_rule || zone_rule_parse(rule, &z->rule);
}

/* NULL when all is well, else what is wrong. */
static const char *read_zone(struct zone *z, struct str s)
{
	struct header h;
	size_t types_at, chars_at;
	struct str block;

	if (!take_header(&s, &h))
		return "not a TZif file";
	if (h.version < '2')
		return "a TZif file of version 1";
	if (block_bytes(&h, 4) > s.len)
		return "cut short";
	s = str_from(s, block_bytes(&h, 4));
	if (!take_header(&s, &h) || block_bytes(&h, 8) > s.len)
		return "cut short";
	if (h.leaps)
		return "counts leap seconds";
	if (h.types == 0 || h.transitions > MAX_TRANSITIONS)
		return "no types, or too many transitions";
	block = str_sub(s, 0, block_bytes(&h, 8));
	types_at = h.transitions * 9;
	chars_at = types_at + h.types * 6;
	if (!read_types(z, &h, str_sub(block, types_at, chars_at),
			str_sub(block, chars_at, chars_at + h.chars)))
		return "a type out of range";
	if (!read_transitions(z, &h, block))
		return "transitions out of order or range";
	if (!read_footer(z, str_from(s, block.len)))
		return "a footer that is no rule";
	return NULL;
}

struct zone *zone_parse(struct str tzif, struct why *why)
{
	struct zone *z = xcalloc(1, sizeof(*z));
	const char *wrong;

	z->bytes = xstrndup(tzif);
	wrong = read_zone(z, str_n(z->bytes, tzif.len));
	if (!wrong)
		return z;
	why_write(why, "time zone: %s", wrong);
	return zone_free(z);
}

struct zone *zone_free(struct zone *z)
{
	if (z) {
		free(z->transitions);
		free(z->types);
		free(z->bytes);
		free(z);
	}
	return NULL;
}

const struct zone *zone_utc(void)
{
	static struct zone_offset type = {.name = STR_INIT("UTC")};
	static const struct zone utc = {.types = &type, .type_count = 1};

	return &utc;
}

/* --- looking up -------------------------------------------------------------------------- */

static int64_t clamp(int64_t at)
{
	return at < -LAST_INSTANT ? -LAST_INSTANT : at > LAST_INSTANT ? LAST_INSTANT : at;
}

/* Number of transitions at or before the instant. */
static size_t transitions_until(const struct zone *z, int64_t at)
{
	size_t from = 0, to = z->transition_count;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (z->transitions[mid].at <= at)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

/* The type that holds after the first n transitions. */
static const struct zone_offset *type_after(const struct zone *z, size_t n)
{
	return &z->types[n ? z->transitions[n - 1].type : 0];
}

static bool same_offset(const struct zone_offset *a, const struct zone_offset *b)
{
	return a->seconds == b->seconds && a->dst == b->dst && str_eq(a->name, b->name);
}

struct zone_offset zone_at(const struct zone *z, int64_t utc_seconds)
{
	size_t n = transitions_until(z, utc_seconds);

	if (n == z->transition_count && z->has_rule)
		return zone_rule_at(&z->rule, clamp(utc_seconds));
	return *type_after(z, n);
}

/* Does something change at this instant? */
static bool changes_at(const struct zone *z, int64_t at)
{
	struct zone_offset before = at > INT64_MIN ? zone_at(z, at - 1) : *type_after(z, 0);
	struct zone_offset now = zone_at(z, at);

	return !same_offset(&before, &now);
}

/* First instant that the rule speaks of. */
static int64_t rule_start(const struct zone *z)
{
	return z->transition_count ? z->transitions[z->transition_count - 1].at : INT64_MIN;
}

enum {
	YEARS_AROUND = 4,
	INSTANTS_AROUND = 2 * YEARS_AROUND,
	/* Two days of a rule may fall on one instant, and part again when weekdays and leap years
	 * meet otherwise: after 40 years at most. */
	YEARS_SEARCHED = 48,
};

/* The instants of the rule in some years, in order. Times of a rule may reach a week into another
 * year, so the years do not come one after another by themselves. */
static void rule_instants(const struct zone *z, int64_t year, int64_t ret[INSTANTS_AROUND])
{
	size_t n = 0;

	for (int i = 0; i < YEARS_AROUND; i++) {
		struct zone_change c[2];

		zone_rule_changes(&z->rule, year + i, c);
		for (size_t k = 0; k < 2; k++) {
			size_t to = n++;

			for (; to > 0 && ret[to - 1] > c[k].at; to--)
				ret[to] = ret[to - 1];
			ret[to] = c[k].at;
		}
	}
}

static int64_t year_start(int64_t year)
{
	return civil_days(year, 1, 1) * SECONDS_PER_DAY;
}

bool zone_next(const struct zone *z, int64_t after, int64_t *ret_at)
{
	int64_t instants[INSTANTS_AROUND], year;

	for (size_t i = transitions_until(z, after); i < z->transition_count; i++)
		if (changes_at(z, z->transitions[i].at)) {
			*ret_at = z->transitions[i].at;
			return true;
		}
	if (!z->has_rule || !z->rule.has_summer || after >= LAST_INSTANT)
		return false;
	if (after < rule_start(z))
		after = rule_start(z);
	after = clamp(after);
	year = civil_of(after).year;
	for (int64_t y = year; y < year + YEARS_SEARCHED; y += 2) {
		/* Beyond its end instants of later years may come first. */
		int64_t end = year_start(y + 2);

		rule_instants(z, y - 1, instants);
		for (size_t i = 0; i < INSTANTS_AROUND; i++)
			if (instants[i] > after && instants[i] < end &&
			    changes_at(z, instants[i])) {
				*ret_at = instants[i];
				return true;
			}
	}
	return false;
}

bool zone_prev(const struct zone *z, int64_t at, int64_t *ret_at)
{
	size_t n = transitions_until(z, at);
	int64_t instants[INSTANTS_AROUND];

	if (n == z->transition_count && z->has_rule && z->rule.has_summer) {
		int64_t year = civil_of(clamp(at)).year;

		for (int64_t y = year; y > year - YEARS_SEARCHED; y -= 2) {
			/* Before it instants of earlier years may come last. */
			int64_t start = year_start(y - 1);

			if (start < rule_start(z))
				start = rule_start(z) + 1;
			rule_instants(z, y - 2, instants);
			for (size_t i = INSTANTS_AROUND; i-- > 0;)
				if (instants[i] <= at && instants[i] >= start &&
				    changes_at(z, instants[i])) {
					*ret_at = instants[i];
					return true;
				}
		}
	}
	for (; n > 0; n--)
		if (changes_at(z, z->transitions[n - 1].at)) {
			*ret_at = z->transitions[n - 1].at;
			return true;
		}
	return false;
}
