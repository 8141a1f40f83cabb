/* What is no schema, and what would cost too much (SPEC 5.10, 5.11, 5.13). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/json.h"
#include "lang/schema.h"

static void test_refused(void **state)
{
	static const struct {
		const char *schema, *want;
	} cases[] = {
		{"1", "#: must be a schema, which is an object or true or false, not 1"},
		{"[]", "#: must be a schema, which is an object or true or false, not []"},
		{"{\"a\":1", "#: not JSON: line 1 column 7: ends too early"},
		{"{\"type\":\"text\"}",
		 "#/type: must be \"array\", \"boolean\", \"integer\", \"null\", \"number\", "
		 "\"object\", \"string\" or a list of them, not \"text\""},
		{"{\"properties\":{\"a\":{\"minLength\":-1}}}",
		 "#/properties/a/minLength: must be an integer of at least 0, not -1"},
		{"{\"items\":[{}]}",
		 "#/items: must be a schema, which is an object or true or false, not [{}]"},
		{"{\"required\":\"a\"}", "#/required: must be an array, not \"a\""},
		{"{\"allOf\":[]}", "#/allOf: must have at least 1 schema"},
		{"{\"$schema\":\"http://json-schema.org/draft-04/schema#\"}",
		 "#/$schema: unknown draft; known are "
		 "\"https://json-schema.org/draft/2020-12/schema\" and "
		 "\"http://json-schema.org/draft-07/schema#\""},
		{"{\"pattern\":\"(\"}", "#/pattern: not a regular expression: missing ): ("},
		{"{\"pattern\":\"(?=a)\"}",
		 "#/pattern: not a regular expression: invalid perl operator: (?="},
		{"{\"patternProperties\":{\"\\\\C\":{}}}",
		 "#/patternProperties/\\C: not a regular expression: invalid escape sequence: "
		 "\\C"},
		{"{\"$ref\":\"#/a\"}", "#/$ref: there is nothing at this place"},
		{"{\"$ref\":\"#/$ref\"}", "#/$ref: there is no schema at this place"},
		{"{\"$ref\":\"#/x\",\"x\":{\"type\":1}}",
		 "#/x/type: must be \"array\", \"boolean\", \"integer\", \"null\", \"number\", "
		 "\"object\", \"string\" or a list of them, not 1"},
		{"{\"$ref\":\"#x\"}", "#/$ref: there is no anchor \"x\""},
		{"{\"$ref\":\"#/%zz\"}", "#/$ref: not a URI reference"},
		{"{\"$ref\":\"#/a~2\",\"a~2\":{}}", "#/$ref: there is nothing at this place"},
		{"{\"$ref\":\"#/x/01\",\"x\":[{},{}]}",
		 "#/$ref: there is nothing at this place"},
		{"{\"$ref\":\"other.json\"}",
		 "#/$ref: refers to a document outside the schema (other.json)"},
		{"{\"$defs\":{\"never\":{\"$ref\":\"http://x/y\"}}}",
		 "#/$defs/never/$ref: refers to a document outside the schema (http://x/y)"},
		{"{\"$defs\":{\"a\":{\"$anchor\":\"x\"},\"b\":{\"$anchor\":\"x\"}}}",
		 "#/$defs/b: a second anchor \"x\""},
		{"{\"$defs\":{\"a\":{\"$id\":\"http://x\"},\"b\":{\"$id\":\"http://x\"}}}",
		 "#/$defs/b/$id: a second schema with this $id"},
		/* cycles that consume nothing */
		{"{\"$ref\":\"#\"}", "#: refers to itself without end"},
		{"{\"$defs\":{\"a\":{\"anyOf\":[{\"$ref\":\"#/$defs/b\"}]},"
		 "\"b\":{\"not\":{\"$ref\":\"#/$defs/a\"}}}}",
		 "#/$defs/a: refers to itself without end"},
		{"{\"dependentSchemas\":{\"a\":{\"$ref\":\"#\"}}}",
		 "#: refers to itself without end"},
		{"{\"if\":true,\"else\":{\"$ref\":\"#\"}}", "#: refers to itself without end"},
		{"{\"$dynamicAnchor\":\"a\",\"$dynamicRef\":\"#a\"}",
		 "#: refers to itself without end"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct schema *s = NULL;
		struct why why = {""};

		if (!schema_compile_text(&a, str_of(cases[i].schema), NULL, &s, &why))
			fail_msg("accepted: %s", cases[i].schema);
		assert_null(s);
		if (strcmp(why.text, cases[i].want) != 0)
			fail_msg("%s: %s", cases[i].schema, why.text);
	}
}

