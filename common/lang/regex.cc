/*
 * The only C++ of the suite: RE2 behind the functions of regex.h, which are C by their header.
 * RE2 throws for want of memory alone; nobody catches that, so the process ends, as everywhere.
 */
extern "C" {
#include "lang/regex_search.h"
}

#include <climits>
#include <memory>
#include <mutex>
#include <re2/re2.h>

using re2::StringPiece;

struct regex {
	RE2 re2;
	bool may_split; /* \B: RE2 lets it match between the bytes of a character */
	struct regex_shape shape;
	int64_t work_per_byte;
	/* The pattern of beginnings, made when first asked for. */
	mutable std::once_flag made;
	mutable std::unique_ptr<RE2> begun;
	mutable int64_t begun_work_per_byte;
	regex(StringPiece pattern, const RE2::Options &options) : re2(pattern, options)
	{
	}
};

static StringPiece piece(struct str s)
{
	return StringPiece(s.ptr, s.len);
}

/* Does the pattern use the escape \c? Inside \Q...\E it would be text. */
static bool has_escape(struct str p, char wanted)
{
	for (size_t i = 0; i + 1 < p.len; i++) {
		if (p.ptr[i] != '\\')
			continue;
		char c = p.ptr[++i];
		if (c == wanted)
			return true;
		for (i += c == 'Q'; c == 'Q' && i + 1 < p.len; i++)
			if (p.ptr[i] == '\\' && p.ptr[i + 1] == 'E')
				break;
	}
	return false;
}

static int64_t product(size_t a, int64_t b)
{
	int64_t p;

	return __builtin_mul_overflow(a, b, &p) ? INT64_MAX : p;
}

static struct regex_shape shape_of(const RE2 &re, struct str pattern)
{
	struct regex_shape shape = regex_shape_of(pattern, nullptr);

	if (shape.look == LOOK_UNKNOWN)
		shape.positions = static_cast<size_t>(re.ProgramSize());
	return shape;
}

static int64_t work_per_byte(const struct regex_shape *s)
{
	if (s->wild <= REGEX_WILD_FAST)
		return REGEX_FAST_WORK;
	return product(s->positions, REGEX_SLOW_WORK);
}

enum fail regex_new_small(struct str pattern, size_t max_bytes, struct regex **ret,
			  struct why *why)
{
	RE2::Options options;

	/* \C is one byte: Go does not know it, and it would cut characters */
	if (has_escape(pattern, 'C'))
		return failf(why, FAIL_INPUT, "invalid escape sequence: \\C");
	options.set_log_errors(false);
	options.set_max_mem(static_cast<int64_t>(max_bytes));
	struct regex *re = new struct regex(piece(pattern), options);
	if (!re->re2.ok()) {
		why_write(why, "%s", re->re2.error().c_str());
		delete re;
		return FAIL_INPUT;
	}
	re->may_split = has_escape(pattern, 'B');
	re->shape = shape_of(re->re2, pattern);
	re->work_per_byte = work_per_byte(&re->shape);
	*ret = re;
	return FAIL_NONE;
}

enum fail regex_new(struct str pattern, struct regex **ret, struct why *why)
{
	return regex_new_small(pattern, REGEX_MAX_BYTES, ret, why);
}

void regex_free(struct regex *re)
{
	delete re;
}

static bool is_inside(struct str text, size_t at)
{
	return at < text.len && (static_cast<unsigned char>(text.ptr[at]) & 0xC0) == 0x80;
}

static enum fail exhausted(int64_t *work, struct str text, struct why *why)
{
	*work = -1;
	return failf(why, FAIL_INPUT, "regex-work: takes too long on %zu bytes of text",
		     text.len);
}

/* Is there work left for so many bytes? */
static bool affords(int64_t work, size_t bytes, int64_t per_byte)
{
	return product(bytes, per_byte) <= work - REGEX_CALL_WORK;
}

static void spend(int64_t *work, size_t bytes, int64_t per_byte)
{
	*work -= product(bytes, per_byte) + REGEX_CALL_WORK;
}

/* Of a short match the simulation can remember where it was. */
static int64_t groups_work_per_byte(const struct regex *re, size_t bytes)
{
	int64_t work = bytes <= REGEX_SHORT_BYTES ? REGEX_SHORT_WORK : REGEX_LONG_WORK;

	return product(re->shape.positions, work) + 4 * work;
}

