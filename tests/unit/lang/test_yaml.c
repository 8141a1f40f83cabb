#include "../vectors.h"

#include <time.h>

#include "base/limits.h"
#include "lang/yaml.h"

/* The reference's JSON and our value, number kinds included. */
static bool same(const struct value *a, const struct value *b)
{
	if (a->kind == VALUE_FLOAT && b->kind == VALUE_FLOAT &&
	    (a->real.literal.len == 0) != (b->real.literal.len == 0)) {
		AUTO_BUF x = BUF(1024), y = BUF(1024);

		json_add(&x, a);
		json_add(&y, b);
		return str_eq(buf_str(&x), buf_str(&y));
	}
	return value_eq(a, b);
}

static bool same_deep(const struct value *a, const struct value *b)
{
	if (a->kind == VALUE_LIST && b->kind == VALUE_LIST) {
		if (a->list.count != b->list.count)
			return false;
		for (size_t i = 0; i < a->list.count; i++)
			if (!same_deep(&a->list.items[i], &b->list.items[i]))
				return false;
		return true;
	}
	if (a->kind == VALUE_MAP && b->kind == VALUE_MAP) {
		if (a->map.count != b->map.count)
			return false;
		for (size_t i = 0; i < a->map.count; i++) {
			const struct value *other = value_get(b, a->map.entries[i].key);

			if (!other || !same_deep(&a->map.entries[i].value, other))
				return false;
		}
		return true;
	}
	return same(a, b);
}

/* What yaml_add writes is the same value again. */
static bool reads_back(struct arena *a, const struct value *v)
{
	AUTO_BUF b = BUF(1 << 20);
	struct value again;
	struct why why;

	yaml_add(&b, v);
	if (yaml_parse(a, buf_str(&b), &again, &why)) {
		print_error("%s: %s\n", buf_cstr(&b), why.text);
		return false;
	}
	if (same_deep(v, &again))
		return true;
	print_error("%s", buf_cstr(&b));
	return false;
}

static bool check_vector(struct arena *a, const struct value *v)
{
	bool want_error = value_get(v, STR("error"));
	const struct value *want = value_get(v, STR("json"));
	struct str text = vector_str(v, "yaml");
	struct yaml_document doc = {.value = value_nil}, second = {.value = value_nil};
	struct yaml y;
	bool ok;

	yaml_begin(&y, text);
	if (!yaml_next(&y, a, &doc))
		ok = !want_error && value_is_nil(want);
	else if (doc.fail)
		ok = want_error;
	else
		ok = yaml_next(&y, a, &second) ? want_error
					       : !want_error && same_deep(want, &doc.value);
	if (!ok)
		print_error("%s\n  reference: %s\n  here:      %s\n",
			    json_text(a, value_get(v, STR("yaml"))).ptr,
			    want_error ? "refused" : json_text(a, want).ptr,
			    doc.fail ? doc.why.text : json_text(a, &doc.value).ptr);
	if (!doc.fail && !reads_back(a, &doc.value)) {
		print_error("%s does not read back\n", json_text(a, &doc.value).ptr);
		return false;
	}
	return ok;
}

static void test_vectors(void **state)
{
	const char *other = getenv("YAML_VECTORS"); /* fresh ones, by hand */

	(void)state;
	assert_int_equal(vectors_each(other ? other : "tests/vectors/data/yaml.jsonl", 1000,
				      check_vector),
			 0);
}

struct documents {
	const char *text,
		*want; /* line:value or line!error of each document, one after another */
};

