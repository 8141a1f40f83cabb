/* Templates, judged by Go's text/template: tests/vectors/template. */
#include "../vectors.h"

#include "lang/template.h"

enum { NOW = 1774857600 }; /* of the reference */

/* The data of the first line is that of every line without data of its own. */
static struct arena common_arena;
static struct value common;
static struct zones *zones;

static bool failed_as(const struct value *line, const char *kind, const struct why *why)
{
	struct str fail = value_text(value_get(line, STR("fail")));
	struct str at = value_text(value_get(line, STR("at")));

	if (str_is(fail, kind) && (!at.len || str_starts(why_str(why), at)))
		return true;
	print_error("%s failed: %s; wanted: %.*s %.*s\n", kind, why->text, STR_ARG(fail),
		    STR_ARG(at));
	return false;
}

static bool check(struct arena *a, const struct value *line)
{
	struct str want = value_text(value_get(line, STR("want")));
	const struct value *data = value_get(line, STR("d"));
	struct template_env env = {.now_seconds = NOW, .zones = zones};
	AUTO_ARENA scratch = ARENA_INIT;
	AUTO_BUF out = BUF(2 * TEMPLATE_OUTPUT_BYTES);
	struct template *t;
	struct why why = {""};

	if (!common.kind)
		common = value_copy(&common_arena, data);
	if (template_parse(a, value_text(value_get(line, STR("t"))), NULL, &t, &why))
		return failed_as(line, "parse", &why);
	if (template_run(t, data ? data : &common, &env, &scratch, &out, &why))
		return failed_as(line, "run", &why);
	if (value_get(line, STR("fail"))) {
		print_error("did not fail: %s\n", buf_cstr(&out));
		return false;
	}
	if (str_eq(buf_str(&out), want))
		return true;
	print_error("got:    %s\nwanted: %.*s\n", buf_cstr(&out), STR_ARG(want));
	return false;
}

static void test_vectors(void **state)
{
	const char *path = getenv("ARK_TEST_VECTORS"); /* a run with another seed */

	(void)state;
	zones = zones_new("tests/vectors/data/zoneinfo");
	assert_int_equal(
		vectors_each(path ? path : "tests/vectors/data/template.jsonl", 2000, check),
		0);
	zones_free(zones);
	arena_release(&common_arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
	};

	return cmocka_run_group_tests_name("template vectors", tests, NULL, NULL);
}
