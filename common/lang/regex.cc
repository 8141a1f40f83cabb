/*
 * The only C++ of the suite: RE2 behind the functions of regex.h, which are C by their header.
 * RE2 throws for want of memory alone; nobody catches that, so the process ends, as everywhere.
 */
extern "C" {
#include "lang/regex.h"
}

#include <climits>
#include <re2/re2.h>

using re2::StringPiece;

struct regex {
	RE2 re2;
	bool may_split; /* \B: RE2 lets it match between the bytes of a character */
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

enum fail regex_find(const struct regex *re, struct str text, size_t from, struct str *groups,
		     size_t count, bool *ret_found, struct why *why)
{
	StringPiece found[REGEX_GROUPS_MAX];

	if (text.len > INT_MAX || from > text.len || count > REGEX_GROUPS_MAX)
		return failf(why, FAIL_INPUT, "text too large to be matched");
	/* an empty text still has a place: RE2 tells "no group" by a null pointer */
	StringPiece in = text.len ? piece(text) : StringPiece("", 0);
	int wanted = static_cast<int>(count ? count : re->may_split);
	for (;;) {
		*ret_found = re->re2.Match(in, from, text.len, RE2::UNANCHORED, found, wanted);
		if (!*ret_found || !re->may_split)
			break;
		size_t start = static_cast<size_t>(found[0].data() - in.data());
		if (!is_inside(text, start))
			break;
		from = start + 1; /* empty, so nothing that is right begins before that */
	}
	for (size_t i = 0; *ret_found && i < count; i++)
		groups[i] = str_n(found[i].data(), found[i].size());
	return FAIL_NONE;
}

enum fail regex_match(const struct regex *re, struct str text, bool *ret_matched,
		      struct why *why)
{
	return regex_find(re, text, 0, nullptr, 0, ret_matched, why);
}

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
