#include "lang/envelope.h"

#include "base/utf8.h"
#include "lang/unicode.h"

/* Offset of the first point at or after i that is no white space. */
static size_t skip_space(struct str s, size_t i)
{
	size_t n;

	for (; i < s.len; i += n)
		if (!unicode_is_space(utf8_decode(str_from(s, i), &n, NULL)))
			break;
	return i;
}

/* Does s go on at i with the name, in any letter case? Two letters outside ASCII count as their
 * ASCII partners: U+017F as s and U+212A as k. */
static bool named(struct str s, size_t i, struct str name)
{
	size_t n;

	for (size_t k = 0; k < name.len; k++, i += n) {
		if (i >= s.len)
			return false;
		if (unicode_lower(unicode_upper(utf8_decode(str_from(s, i), &n, NULL))) !=
		    (unsigned char)name.ptr[k])
			return false;
	}
	return true;
}

/* Does the `<` at i open or close an envelope? Blanks before the name belong to no second `<`,
 * so a text is looked at twice at most. */
static bool opens(struct str s, size_t i)
{
	i = skip_space(s, i + 1);
	if (i < s.len && s.ptr[i] == '/')
		i = skip_space(s, i + 1);
	return named(s, i, STR("ark:step-output")) || named(s, i, STR("ark:memory"));
}

void envelope_add_text(struct buf *out, struct str text)
{
	size_t from = 0;

	for (size_t i = str_chr(text, '<', 0); i != STR_NONE; i = str_chr(text, '<', i + 1)) {
		if (!opens(text, i))
			continue;
		buf_add(out, str_sub(text, from, i));
		buf_adds(out, "&lt;");
		from = i + 1;
	}
	buf_add(out, str_from(text, from));
}

static void add_name(struct buf *out, struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		switch (name.ptr[i]) {
		case '&': buf_adds(out, "&amp;"); break;
		case '<': buf_adds(out, "&lt;"); break;
		case '>': buf_adds(out, "&gt;"); break;
		case '"': buf_adds(out, "&quot;"); break;
		default: buf_addc(out, name.ptr[i]); break;
		}
	}
}

void envelope_add(struct buf *out, struct str name, struct str text)
{
	buf_adds(out, "<ark:step-output name=\"");
	add_name(out, name);
	buf_adds(out, "\">\n");
	envelope_add_text(out, text);
	buf_adds(out, "\n</ark:step-output>");
}
