#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/json.h"
#include "lang/schema.h"

/* The error lines of an instance; "" when it is valid. */
static const char *errors_of(struct arena *a, const char *schema, const char *instance)
{
	AUTO_BUF out = BUF(64 << 10);
	struct schema *s;
	struct value v;
	struct schema_errors errors;
	struct why why;

	if (schema_compile_text(a, str_of(schema), NULL, &s, &why))
		fail_msg("%s: %s", schema, why.text);
	if (json_parse(a, str_of(instance), JSON_STRICT, 2000, &v, &why))
		fail_msg("%s: %s", instance, why.text);
	if (schema_validate(s, &v, a, &errors) != SCHEMA_VALID)
		schema_errors_add(&out, &errors);
	schema_free(s);
	return arena_str(a, buf_str(&out)).ptr;
}

/* SPEC 5.12: the place and what is wrong */
static void test_texts(void **state)
{
	static const struct {
		const char *schema, *instance, *want;
	} cases[] = {
		{"{\"type\":\"string\"}", "1", ": must be string, not integer\n"},
		{"{\"type\":[\"string\",\"null\"]}", "[]",
		 ": must be null or string, not array\n"},
		{"{\"type\":\"integer\"}", "1.5", ": must be integer, not 1.5\n"},
		{"{\"properties\":{\"a\":{\"items\":{\"minimum\":3}}}}", "{\"a\":[3,2]}",
		 "/a/1: must be at least 3\n"},
		{"{\"properties\":{\"a/b~\":{\"const\":1}}}", "{\"a/b~\":2}",
		 "/a~1b~0: must be 1\n"},
		{"{\"enum\":[\"red\",\"green\"]}", "\"blue\"",
		 ": must be one of \"red\", \"green\"\n"},
		{"{\"required\":[\"a\",\"b\"]}", "{}",
		 ": the property \"a\" is missing\n: the property \"b\" is missing\n"},
		{"{\"properties\":{\"a\":{},\"b\":{}},\"additionalProperties\":false}",
		 "{\"c\":1}", "/c: this property is not allowed; known are \"a\", \"b\"\n"},
		{"{\"anyOf\":[{\"type\":\"string\"},{\"required\":[\"x\"]}]}", "{}",
		 ": must satisfy one of 2 alternatives: (1) must be string, not object; (2) "
		 "the "
		 "property \"x\" is missing\n"},
		{"{\"oneOf\":[{\"minimum\":1},{\"minimum\":2}]}", "3",
		 ": must satisfy exactly one of 2 alternatives, satisfies (1) and (2)\n"},
		{"{\"not\":{\"type\":\"null\"}}", "null",
		 ": must not satisfy {\"type\":\"null\"}\n"},
		{"{\"minLength\":3}", "\"\xc3\xa9\"",
		 ": must have at least 3 characters, has 1\n"},
		{"{\"pattern\":\"^a+$\"}", "\"b\"",
		 ": must match the regular expression \"^a+$\"\n"},
		{"{\"uniqueItems\":true}", "[1,2,1.0]",
		 ": items 0 and 2 are equal, but must be unique\n"},
		{"{\"multipleOf\":0.1}", "0.25", ": must be a multiple of 0.1\n"},
		{"{\"propertyNames\":{\"maxLength\":1}}", "{\"ab\":1}",
		 ": the name \"ab\" of a property must have at most 1 character, has 2\n"},
		{"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1}",
		 ": the property \"b\" is missing, which is needed beside \"a\"\n"},
		{"{\"unevaluatedProperties\":false,\"allOf\":[{\"properties\":{\"a\":{}}}]}",
		 "{\"a\":1,\"b\":2}", "/b: is not allowed here\n"},
		{"false", "1", ": no value is allowed here\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		const char *got = errors_of(&a, cases[i].schema, cases[i].instance);

		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s with %s: %s", cases[i].schema, cases[i].instance, got);
	}
}

/* SPEC 7.20 */
static void test_mock(void **state)
{
	static const struct {
		const char *schema, *want;
	} cases[] = {
		{"{\"const\":{\"a\":1},\"enum\":[2]}", "{\"a\":1}"},
		{"{\"enum\":[\"x\",\"y\"],\"default\":\"z\"}", "\"x\""},
		{"{\"type\":\"string\",\"default\":\"z\",\"examples\":[\"e\"]}", "\"z\""},
		{"{\"type\":\"string\",\"examples\":[\"e\",\"f\"]}", "\"e\""},
		{"{\"type\":\"string\"}", "\"mock\""},
		{"{\"type\":\"string\",\"minLength\":6}", "\"mockxx\""},
		{"{\"type\":\"string\",\"maxLength\":2}", "\"mo\""},
		{"{\"type\":[\"null\",\"string\"]}", "null"},
		{"{\"type\":\"boolean\"}", "true"},
		{"{\"type\":\"integer\"}", "0"},
		{"{\"type\":\"integer\",\"minimum\":3}", "3"},
		{"{\"type\":\"integer\",\"minimum\":2.5}", "3"},
		{"{\"type\":\"integer\",\"exclusiveMinimum\":3}", "4"},
		{"{\"type\":\"integer\",\"minimum\":3,\"multipleOf\":5}", "5"},
		{"{\"type\":\"integer\",\"maximum\":-3}", "-3"},
		{"{\"type\":\"integer\",\"exclusiveMaximum\":0}", "-1"},
		{"{\"type\":\"integer\",\"maximum\":-3,\"multipleOf\":2}", "-4"},
		{"{\"type\":\"integer\",\"minimum\":-7}", "0"},
		{"{\"type\":\"number\",\"minimum\":0.5}", "0.5"},
		{"{\"type\":\"number\",\"exclusiveMinimum\":0}", "1"},
		{"{\"type\":\"number\",\"exclusiveMinimum\":0,\"maximum\":0.5}", "0.01"},
		{"{\"type\":\"number\",\"minimum\":0.29,\"multipleOf\":0.1}", "0.3"},
		{"{\"type\":\"number\",\"minimum\":1e400}", "1e400"},
		{"{\"type\":\"number\",\"minimum\":-1e400}", "0"},
		{"{\"type\":\"number\",\"maximum\":-1e400}", "-1e400"},
		{"{\"type\":\"number\",\"maximum\":1e400}", "0"},
		{"{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}", "[0]"},
		{"{\"type\":\"array\",\"minItems\":2,\"prefixItems\":[{\"const\":1}],"
		 "\"items\":{\"const\":2}}",
		 "[1,2]"},
		{"{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"integer\"},"
		 "\"a\":{\"type\":\"array\",\"items\":{\"type\":\"boolean\"}}}}",
		 "{\"b\":0,\"a\":[true]}"},
		{"{\"properties\":{\"a\":{\"$ref\":\"#/$defs/x\"}},"
		 "\"$defs\":{\"x\":{\"enum\":[7]}}}",
		 "{\"a\":7}"},
		{"{\"allOf\":[{\"properties\":{\"a\":{\"type\":\"string\"}}},"
		 "{\"properties\":{\"b\":{\"const\":1},\"a\":{\"minLength\":5}}}]}",
		 "{\"a\":\"mockx\",\"b\":1}"},
		{"{\"anyOf\":[{\"type\":\"null\"},{\"const\":1}]}", "null"},
		{"{\"oneOf\":[{\"const\":2},{\"const\":1}]}", "2"},
		{"{\"if\":{\"const\":2},\"then\":{\"const\":3},\"type\":\"integer\"}", "0"},
		{"{\"type\":\"object\",\"properties\":{\"v\":{\"const\":1},"
		 "\"next\":{\"$ref\":\"#\"}}}",
		 "{\"v\":1}"},
		{"true", "\"mock\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct schema *s;
		struct value v;
		struct why why;
		struct str got;

		if (schema_compile_text(&a, str_of(cases[i].schema), NULL, &s, &why) ||
		    schema_mock(s, &a, &v, &why))
			fail_msg("%s: %s", cases[i].schema, why.text);
		got = json_text(&a, &v);
		if (!str_is(got, cases[i].want))
			fail_msg("%s: %.*s, not %s", cases[i].schema, STR_ARG(got),
				 cases[i].want);
		schema_free(s);
	}
}

static void test_mock_limits(void **state)
{
	static const char *const cases[] = {
		"{\"type\":\"array\",\"minItems\":1e9}",
		"{\"type\":\"string\",\"minLength\":1e9}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct schema *s;
		struct value v;
		struct why why;

		assert_int_equal(schema_compile_text(&a, str_of(cases[i]), NULL, &s, &why), 0);
		assert_int_equal(schema_mock(s, &a, &v, &why), FAIL_INPUT);
		schema_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_mock),
		cmocka_unit_test(test_mock_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
