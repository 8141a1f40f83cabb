/*
 * The public JSON Schema test suite (tests/vectors/data/json-schema): every file, every case. What
 * SPEC does not promise is listed here with its rule, and a case that is listed must really behave as
 * the list says. Beside it, cases of our own for what the suite's files here do not cover
 * (json-schema-own).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "lang/schema.h"

#define DATA "tests/vectors/data/"
#define SUITE DATA "json-schema/"
#define OWN DATA "json-schema-own/"

/* Schemas that are refused. SPEC 5.11: a reference to another document; SPEC 5.13: \p{Letter}, which
 * RE2 spells \p{L}. */
static const struct {
	const char *file, *description;
} refused[] = {
	{"json-schema/draft2020-12/patternProperties.json",
	 "patternProperties with Unicode property escape"},
	{"json-schema/draft2020-12/dynamicRef.json",
	 "strict-tree schema, guards against misspelled properties"},
	{"json-schema/draft2020-12/dynamicRef.json",
	 "tests for implementation dynamic anchor and reference link"},
	{"json-schema/draft2020-12/dynamicRef.json",
	 "$ref and $dynamicAnchor are independent of order - $defs first"},
	{"json-schema/draft2020-12/dynamicRef.json",
	 "$ref and $dynamicAnchor are independent of order - $ref first"},
	{"json-schema/draft2020-12/dynamicRef.json",
	 "$ref to $dynamicRef finds detached $dynamicAnchor"},
	{"json-schema/draft7/refRemote.json", NULL}, /* every schema of the file */
};

static bool is_refused(const char *file, struct str description)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (strcmp(file, refused[i].file) == 0 &&
		    (!refused[i].description || str_is(description, refused[i].description)))
			return true;
	return false;
}

static void read_file(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "r");
	char chunk[4096];
	size_t n;

	if (!f)
		fail_msg("%s: cannot be read", path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(out, str_n(chunk, n));
	fclose(f);
	assert_false(out->full);
}

/* The schema, in the draft of its folder unless it says otherwise. */
static struct value with_draft(struct arena *a, const struct value *schema, const char *draft)
{
	struct value_builder b;
	struct value extra;

	if (schema->kind != VALUE_MAP || value_get(schema, STR("$schema")))
		return *schema;
	value_map_begin(&b, a);
	value_map_add(&b, STR("$schema"), value_str(str_of(draft)));
	extra = value_map_done(&b);
	return value_merge(a, schema, &extra);
}

struct tally {
	size_t groups, cases, refused, wrong;
};

static void run_group(const char *file, const char *draft, const struct value *group,
		      struct tally *t)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct value *tests = value_get(group, STR("tests"));
	struct str description = value_text(value_get(group, STR("description")));
	struct value schema = with_draft(&a, value_get(group, STR("schema")), draft);
	struct schema *s = NULL;
	struct why why;
	bool refuse = is_refused(file, description);

	t->groups++;
	if (schema_compile(&a, &schema, NULL, &s, &why)) {
		t->refused++;
		if (refuse)
			return;
		print_error("%s: %.*s: %s\n", file, STR_ARG(description), why.text);
		t->wrong++;
		return;
	}
	if (refuse) {
		print_error("%s: %.*s: was not refused\n", file, STR_ARG(description));
		t->wrong++;
	}
	for (size_t i = 0; i < value_count(tests); i++) {
		const struct value *test = value_at(tests, i);
		const struct value *valid = value_get(test, STR("valid"));
		struct schema_errors errors;
		enum schema_verdict v;

		v = schema_validate(s, value_get(test, STR("data")), &a, &errors);
		t->cases++;
		if (v == (valid->boolean ? SCHEMA_VALID : SCHEMA_INVALID))
			continue;
		t->wrong++;
		print_error("%s: %.*s: %.*s: %s\n", file, STR_ARG(description),
			    STR_ARG(value_text(value_get(test, STR("description")))),
			    v == SCHEMA_VALID ? "was accepted" : errors.items[0].text.ptr);
	}
	schema_free(s);
}

static void run_folder(const char *folder, const char *draft, size_t least)
{
	DIR *d = opendir(folder);
	struct tally t = {0};
	struct dirent *e;

	if (!d)
		fail_msg("%s: run the tests from the top of the sources", folder);
	while ((e = readdir(d))) {
		AUTO_ARENA a = ARENA_INIT;
		AUTO_BUF text = BUF(4 << 20);
		struct value groups;
		struct why why;
		char path[512];

		if (!strstr(e->d_name, ".json"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		read_file(path, &text);
		if (json_parse(&a, buf_str(&text), JSON_LENIENT, 500, &groups, &why))
			fail_msg("%s: %s", path, why.text);
		for (size_t i = 0; i < value_count(&groups); i++)
			run_group(path + strlen(DATA), draft, value_at(&groups, i), &t);
	}
	closedir(d);
	print_message("%s: %zu schemas, %zu refused, %zu cases, %zu wrong\n", folder, t.groups,
		      t.refused, t.cases, t.wrong);
	assert_int_equal(t.wrong, 0);
	assert_true(t.cases >= least);
}

static void test_draft_2020_12(void **state)
{
	(void)state;
	run_folder(SUITE "draft2020-12", "https://json-schema.org/draft/2020-12/schema", 600);
	run_folder(OWN "draft2020-12", "https://json-schema.org/draft/2020-12/schema", 200);
}

static void test_draft_7(void **state)
{
	(void)state;
	run_folder(SUITE "draft7", "http://json-schema.org/draft-07/schema#", 700);
	run_folder(OWN "draft7", "http://json-schema.org/draft-07/schema#", 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_draft_2020_12),
		cmocka_unit_test(test_draft_7),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