/* Cycles that make progress, or that a dynamic scope can break. */
static void test_cycles_accepted(void **state)
{
	static const char *const cases[] = {
		"{\"properties\":{\"a\":{\"$ref\":\"#\"}}}",
		"{\"items\":{\"$ref\":\"#\"},\"contains\":{\"$ref\":\"#\"},"
		"\"propertyNames\":{\"$ref\":\"#\"}}",
		"{\"then\":{\"$ref\":\"#\"}}", /* no if: never applied */
		"{\"$id\":\"http://x/"
		"a\",\"$dynamicAnchor\":\"n\",\"$defs\":{\"b\":{\"$id\":\"b\","
		"\"$dynamicAnchor\":\"n\",\"$dynamicRef\":\"#n\"}}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct schema *s = NULL;
		struct why why = {""};

		if (schema_compile_text(&a, str_of(cases[i]), NULL, &s, &why))
			fail_msg("%s: %s", cases[i], why.text);
		schema_free(s);
	}
}

static void repeat(struct buf *b, const char *text, size_t times)
{
	for (size_t i = 0; i < times; i++)
		buf_adds(b, text);
}

static enum fail compiles(const struct buf *text, struct why *why)
{
	AUTO_ARENA a = ARENA_INIT;
	struct schema *s;
	enum fail f;

	assert_false(text->full);
	f = schema_compile_text(&a, buf_str(text), NULL, &s, why);
	if (!f)
		schema_free(s);
	return f;
}

static void test_size(void **state)
{
	AUTO_BUF b = BUF(1 << 20);
	struct why why;

	(void)state;
	buf_adds(&b, "{\"title\":\"");
	repeat(&b, "x", (64 << 10) - b.len - 2);
	buf_adds(&b, "\"}");
	assert_int_equal(b.len, 64 << 10);
	assert_int_equal(compiles(&b, &why), FAIL_NONE);
	buf_addc(&b, ' ');
	assert_int_equal(compiles(&b, &why), FAIL_INPUT);
	assert_string_equal(why.text, "#: schema-bytes: a schema may have at most 65536 bytes");
}

static void test_depth(void **state)
{
	AUTO_BUF b = BUF(1 << 20);
	struct why why;

	(void)state;
	repeat(&b, "{\"not\":", 63);
	buf_adds(&b, "{}");
	repeat(&b, "}", 63);
	assert_int_equal(compiles(&b, &why), FAIL_NONE);
	buf_clear(&b);
	repeat(&b, "{\"not\":", 64);
	buf_adds(&b, "{}");
	repeat(&b, "}", 64);
	assert_int_equal(compiles(&b, &why), FAIL_INPUT);
	assert_string_equal(why.text, "#: schema-depth: a schema may have at most 64 levels");
	buf_clear(&b);
	repeat(&b, "[", 30000);
	repeat(&b, "]", 30000);
	assert_int_equal(compiles(&b, &why), FAIL_INPUT);
	assert_string_equal(why.text, "#: schema-depth: a schema may have at most 64 levels");
}

static void test_patterns(void **state)
{
	AUTO_BUF b = BUF(1 << 20);
	struct why why;

	(void)state;
	buf_adds(&b, "{\"anyOf\":[true");
	for (int i = 0; i <= SCHEMA_PATTERNS_MAX; i++)
		buf_addf(&b, ",{\"pattern\":\"a%d\"}", i);
	buf_adds(&b, "]}");
	assert_int_equal(compiles(&b, &why), FAIL_INPUT);
	assert_string_equal(why.text, "#/anyOf/257/pattern: more than 256 patterns");
	buf_clear(&b);
	buf_adds(&b, "{\"anyOf\":[true");
	for (int i = 0; i < 40; i++)
		buf_addf(&b, ",{\"pattern\":\"\\\\pL{40}%d\"}", i);
	buf_adds(&b, "]}");
	assert_int_equal(compiles(&b, &why), FAIL_INPUT);
	assert_non_null(strstr(why.text, "the patterns together are too large"));
}

