/* What Go's regexp finds and replaces: tests/vectors/regex. */
#include "../vectors.h"

#include "lang/regex.h"

static bool same_groups(const struct regex *re, struct str text, const struct value *want)
{
	struct str groups[REGEX_GROUPS_MAX];
	size_t count = value_count(want) / 2;
	bool found;

	if (regex_find(re, text, 0, groups, REGEX_GROUPS_MAX, NULL, &found, NULL))
		return false;
	if (found != (count > 0))
		return false;
	for (size_t i = 0; i < count && i < REGEX_GROUPS_MAX; i++) {
		int64_t start = value_at(want, 2 * i)->integer,
			end = value_at(want, 2 * i + 1)->integer;
		const struct str *g = &groups[i];

		if ((start < 0) != (g->ptr == NULL))
			return false;
		if (start < 0 || text.len == 0)
			continue;
		if (g->ptr != text.ptr + start || g->len != (size_t)(end - start))
			return false;
	}
	return count == 0 || regex_groups(re) == count - 1;
}

static bool check(struct arena *a, const struct value *v)
{
	AUTO_BUF out = BUF(1 << 20);
	struct str pattern = vector_str(v, "re"), text = vector_str(v, "text");
	bool want_error = value_get(v, STR("error")) != NULL, fine;
	struct regex *re;
	struct why why;

	(void)a;
	if (regex_new(pattern, &re, &why)) {
		if (!want_error)
			print_error("%.*s: %s\n", STR_ARG(pattern), why.text);
		return want_error;
	}
	fine = !want_error && same_groups(re, text, value_get(v, STR("groups")));
	if (fine && (regex_replace(re, text, vector_str(v, "repl"), NULL, &out, &why) ||
		     !str_eq(buf_str(&out), vector_str(v, "out"))))
		fine = false;
	if (!fine)
		print_error("%.*s: '%s'\n", STR_ARG(pattern), buf_cstr(&out));
	regex_free(re);
	return fine;
}

static void test_vectors(void **state)
{
	const char *path = getenv("ARK_TEST_VECTORS"); /* a run with another seed */

	(void)state;
	assert_int_equal(
		vectors_each(path ? path : "tests/vectors/data/regex.jsonl", 1000, check), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
