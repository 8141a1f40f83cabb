/* Two JSON values: a schema, and an instance behind it. What is a schema is held against the meta-schemas. */
#include <stdlib.h>

#include "base/json.h"
#include "lang/schema_node.h"

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

/* The built-in meta-schemas, compiled once. */
static const struct schema *meta_of(enum draft draft)
{
	static struct arena kept;
	static struct schema *metas[DRAFT_ANY];
	const char *uri = draft == DRAFT_7 ? META_7_URI : META_2020_URI;

	if (!metas[draft] &&
	    schema_compile_text(&kept, arena_printf(&kept, "{\"$ref\":\"%s\"}", uri), NULL,
				&metas[draft], NULL))
		abort();
	return metas[draft];
}

static void shape(struct arena *a, const struct value *v, enum draft draft)
{
	struct compiler c = {.arena = a, .document = v};
	enum schema_verdict verdict = schema_validate(meta_of(draft), v, a, NULL);
	enum fail f = schema_check_shape(&c, v, draft, NULL);

	if (verdict != SCHEMA_LIMIT && (f == FAIL_NONE) != (verdict == SCHEMA_VALID))
		abort();
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
	shape(&a, &schema, DRAFT_7);
	shape(&a, &schema, DRAFT_2020);
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
