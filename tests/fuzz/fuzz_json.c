/* JSON: what is read and written again is the same, whatever the flags and the order of keys. */
#include <stdlib.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same_again(struct arena *a, const struct value *v, struct str text)
{
	AUTO_BUF sorted = BUF(text.len + 1);
	AUTO_BUF again = BUF(text.len + 1);
	struct value back;

	if (json_parse(a, text, JSON_STRICT, JSON_MAX_DEPTH, &back, NULL) ||
	    !value_eq(v, &back))
		abort();
	json_add(&again, &back);
	if (!str_eq(buf_str(&again), text))
		abort();
	json_add_sorted(&sorted, v);
	if (json_parse(a, buf_str(&sorted), JSON_STRICT, JSON_MAX_DEPTH, &back, NULL) ||
	    !value_eq(v, &back))
		abort();
}

static bool reads(struct str input, unsigned flags)
{
	AUTO_ARENA a = ARENA_INIT;
	struct value v, prefix;
	struct why why = {""};
	size_t used;

	if (json_parse(&a, input, flags, JSON_MAX_DEPTH, &v, &why)) {
		if (why.text[0] == '\0')
			abort();
		return false;
	}
	same_again(&a, &v, json_text(&a, &v));
	if (json_parse_prefix(&a, input, flags, JSON_MAX_DEPTH, &prefix, &used, NULL) ||
	    used > input.len || !value_eq(&v, &prefix))
		abort();
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = str_n((const char *)data, size);

	/* what is strictly JSON is so for the lenient too */
	if (reads(input, JSON_STRICT) &&
	    !(reads(input, JSON_LENIENT) && reads(input, JSON_LENIENT | JSON_LAST_KEY)))
		abort();
	reads(input, JSON_LENIENT | JSON_LAST_KEY);
	return 0;
}
