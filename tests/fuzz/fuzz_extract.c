/* What is found in an answer stands in it and is that JSON. */
#include <stdlib.h>

#include "base/json.h"
#include "lang/extract.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str answer = str_n((const char *)data, size), text;
	struct value v, again;

	if (!extract_json(&a, answer, &v, &text)) {
		if (!json_parse(&a, answer, JSON_STRICT, JSON_MAX_DEPTH, &v, NULL))
			abort(); /* the whole text is the first candidate */
		return 0;
	}
	if (text.len == 0 || text.ptr < answer.ptr ||
	    text.ptr + text.len > answer.ptr + answer.len ||
	    json_parse(&a, text, JSON_LENIENT, JSON_MAX_DEPTH, &again, NULL) ||
	    !value_eq(&v, &again))
		abort();
	return 0;
}
