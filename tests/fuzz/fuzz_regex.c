/* Three lines: pattern, replacement, text (which may go on). What regex_replace finds window by window is what
 * regex_find finds in the whole text. */
#include <stdlib.h>

#include "base/utf8.h"
#include "lang/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 4096, OUT_MAX = 1 << 20 };

/* Replacing by "[$0]" with nothing but regex_find. */
static void replace_simply(const struct regex *re, struct str text, struct buf *out)
{
	size_t at = 0, done = 0;
	struct str g[1];
	bool found;

	while (at <= text.len) {
		size_t start, end, n;

		if (regex_find(re, text, at, g, 1, NULL, &found, NULL))
			abort();
		if (!found)
			break;
		start = text.len ? (size_t)(g[0].ptr - text.ptr) : 0;
		end = start + g[0].len;
		buf_add(out, str_sub(text, done, start));
		if (end > done || start == 0) {
			buf_addc(out, '[');
			buf_add(out, g[0]);
			buf_addc(out, ']');
		}
		done = end;
		n = 1;
		if (at < text.len)
			utf8_decode(str_from(text, at), &n, NULL);
		at = at + n > end ? at + n : end;
	}
	buf_add(out, str_from(text, done));
}

static void use(const struct regex *re, struct str repl, struct str text)
{
	AUTO_BUF same = BUF(OUT_MAX);
	AUTO_BUF other = BUF(OUT_MAX);
	AUTO_BUF simply = BUF(OUT_MAX);
	struct str groups[REGEX_GROUPS_MAX];
	bool matched, found;

	if (regex_match(re, text, NULL, &matched, NULL) ||
	    regex_find(re, text, 0, groups, REGEX_GROUPS_MAX, NULL, &found, NULL) ||
	    matched != found)
		abort();
	for (size_t i = 0; found && i < REGEX_GROUPS_MAX; i++)
		if (groups[i].ptr && text.len &&
		    (groups[i].ptr < text.ptr ||
		     groups[i].ptr + groups[i].len > text.ptr + text.len))
			abort();
	if (regex_replace(re, text, STR("$0"), NULL, &same, NULL) ||
	    !str_eq(buf_str(&same), text))
		abort();
	if (utf8_valid(text)) {
		replace_simply(re, text, &simply);
		buf_clear(&same);
		if (regex_replace(re, text, STR("[$0]"), NULL, &same, NULL) ||
		    !str_eq(buf_str(&same), buf_str(&simply)))
			abort();
	}
	if (regex_replace(re, text, repl, NULL, &other, NULL))
		abort();
	if (!found && !str_eq(buf_str(&other), text))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_n((const char *)data, size), pattern, repl;
	struct regex *re = NULL;
	struct why why = {""};

	if (!str_next(&rest, '\n', &pattern) || !str_next(&rest, '\n', &repl))
		return 0;
	if (regex_new_small(pattern, 1 << 20, &re, &why)) {
		if (re || why.text[0] == '\0')
			abort();
		return 0;
	}
	use(re, repl, str_sub(rest, 0, TEXT_MAX));
	regex_free(re);
	return 0;
}