static enum schema_verdict verdict(const struct buf *schema, struct str instance)
{
	AUTO_ARENA a = ARENA_INIT;
	struct schema *s;
	struct value v;
	struct schema_errors errors = {.count = 0};
	enum schema_verdict got;
	struct why why;

	assert_false(schema->full);
	if (schema_compile_text(&a, buf_str(schema), NULL, &s, &why) ||
	    json_parse(&a, instance, JSON_STRICT, 1000, &v, &why))
		fail_msg("%s", why.text);
	got = schema_validate(s, &v, &a, &errors);
	if (got == SCHEMA_LIMIT) {
		assert_int_equal(errors.count, 1);
		assert_true(str_is(errors.items[0].text, "schema limit exceeded"));
	}
	schema_free(s);
	return got;
}

/* 2^levels evaluations of one value */
static void doubling(struct buf *b, const char *keyword, int levels, const char *last)
{
	buf_clear(b);
	buf_adds(b, "{\"$defs\":{");
	for (int i = 0; i < levels; i++)
		buf_addf(b,
			 "\"d%d\":{\"%s\":[{\"$ref\":\"#/$defs/d%d\"},{\"$ref\":\"#/$defs/"
			 "d%d\"}]},",
			 i, keyword, i + 1, i + 1);
	buf_addf(b, "\"d%d\":%s},\"$ref\":\"#/$defs/d0\"}", levels, last);
}

static void test_evaluations(void **state)
{
	AUTO_BUF b = BUF(1 << 20);

	(void)state;
	doubling(&b, "allOf", 16, "true");
	assert_int_equal(verdict(&b, STR("1")), SCHEMA_VALID);
	doubling(&b, "allOf", 24, "true");
	assert_int_equal(verdict(&b, STR("1")), SCHEMA_LIMIT);
	doubling(&b, "anyOf", 24, "false");
	assert_int_equal(verdict(&b, STR("1")), SCHEMA_LIMIT);
	/* what is limited is neither right nor wrong, also below not */
	doubling(&b, "allOf", 24, "true");
	b.len -= strlen("\"$ref\":\"#/$defs/d0\"}");
	buf_adds(&b, "\"not\":{\"$ref\":\"#/$defs/d0\"}}");
	assert_int_equal(verdict(&b, STR("1")), SCHEMA_LIMIT);
}

/* A large instance may take more. */
static void test_evaluations_per_size(void **state)
{
	AUTO_BUF b = BUF(1 << 20);
	AUTO_BUF instance = BUF(4 << 20);

	(void)state;
	buf_adds(&b, "{\"items\":{\"allOf\":[");
	repeat(&b, "{\"type\":\"string\"},", 9);
	buf_adds(&b, "{\"minLength\":1}]}}");
	buf_adds(&instance, "[\"a\"");
	repeat(&instance, ",\"aaaaaaaaaaaaaaaaaaaaaaaaaaa\"", 120000);
	buf_adds(&instance, "]");
	assert_int_equal(verdict(&b, buf_str(&instance)), SCHEMA_VALID);
}

static void test_nesting(void **state)
{
	AUTO_BUF b = BUF(1 << 20);
	AUTO_BUF instance = BUF(1 << 20);

	(void)state;
	buf_adds(&b, "{\"items\":{\"$ref\":\"#\"}}");
	repeat(&instance, "[", 900);
	repeat(&instance, "]", 900);
	assert_int_equal(verdict(&b, buf_str(&instance)), SCHEMA_VALID);
	buf_clear(&b);
	buf_adds(&b, "{\"items\":{\"allOf\":[{\"$ref\":\"#\"}]}}");
	assert_int_equal(verdict(&b, buf_str(&instance)), SCHEMA_LIMIT);
}

