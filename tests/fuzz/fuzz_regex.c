/* Three lines: pattern, replacement, text (which may go on). */
#include <stdlib.h>

#include "lang/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 4096, OUT_MAX = 1 << 20 };

static void use(const struct regex *re, struct str repl, struct str text)
{
	AUTO_BUF same = BUF(OUT_MAX);
	AUTO_BUF other = BUF(OUT_MAX);
	struct str groups[REGEX_GROUPS_MAX];
	bool matched, found;

	if (regex_match(re, text, &matched, NULL) ||
	    regex_find(re, text, 0, groups, REGEX_GROUPS_MAX, &found, NULL) || matched != found)
		abort();
	for (size_t i = 0; found && i < REGEX_GROUPS_MAX; i++)
		if (groups[i].ptr && text.len &&
		    (groups[i].ptr < text.ptr ||
		     groups[i].ptr + groups[i].len > text.ptr + text.len))
			abort();
	if (regex_replace(re, text, STR("$0"), &same, NULL) || !str_eq(buf_str(&same), text))
		abort();
	if (regex_replace(re, text, repl, &other, NULL))
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