static void test_documents(void **state)
{
	static const struct documents cases[] = {
		{"", ""},
		{"\n# only a comment\n---\n---\n# and another\n...\n", ""},
		{"a: 1", "1:{\"a\":1} "},
		{"\xEF\xBB\xBF"
		 "a: 1\nb: 2",
		 "1:{\"a\":1,\"b\":2} "},
		{"---\na: 1\n---\nb: 2\n", "1:{\"a\":1} 3:{\"b\":2} "},
		{"a: 1\r\n---\r\nb: 2\r\n--- c", "1:{\"a\":1} 2:{\"b\":2} 4:\"c\" "},
		{"--- a\n--- # empty\n--- |\n  x\n---", "1:\"a\" 3:\"x\\n\" "},
		{"# c\n%YAML 1.1\n# d\n---\na: 1\n---\nb", "4:{\"a\":1} 6:\"b\" "},
		{"~", "1:null "},
		{"a: [\n---\nb: 1\n---\nc: }\n---\nd: 1\n",
		 "1!line 2 column 1: did not find expected node content, while parsing a flow "
		 "node "
		 "2:{\"b\":1} "
		 "4!line 5 column 4: did not find expected node content, while parsing a block "
		 "node "
		 "6:{\"d\":1} "},
		{"a: \"x\n---\nb: y\"\n",
		 "1!line 2 column 1: found unexpected end of stream, while scanning a quoted "
		 "scalar 2:{\"b\":\"y\\\"\"} "},
		{"a: 1\n...\nb: 2\n---\nc",
		 "1!line 3 column 1: text behind the end of the document "
		 "4:\"c\" "},
		{"---a\n--- b", "1:\"---a\" 2:\"b\" "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		AUTO_BUF got = BUF(4096);
		struct yaml_document doc;
		struct yaml y;

		yaml_begin(&y, str_of(cases[i].text));
		while (yaml_next(&y, &a, &doc)) {
			buf_addf(&got, "%u%c", doc.line, doc.fail ? '!' : ':');
			if (doc.fail)
				buf_adds(&got, doc.why.text);
			else
				json_add(&got, &doc.value);
			buf_addc(&got, ' ');
		}
		assert_string_equal(buf_cstr(&got), cases[i].want);
	}
}

struct refusal {
	const char *text, *why;
};

static void test_refusals(void **state)
{
	static const struct refusal cases[] = {
		{"a: 1\nb: 2\na: 3", "line 3 column 1: the same key twice: \"a\""},
		{"a:\n  on: 1\n  'true': 2", "line 3 column 3: the same key twice: \"true\""},
		{"m: &m {a: 1}\nx:\n  <<: *m\n  <<: *m\n",
		 "line 4 column 3: the same key twice: \"<<\""},
		{"x:\n  <<: [1]", "line 2 column 7: '<<' needs a map or a list of maps"},
		{"a: {{ .x }}", "line 1 column 5: object cannot be a key; a text that starts "
				"with '{' needs quotes"},
		{"a: b\n~: c", "line 2 column 1: null cannot be a key"},
		{"a: *b", "line 1 column 4: unknown anchor \"b\""},
		{"a: &b\n  - *b", "line 2 column 5: an alias inside its own anchor \"b\""},
		{"- !foo a", "line 1 column 3: unknown tag"},
		{"- !!int a", "line 1 column 3: not an !!int"},
		{"- .inf", "line 1 column 3: JSON has no infinity and no NaN"},
		{"a: b\n \tc: d\n",
		 "line 2 column 4: mapping values are not allowed in this context"},
		{"a: b\n\xC3\xA9\xFF: d\n", "line 2 column 2: invalid leading UTF-8 octet"},
		{"---\na: 1\n---\nb: 2", "line 3: a second document"},
		{"# nothing", "no YAML document"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct value v;
		struct why why;

		assert_int_equal(yaml_parse(&a, str_of(cases[i].text), &v, &why), FAIL_INPUT);
		assert_string_equal(why.text, cases[i].why);
	}
}

static void test_positions(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct yaml_document doc;
	struct yaml y;
	const struct value *b;

	(void)state;
	yaml_begin(&y,
		   STR("---\nx\n---\n# c\na: 1\n\xC3\xA9: {k: 'v'}\nc: &c\n  - d\ne: *c\n"));
	assert_true(yaml_next(&y, &a, &doc));
	assert_true(yaml_next(&y, &a, &doc));
	assert_int_equal(doc.fail, FAIL_NONE);
	assert_int_equal(doc.line, 3);
	assert_int_equal(doc.value.line, 5);
	assert_int_equal(doc.value.map.entries[1].line, 6);
	assert_int_equal(doc.value.map.entries[1].column, 1);
	b = value_get(value_get(&doc.value, STR("\xC3\xA9")), STR("k"));
	assert_int_equal(b->line, 6);
	assert_int_equal(b->column, 8);
	b = value_get(&doc.value, STR("e")); /* where the alias stands */
	assert_int_equal(b->line, 9);
	assert_int_equal(b->column, 4);
	assert_int_equal(value_at(b, 0)->line, 8);
}

/* Keys stand in the file's order; merged ones where `<<` stood. */
static void test_order(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct value v;

	(void)state;
	assert_int_equal(yaml_parse(&a,
				    STR("z: &z {q: 1, p: 2, o: 3}\n"
					"w: {r: 1, <<: [*z, {s: 4, q: 5}], p: own, a: 6}\n"),
				    &v, NULL),
			 FAIL_NONE);
	assert_string_equal(json_text(&a, &v).ptr,
			    "{\"z\":{\"q\":1,\"p\":2,\"o\":3},"
			    "\"w\":{\"r\":1,\"q\":1,\"o\":3,\"s\":4,\"p\":\"own\",\"a\":6}}");
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What the text is refused with; it must not take long (sanitizers and busy machines included). */
static void assert_refused(struct str text, const char *word)
{
	AUTO_ARENA a = ARENA_INIT;
	struct value v;
	struct why why;
	int64_t start = now_ms();

	assert_int_equal(yaml_parse(&a, text, &v, &why), FAIL_INPUT);
	if (!strstr(why.text, word))
		fail_msg("%s: no '%s'", why.text, word);
	assert_in_range(now_ms() - start, 0, 1000);
	assert_in_range(a.used, 0, 64 << 20);
}

static void nested(struct buf *b, const char *open, const char *middle, const char *close,
		   size_t depth)
{
	buf_clear(b);
	for (size_t i = 0; i < depth; i++)
		buf_adds(b, open);
	buf_adds(b, middle);
	for (size_t i = 0; i < depth; i++)
		buf_adds(b, close);
}

static void test_depth(void **state)
{
	static const char *const opens[] = {"[", "{a: ", "- ", "? "};
	static const char *const closes[] = {"]", "}", "", ""};
	AUTO_BUF b = BUF(1 << 20);
	AUTO_ARENA a = ARENA_INIT;
	struct value v;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		nested(&b, opens[i], "x", closes[i], 10000);
		assert_refused(buf_str(&b), i == 3 ? "" : "yaml-depth");
	}
	for (size_t i = 0; i < 3; i++) {
		nested(&b, opens[i], "x", closes[i], YAML_MAX_DEPTH + 1);
		assert_refused(buf_str(&b), "yaml-depth");
		nested(&b, opens[i], "x", closes[i], YAML_MAX_DEPTH);
		assert_int_equal(yaml_parse(&a, buf_str(&b), &v, NULL), FAIL_NONE);
	}
	/* Aliases count with what they stand for. */
	nested(&b, "[", "x", "]", 40);
	assert_int_equal(
		yaml_parse(&a, arena_printf(&a, "- &a %s\n- [*a]", buf_cstr(&b)), &v, NULL),
		FAIL_NONE);
	nested(&b, "[", "*a", "]", 40);
	assert_refused(
		arena_printf(&a, "- &a %s\n- %s",
			     "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
			     buf_cstr(&b)),
		"yaml-depth");
}

static void test_expansion(void **state)
{
	AUTO_BUF b = BUF(8 << 20);
	AUTO_ARENA a = ARENA_INIT;
	struct value v;

	(void)state;
	/* A billion laughs. */
	buf_adds(&b, "a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n");
	for (int i = 1; i < 20; i++) {
		buf_addf(&b, "a%d: &a%d [", i, i);
		for (int k = 0; k < 9; k++)
			buf_addf(&b, "*a%d%s", i - 1, k < 8 ? "," : "]\n");
	}
	assert_refused(buf_str(&b), "yaml-expansion");
	/* The same by merging. */
	buf_clear(&b);
	buf_adds(&b, "m: &m {");
	for (int i = 0; i < 1000; i++)
		buf_addf(&b, "k%d: 1, ", i);
	buf_adds(&b, "}\nx: {<<: [");
	for (int i = 0; i < 100000; i++)
		buf_adds(&b, "*m,");
	buf_adds(&b, "]}");
	assert_refused(buf_str(&b), "yaml-expansion");
	/* The limit and its neighbour: 1 + 1024 texts of 4093 + 3 bytes, with the brackets. */
	for (size_t copies = 1022; copies <= 1023; copies++) {
		buf_clear(&b);
		buf_adds(&b, "[&a ");
		for (int i = 0; i < 4093; i++)
			buf_addc(&b, 'x');
		for (size_t i = 0; i < copies; i++)
			buf_adds(&b, ", *a");
		buf_adds(&b, "]");
		assert_int_equal(yaml_parse(&a, buf_str(&b), &v, NULL),
				 copies == 1022 ? FAIL_NONE : FAIL_INPUT);
		arena_reset(&a);
	}
	/* Without aliases a document may be larger. */
	buf_clear(&b);
	buf_adds(&b, "x: [");
	while (b.len < LIMIT_YAML_EXPANSION_BYTES + 1000)
		buf_adds(&b, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, ");
	buf_adds(&b, "]");
	assert_int_equal(yaml_parse(&a, buf_str(&b), &v, NULL), FAIL_NONE);
}

static void repeat(struct buf *b, const char *text, size_t times)
{
	for (size_t i = 0; i < times; i++)
		buf_adds(b, text);
}

/* Each limit and its neighbour. */
static void test_sizes(void **state)
{
	enum { AROUND = 6 }; /* begin and end of stream, document and list */
	AUTO_ARENA a = ARENA_INIT;
	AUTO_BUF b = BUF(1 << 20);
	struct yaml_document doc;
	struct value v;
	struct why why;
	struct yaml y;

	(void)state;
	repeat(&b, "- a\n", LIMIT_YAML_NODES - AROUND);
	assert_int_equal(yaml_parse(&a, buf_str(&b), &v, &why), FAIL_NONE);
	arena_reset(&a);
	buf_adds(&b, "- a\n");
	assert_int_equal(yaml_parse(&a, buf_str(&b), &v, &why), FAIL_INPUT);
	assert_non_null(strstr(why.text, "beyond the limit yaml-nodes (100000 keys"));

	buf_clear(&b);
	repeat(&b, "--- a\n", LIMIT_YAML_DOCUMENTS);
	yaml_begin(&y, buf_str(&b));
	for (size_t i = 0; i < LIMIT_YAML_DOCUMENTS; i++, arena_reset(&a))
		assert_true(yaml_next(&y, &a, &doc) && !doc.fail);
	assert_false(yaml_next(&y, &a, &doc));
	repeat(&b, "--- a\n", 2);
	yaml_begin(&y, buf_str(&b));
	for (size_t i = 0; i < LIMIT_YAML_DOCUMENTS; i++, arena_reset(&a))
		assert_true(yaml_next(&y, &a, &doc) && !doc.fail);
	assert_true(yaml_next(&y, &a, &doc));
	assert_int_equal(doc.error_line, LIMIT_YAML_DOCUMENTS + 1);
	assert_string_equal(yaml_what(&doc), "beyond the limit yaml-documents (10000)");
	assert_false(yaml_next(&y, &a, &doc));
}

struct written {
	const char *json, *yaml;
};

static void test_write(void **state)
{
	static const struct written cases[] = {
		{"{}", "{}\n"},
		{"[]", "[]\n"},
		{"\"a\"", "a\n"},
		{"{\"a\":{\"b\":[1,2.5,true,null,{}]},\"c\":[]}",
		 "a:\n  b:\n  - 1\n  - 2.5\n  - true\n  - null\n  - {}\nc: []\n"},
		{"[[1,[2]],{\"a\":1,\"b\":{\"c\":\"d\"}}]",
		 "- - 1\n  - - 2\n- a: 1\n  b:\n    c: d\n"},
		{"{\"on\":\"yes\",\"1\":\"1\",\"a b\":\"2001-01-01\",\"\":\"\"}",
		 "\"on\": \"yes\"\n\"1\": \"1\"\na b: \"2001-01-01\"\n\"\": \"\"\n"},
		{"{\"t\":\"a: b\",\"u\":\"x #y\",\"v\":\"{{ .x "
		 "}}\",\"w\":\"a\\tb\\u0000\\u2028\"}",
		 "t: \"a: b\"\nu: \"x #y\"\nv: \"{{ .x }}\"\nw: \"a\\tb\\x00\\u2028\"\n"},
		{"{\"a\":\"x\\n  y\\n\",\"b\":[\"p\\n\\nq\",\"r\\n\\n\",\" s\\n\"]}",
		 "a: |\n  x\n    y\nb:\n- |-\n  p\n\n  q\n- |+\n  r\n\n- \" s\\n\"\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		AUTO_BUF b = BUF(4096);
		struct value v;

		assert_int_equal(json_parse(&a, str_of(cases[i].json), JSON_STRICT,
					    JSON_MAX_DEPTH, &v, NULL),
				 FAIL_NONE);
		yaml_add(&b, &v);
		assert_string_equal(buf_cstr(&b), cases[i].yaml);
		assert_true(reads_back(&a, &v));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),	  cmocka_unit_test(test_documents),
		cmocka_unit_test(test_refusals),  cmocka_unit_test(test_positions),
		cmocka_unit_test(test_order),	  cmocka_unit_test(test_depth),
		cmocka_unit_test(test_expansion), cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