enum fail regex_find_in(const struct regex *re, struct str text, size_t from, size_t to,
			struct str *groups, size_t count, int64_t *work, bool *ret_found,
			struct why *why)
{
	StringPiece found[REGEX_GROUPS_MAX];
	int64_t own = REGEX_WORK_MAX;
	size_t start = to, end = to;

	if (!work)
		work = &own;
	if (text.len > INT_MAX || from > to || to > text.len || count > REGEX_GROUPS_MAX)
		return failf(why, FAIL_INPUT, "text too large to be matched");
	/* an empty text still has a place: RE2 tells "no group" by a null pointer */
	StringPiece in = text.len ? piece(text) : StringPiece("", 0);
	int wanted = count > 0 || re->may_split;
	for (;;) {
		if (!affords(*work, to - from, re->work_per_byte))
			return exhausted(work, text, why);
		*ret_found = re->re2.Match(in, from, to, RE2::UNANCHORED, found, wanted);
		if (*ret_found && wanted) {
			start = static_cast<size_t>(found[0].data() - in.data());
			end = start + found[0].size();
		}
		spend(work, (re->shape.look == LOOK_NEAR ? end : to) - from, re->work_per_byte);
		if (!*ret_found || !re->may_split || !is_inside(text, start))
			break;
		from = start + 1; /* empty, so nothing that is right begins before that */
	}
	if (*ret_found && count > 1) {
		/* the groups, by a simulation on what was found */
		int64_t per_byte = groups_work_per_byte(re, end - start);

		if (!affords(*work, end - start, per_byte))
			return exhausted(work, text, why);
		spend(work, end - start, per_byte);
		*work -= REGEX_GROUPS_WORK;
		PROMISE(re->re2.Match(in, start, end, RE2::ANCHOR_BOTH, found,
				      static_cast<int>(count)));
	}
	for (size_t i = 0; *ret_found && i < count; i++)
		groups[i] = str_n(found[i].data(), found[i].size());
	return FAIL_NONE;
}

enum fail regex_find(const struct regex *re, struct str text, size_t from, struct str *groups,
		     size_t count, int64_t *work, bool *ret_found, struct why *why)
{
	return regex_find_in(re, text, from, text.len, groups, count, work, ret_found, why);
}

enum fail regex_match(const struct regex *re, struct str text, int64_t *work, bool *ret_matched,
		      struct why *why)
{
	return regex_find(re, text, 0, nullptr, 0, work, ret_matched, why);
}

/* --- looking ahead ------------------------------------------------------------------------ */

static void make_begun(const struct regex *re)
{
	struct buf text = {};

	text.max = 1 << 17;
	regex_shape_of(regex_pattern(re), &text);
	re->begun.reset(new RE2(piece(buf_str(&text)), re->re2.options()));
	/* it has more to choose from */
	struct regex_shape shape = shape_of(*re->begun, buf_str(&text));
	re->begun_work_per_byte = product(2, work_per_byte(&shape));
	buf_release(&text);
}

enum regex_look regex_look(const struct regex *re)
{
	if (re->shape.look != LOOK_FAR)
		return re->shape.look;
	std::call_once(re->made, make_begun, re);
	return re->begun->ok() ? LOOK_FAR : LOOK_UNKNOWN;
}

enum fail regex_begun_at(const struct regex *re, struct str text, size_t from, size_t to,
			 int64_t *work, size_t *ret_at, struct why *why)
{
	struct str window = str_sub(text, from, to);
	StringPiece in = window.len ? piece(window) : StringPiece("", 0), found;

	if (!affords(*work, window.len, re->begun_work_per_byte))
		return exhausted(work, text, why);
	spend(work, window.len, re->begun_work_per_byte);
	*ret_at = from;
	if (re->begun->Match(in, 0, window.len, RE2::UNANCHORED, &found, 1))
		*ret_at += static_cast<size_t>(found.data() - in.data());
	return FAIL_NONE;
}

/* --- what a pattern is -------------------------------------------------------------------- */

struct str regex_pattern(const struct regex *re)
{
	return str_n(re->re2.pattern().data(), re->re2.pattern().size());
}

size_t regex_size(const struct regex *re)
{
	return static_cast<size_t>(re->re2.ProgramSize());
}

size_t regex_groups(const struct regex *re)
{
	return static_cast<size_t>(re->re2.NumberOfCapturingGroups());
}

size_t regex_group_named(const struct regex *re, struct str name)
{
	const auto &names = re->re2.NamedCapturingGroups();
	auto hit = names.find(std::string(name.ptr ? name.ptr : "", name.len));

	return hit == names.end() ? 0 : static_cast<size_t>(hit->second);
}