/* Numbers are compared by digits and exponent and never expanded. */
static void test_numbers(void **state)
{
	static const struct {
		const char *schema, *instance;
		enum schema_verdict want;
	} cases[] = {
		{"{\"maximum\":1e1000000000}", "1e1000000001", SCHEMA_INVALID},
		{"{\"maximum\":1e1000000000}", "9e999999999", SCHEMA_VALID},
		{"{\"minimum\":-1e400}", "-1.0000000001e400", SCHEMA_INVALID},
		{"{\"const\":1e1000000000}", "10e999999999", SCHEMA_VALID},
		{"{\"const\":0}", "-0.000e99", SCHEMA_VALID},
		{"{\"const\":12345678901234567890123}", "12345678901234567890123.0",
		 SCHEMA_VALID},
		{"{\"const\":12345678901234567890123}", "12345678901234567890124",
		 SCHEMA_INVALID},
		{"{\"exclusiveMaximum\":9007199254740993}", "9007199254740993.0",
		 SCHEMA_INVALID},
		{"{\"exclusiveMaximum\":9007199254740993}", "9007199254740992.9", SCHEMA_VALID},
		{"{\"type\":\"integer\"}", "1e400", SCHEMA_VALID},
		{"{\"type\":\"integer\"}", "1.5e1", SCHEMA_VALID},
		{"{\"type\":\"integer\"}", "1.55e1", SCHEMA_INVALID},
		{"{\"type\":\"integer\"}", "1e-400", SCHEMA_INVALID},
		{"{\"type\":\"integer\"}", "0e-400", SCHEMA_VALID},
		{"{\"multipleOf\":3}", "1e1000000000", SCHEMA_INVALID},
		{"{\"multipleOf\":8}", "1e1000000000", SCHEMA_VALID},
		{"{\"multipleOf\":1e-400}", "0.1", SCHEMA_VALID},
		{"{\"multipleOf\":0.01}", "19.99", SCHEMA_VALID},
		{"{\"multipleOf\":0.01}", "19.999", SCHEMA_INVALID},
		{"{\"multipleOf\":123456789012345678901234567890}",
		 "246913578024691357802469135780", SCHEMA_VALID},
		{"{\"multipleOf\":123456789012345678901234567890}",
		 "246913578024691357802469135781", SCHEMA_INVALID},
		{"{\"multipleOf\":1e400}", "-3e400", SCHEMA_VALID},
		{"{\"multipleOf\":1e400}", "3e399", SCHEMA_INVALID},
		{"{\"maximum\":1e99999999999999999999999999}", "1e3", SCHEMA_VALID},
		{"{\"minimum\":1e-9999999999999999999999999}", "0", SCHEMA_INVALID},
		{"{\"maximum\":0e100000000000000000000}", "0", SCHEMA_VALID},
		{"{\"minLength\":1e30}", "\"a\"", SCHEMA_INVALID},
		{"{\"maxLength\":1e30}", "\"a\"", SCHEMA_VALID},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF schema = BUF(1024);

		buf_adds(&schema, cases[i].schema);
		if (verdict(&schema, str_of(cases[i].instance)) != cases[i].want)
			fail_msg("%s with %s", cases[i].schema, cases[i].instance);
	}
}

/* SPEC 5.12: at most 20 errors */
static void test_error_count(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_BUF b = BUF(1024);
	struct schema *s;
	struct value v;
	struct schema_errors errors;

	(void)state;
	assert_int_equal(schema_compile_text(&a, STR("{\"items\":{\"type\":\"string\"}}"), NULL,
					     &s, NULL),
			 0);
	buf_addc(&b, '[');
	repeat(&b, "1,", 20);
	buf_adds(&b, "1]");
	assert_int_equal(json_parse(&a, buf_str(&b), JSON_STRICT, 10, &v, NULL), 0);
	assert_int_equal(schema_validate(s, &v, &a, &errors), SCHEMA_INVALID);
	assert_int_equal(errors.count, SCHEMA_ERRORS_MAX);
	assert_true(errors.more);
	assert_true(str_is(errors.items[19].pointer, "/19"));
	schema_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cycles_accepted),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_evaluations),
		cmocka_unit_test(test_evaluations_per_size),
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_error_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
