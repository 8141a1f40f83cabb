/* What is a schema (SPEC 5.10): schema_check_shape against the meta-schemas themselves, which ark can
 * compile and validate with, over all schemas of the vectors and broken ones. */
#include "../vectors.h"

#include "lang/schema_node.h"

/* The built-in meta-schema of each draft, as a schema that refers to it. */
static struct arena meta_arena;
static struct schema *metas[DRAFT_ANY];
static size_t accepted, refused;

static struct schema *meta_of(const char *uri)
{
	struct str text = arena_printf(&meta_arena, "{\"$ref\":\"%s\"}", uri);
	struct schema *s;
	struct why why;

	if (schema_compile_text(&meta_arena, text, NULL, &s, &why))
		fail_msg("%s: %s", uri, why.text);
	return s;
}

static bool agree(struct arena *a, const struct value *v, enum draft draft)
{
	struct compiler c = {.arena = a, .document = v};
	struct schema_errors errors = {.count = 0};
	struct why why = {""};
	enum fail f = schema_check_shape(&c, v, draft, &why);
	enum schema_verdict verdict = schema_validate(metas[draft], v, a, &errors);

	accepted += !f;
	refused += f == FAIL_INPUT;
	if (verdict != SCHEMA_LIMIT && !f == (verdict == SCHEMA_VALID))
		return true;
	print_error("draft %d, %.*s\nhere: %s; the meta-schema: %.*s %.*s\n", (int)draft,
		    STR_ARG(json_text(a, v)), f ? why.text : "fine",
		    STR_ARG(errors.items[0].pointer), STR_ARG(errors.items[0].text));
	return false;
}

/* --- broken on purpose -------------------------------------------------------------------- */

/* What stands where something else should. */
static const char *const odd[] = {
	"null",
	"true",
	"0",
	"-1",
	"1.0",
	"1.5",
	"-0.0",
	"1e400",
	"\"\"",
	"\"a\"",
	"\"#a\"",
	"\"a#\"",
	"\"integer\"",
	"\"a b\"",
	"[]",
	"[1]",
	"[true]",
	"[\"a\",\"a\"]",
	"[\"a\",\"b\"]",
	"[\"null\",\"null\"]",
	"[\"null\",\"array\"]",
	"[\"x\"]",
	"{}",
	"{\"a\":1}",
	"{\"a\":true}",
	"{\"a\":[]}",
	"{\"a\":[\"b\"]}",
	"{\"a\":[\"b\",\"b\"]}",
	"{\"type\":\"x\"}",
	"[{\"type\":\"x\"}]",
	"{\"a\":{\"type\":\"x\"}}",
};

static bool every_keyword(enum draft draft, const char *keyword)
{
	bool good = true;

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct value v;
		struct str text = arena_printf(&a, "{\"%s\":%s}", keyword, odd[i]);

		assert_int_equal(json_parse(&a, text, JSON_STRICT, 64, &v, NULL), FAIL_NONE);
		good = agree(&a, &v, draft) && good;
	}
	return good;
}

static void test_every_keyword(void **state)
{
	/* all that a meta-schema names in `properties`, and some that none does */
	static const char *const names[] = {
		"$anchor",
		"$comment",
		"$defs",
		"$dynamicAnchor",
		"$dynamicRef",
		"$id",
		"$recursiveAnchor",
		"$recursiveRef",
		"$ref",
		"$schema",
		"$vocabulary",
		"additionalItems",
		"additionalProperties",
		"allOf",
		"anyOf",
		"const",
		"contains",
		"contentEncoding",
		"contentMediaType",
		"contentSchema",
		"default",
		"definitions",
		"dependencies",
		"dependentRequired",
		"dependentSchemas",
		"deprecated",
		"description",
		"else",
		"enum",
		"examples",
		"exclusiveMaximum",
		"exclusiveMinimum",
		"format",
		"if",
		"items",
		"maxContains",
		"maxItems",
		"maxLength",
		"maxProperties",
		"maximum",
		"minContains",
		"minItems",
		"minLength",
		"minProperties",
		"minimum",
		"multipleOf",
		"not",
		"oneOf",
		"pattern",
		"patternProperties",
		"prefixItems",
		"properties",
		"propertyNames",
		"readOnly",
		"required",
		"then",
		"title",
		"type",
		"unevaluatedItems",
		"unevaluatedProperties",
		"uniqueItems",
		"writeOnly",
		"x-other",
		"",
	};
	bool good = true;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		good = every_keyword(DRAFT_7, names[i]) && good;
		good = every_keyword(DRAFT_2020, names[i]) && good;
	}
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct value v;

		assert_int_equal(json_parse(&a, str_of(odd[i]), JSON_STRICT, 64, &v, NULL), 0);
		good = agree(&a, &v, DRAFT_7) && agree(&a, &v, DRAFT_2020) && good;
	}
	assert_true(good);
}

/* --- vectors ------------------------------------------------------------------------------ */

static bool check(struct arena *a, const struct value *line)
{
	const struct value *schema = value_get(line, STR("schema"));

	return agree(a, schema, DRAFT_7) && agree(a, schema, DRAFT_2020);
}

static void test_vectors(void **state)
{
	const char *path = getenv("ARK_TEST_VECTORS"); /* a run with another seed */

	(void)state;
	accepted = refused = 0;
	assert_int_equal(
		vectors_each(path ? path : "tests/vectors/data/schema.jsonl", 1000, check), 0);
	assert_true(accepted > 500 && refused > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_keyword),
		cmocka_unit_test(test_vectors),
	};
	int failed;

	metas[DRAFT_7] = meta_of(META_7_URI);
	metas[DRAFT_2020] = meta_of(META_2020_URI);
	failed = cmocka_run_group_tests_name("schema shape", tests, NULL, NULL);
	schema_free(metas[DRAFT_7]);
	schema_free(metas[DRAFT_2020]);
	arena_release(&meta_arena);
	return failed;
}
