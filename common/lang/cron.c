#include "lang/cron.h"

#include "base/utf8.h"

/* Reading expressions; finding slots is cron_next.c. */

struct field {
	const char *name;
	int min, max; /* of a value */
	int end; /* of `*` and of `a/n`: a week ends on Saturday, though 7 is a Sunday too */
	const char *names; /* three letters each, for first_name and on */
	int first_name;
};

static const struct field fields[] = {
	{"minute", 0, 59, 59, "", 0},
	{"hour", 0, 23, 23, "", 0},
	{"day of month", 1, 31, 31, "", 0},
	{"month", 1, 12, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC", 1},
	{"day of week", 0, 7, 6, "SUNMONTUEWEDTHUFRISAT", 0},
};

enum { FIELDS = 5 };

static enum fail refuse(struct why *why, const struct field *f, struct str item,
			const char *what)
{
	return failf(why, FAIL_INPUT, "%s '%.*s': %s", f->name, STR_ARG(utf8_cut(item, 64)),
		     what);
}

/* Digits only. What is larger than any field stays so. */
static bool number(struct str s, int *ret)
{
	int v = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		v = v > 1000 ? v : v * 10 + (s.ptr[i] - '0');
	}
	*ret = v;
	return s.len > 0;
}

static bool value(const struct field *f, struct str s, int *ret)
{
	struct str names = str_of(f->names);

	for (size_t i = 0; i < names.len; i += 3)
		if (str_eq_nocase(s, str_sub(names, i, i + 3))) {
			*ret = f->first_name + (int)i / 3;
			return true;
		}
	return number(s, ret);
}

/* One item of a list: `*`, a, a-b, and any of them with /n. */
static enum fail parse_item(const struct field *f, struct str item, uint64_t *bits,
			    struct why *why)
{
	struct str range, step_text, low_text, high_text;
	bool has_step = str_cut(item, '/', &range, &step_text);
	bool has_high = str_cut(range, '-', &low_text, &high_text);
	int low = f->min, high = f->end, step = 1;

	if (item.len == 0)
		return refuse(why, f, item, "an empty item");
	if (has_step && (!number(step_text, &step) || step == 0))
		return refuse(why, f, item, "a step is a number above 0");
	if (!str_is(range, "*")) {
		if (!value(f, low_text, &low) || (has_high && !value(f, high_text, &high)))
			return refuse(why, f, item, "not a value, a range or '*'");
		if (!has_high && !has_step)
			high = low;
		if (low < f->min || low > f->max || high > f->max)
			return failf(why, FAIL_INPUT, "%s '%.*s': beyond %d-%d", f->name,
				     STR_ARG(utf8_cut(item, 64)), f->min, f->max);
		if (low > high)
			return refuse(why, f, item, "a range that runs backwards");
	}
	for (int v = low; v <= high; v += step)
		*bits |= UINT64_C(1) << v;
	return FAIL_NONE;
}

static enum fail parse_field(const struct field *f, struct str text, uint64_t *ret,
			     struct why *why)
{
	struct str rest = text, item;
	uint64_t bits = 0;
	enum fail fail;

	while (str_next(&rest, ',', &item)) {
		fail = parse_item(f, item, &bits, why);
		if (fail)
			return fail;
	}
	*ret = bits;
	return FAIL_NONE;
}

static struct str trim_blanks(struct str s)
{
	while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
		s = str_from(s, 1);
	while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* The expression that a macro stands for; the text itself when it is none. */
static struct str expand(struct str s)
{
	static const struct {
		const char *macro;
		struct str meaning;
	} macros[] = {
		{"@yearly", STR_INIT("0 0 1 1 *")},  {"@annually", STR_INIT("0 0 1 1 *")},
		{"@monthly", STR_INIT("0 0 1 * *")}, {"@weekly", STR_INIT("0 0 * * 0")},
		{"@daily", STR_INIT("0 0 * * *")},   {"@midnight", STR_INIT("0 0 * * *")},
		{"@hourly", STR_INIT("0 * * * *")},
	};

	for (size_t i = 0; i < sizeof(macros) / sizeof(macros[0]); i++)
		if (str_eq_nocase(s, str_of(macros[i].macro)))
			return macros[i].meaning;
	return s;
}

/* Takes the next word off *s. */
static struct str take_word(struct str *s)
{
	size_t n = 0;
	struct str word;

	*s = trim_blanks(*s);
	while (n < s->len && s->ptr[n] != ' ' && s->ptr[n] != '\t')
		n++;
	word = str_sub(*s, 0, n);
	*s = str_from(*s, n);
	return word;
}

enum fail cron_parse(struct str text, struct cron *ret, struct why *why)
{
	struct str rest = expand(trim_blanks(text)), words[FIELDS];
	uint64_t bits[FIELDS];
	size_t count = 0;

	if (text.len > CRON_MAX_BYTES)
		return failf(why, FAIL_INPUT, "longer than %d bytes", (int)CRON_MAX_BYTES);
	if (rest.len && rest.ptr[0] == '@')
		return failf(why, FAIL_INPUT, "unknown macro '%.*s'",
			     STR_ARG(utf8_cut(rest, 64)));
	for (; count < FIELDS && rest.len; count++)
		words[count] = take_word(&rest);
	if (count < FIELDS || rest.len)
		return failf(why, FAIL_INPUT,
			     "%s fields: minute, hour, day of month, month and day of week are "
			     "needed",
			     count < FIELDS ? "too few" : "too many");
	for (size_t i = 0; i < FIELDS; i++) {
		enum fail f = parse_field(&fields[i], words[i], &bits[i], why);

		if (f)
			return f;
	}
	*ret = (struct cron){
		.minutes = bits[0],
		.hours = (uint32_t)bits[1],
		.days = (uint32_t)bits[2],
		.months = (uint32_t)bits[3],
		.weekdays = (uint32_t)((bits[4] | bits[4] >> 7) & 0x7F), /* 7 is Sunday */
		.either_day = words[2].ptr[0] != '*' && words[4].ptr[0] != '*',
		.real_time = words[1].ptr[0] == '*',
	};
	return FAIL_NONE;
}
