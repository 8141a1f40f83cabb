/* Generated schemas and instances, judged by a reference implementation: tests/vectors/schema. */
#include "../vectors.h"

#include "lang/schema.h"

static bool judge(struct arena *a, const struct schema *s, const struct value *line,
		  const char *member, enum schema_verdict want)
{
	const struct value *instances = value_get(line, str_of(member));
	bool fine = true;

	for (size_t i = 0; i < value_count(instances); i++) {
		struct schema_errors errors = {.count = 0};
		enum schema_verdict got;

		got = schema_validate(s, value_at(instances, i), a, &errors);
		if (got == want)
			continue;
		fine = false;
		print_error("%s %zu: %s\n", member, i,
			    errors.count ? errors.items[0].text.ptr : "was accepted");
	}
	return fine;
}

static bool check(struct arena *a, const struct value *line)
{
	const struct value *schema = value_get(line, STR("schema"));
	bool refused = value_get(line, STR("refused")) != NULL, fine;
	struct schema *s = NULL;
	struct why why;

	if (schema_compile(a, schema, NULL, &s, &why)) {
		if (!refused)
			print_error("%s\n", why.text);
		return refused;
	}
	fine = judge(a, s, line, "valid", SCHEMA_VALID) &&
	       judge(a, s, line, "invalid", SCHEMA_INVALID);
	schema_free(s);
	if (refused)
		print_error("was not refused\n");
	return fine && !refused;
}

static void test_vectors(void **state)
{
	const char *path = getenv("ARK_TEST_VECTORS"); /* a run with another seed */

	(void)state;
	assert_int_equal(
		vectors_each(path ? path : "tests/vectors/data/schema.jsonl", 1000, check), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
