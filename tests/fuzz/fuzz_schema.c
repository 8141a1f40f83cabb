/* Two JSON values: a schema, and an instance behind it. */
#include <stdlib.h>

#include "base/json.h"
#include "lang/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct schema_limits limits = {
	.max_bytes = 64 << 10,
	.max_depth = 64,
	.evaluations_min = 20000, /* an input must not take seconds */
	.evaluations_per_64kib = 20000,
	.max_nesting = 500,
};

static void check_errors(const struct schema_errors *e)
{
	AUTO_BUF lines = BUF(1 << 20);
	size_t count = 0;

	schema_errors_add(&lines, e);
	for (size_t i = 0; i < lines.len; i++)
		count += lines.ptr[i] == '\n';
	if (e->count == 0 || e->count > SCHEMA_ERRORS_MAX || count != e->count || lines.full)
		abort();
}

static void validate(struct arena *a, const struct schema *s, const struct value *instance)
{
	struct schema_errors errors;
	enum schema_verdict verdict = schema_validate(s, instance, a, &errors);
	struct value again;

	if (verdict != SCHEMA_VALID)
		check_errors(&errors);
	if (schema_validate(s, instance, a, NULL) != verdict)
		abort();
	/* the same value in the order of its keys: no keyword looks at the order */
	if (verdict == SCHEMA_LIMIT ||
	    json_parse(a, json_text(a, instance), JSON_STRICT, JSON_MAX_DEPTH, &again, NULL))
		return;
	if (schema_validate(s, &again, a, NULL) != verdict)
		abort();
}

static void mock(struct arena *a, const struct schema *s)
{
	struct value v, again;
	struct schema_errors errors;

	if (schema_mock(s, a, &v, NULL))
		return;
	if (json_parse(a, json_text(a, &v), JSON_STRICT, 2 * JSON_MAX_DEPTH, &again, NULL))
		abort();
	if (schema_validate(s, &v, a, &errors) != SCHEMA_VALID)
		check_errors(&errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str input = str_n((const char *)data, size);
	struct value schema, instance;
	struct schema *s = NULL;
	struct why why = {""};
	size_t used;

	if (json_parse_prefix(&a, input, JSON_STRICT, JSON_MAX_DEPTH, &schema, &used, NULL))
		return 0;
	if (schema_compile(&a, &schema, &limits, &s, &why)) {
		if (s || why.text[0] == '\0')
			abort();
		return 0;
	}
	mock(&a, s);
	if (!json_parse(&a, str_from(input, used), JSON_LENIENT, JSON_MAX_DEPTH, &instance,
			NULL))
		validate(&a, s, &instance);
	schema_free(s);
	return 0;
}
