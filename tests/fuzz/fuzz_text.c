/* The small rules on texts: UTF-8 (SPEC 1.7), names (1.8), envelopes (5.2), references of schemas. What is written
 * for speed is held against what is written plainly. */
#include <stdlib.h>

#include "base/utf8.h"
#include "lang/envelope.h"
#include "lang/name.h"
#include "lang/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_utf8(struct str s)
{
	AUTO_BUF clean = BUF(3 * s.len + 16), slow = BUF(3 * s.len + 16);
	size_t count = 0, n, half = s.len / 2;
	bool valid = true, one;
	struct str first;

	for (size_t i = 0; i < s.len; i += n, count++) {
		uint32_t point = utf8_decode(str_from(s, i), &n, &one);

		valid = valid && one;
		utf8_add(&slow, point);
	}
	utf8_clean(&clean, s);
	if (utf8_valid(s) != valid || utf8_count(s) != count ||
	    !str_eq(buf_str(&clean), buf_str(&slow)) || !utf8_valid(buf_str(&clean)) ||
	    utf8_count(buf_str(&clean)) != count)
		abort();
	first = utf8_first(s, count / 2);
	if (utf8_count(first) != count / 2 || utf8_first(s, count + 1).len != s.len)
		abort();
	/* cutting splits nothing: what is valid stays so, and only a character is missing */
	first = utf8_cut(s, half);
	if (first.len > half || (valid && (!utf8_valid(first) || half - first.len > 3)))
		abort();
}

static void check_name(struct str s)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str name = name_shorten(&a, s);

	if (name.len > NAME_MAX_BYTES || !str_eq(name, name_shorten(&a, s)) ||
	    !str_eq(name_shorten(&a, name), name))
		abort();
	if (name_is_label(s) && !(name_is_subdomain(s) && str_eq(name, s)))
		abort();
	if (name_is_subdomain(s) && !name_is_subdomain(name))
		abort();
}

/* Nothing in the text opens or closes an envelope: what is made safe stays as it is. */
static void check_envelope(struct str s)
{
	AUTO_BUF once = BUF(8 * s.len + 64), twice = BUF(8 * s.len + 64);

	envelope_add_text(&once, s);
	envelope_add_text(&twice, buf_str(&once));
	if (once.full || !str_eq(buf_str(&once), buf_str(&twice)))
		abort();
}

static void check_reference(struct str s)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str base, ref, absolute, again, fragment;

	str_cut(s, '\n', &base, &ref);
	reference_split(reference_resolve(&a, base, ref), &absolute, &fragment);
	/* what is resolved has no dots left that would go */
	reference_split(reference_resolve(&a, STR(""), absolute), &again, &fragment);
	if (!str_eq(absolute, again))
		abort();
	if (reference_unescape(&a, ref, &again) && again.len > ref.len)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_n((const char *)data, size);

	check_utf8(s);
	check_envelope(s);
	check_reference(s);
	if (str_chr(s, '\0', 0) == STR_NONE)
		check_name(s);
	return 0;
}
