#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "redis/command.h"
#include "redis/reply.h"

struct classified {
	const char *text;
	enum reply_error want;
	enum fail fail;
};

/* The table of INTERFACES 24, with the texts as servers write them, and their neighbours. */
static void test_errors(void **state)
{
	static const struct classified cases[] = {
		{"BUSYGROUP Consumer Group name already exists", REPLY_ERROR_BUSYGROUP,
		 FAIL_NONE},
		{"NOGROUP No such key 'k' or consumer group 'g'", REPLY_ERROR_NOGROUP,
		 FAIL_BUSY},
		{"UNBLOCKED the stream key no longer exists", REPLY_ERROR_UNBLOCKED, FAIL_BUSY},
		{"OOM command not allowed when used memory > 'maxmemory'.", REPLY_ERROR_FULL,
		 FAIL_BUSY},
		{"MISCONF Errors writing to the AOF file", REPLY_ERROR_FULL, FAIL_BUSY},
		{"NOREPLICAS Not enough good replicas to write.", REPLY_ERROR_FULL, FAIL_BUSY},
		{"LOADING Redis is loading the dataset in memory", REPLY_ERROR_AWAY, FAIL_BUSY},
		{"MASTERDOWN Link with MASTER is down", REPLY_ERROR_AWAY, FAIL_BUSY},
		{"TRYAGAIN Multiple keys request during rehashing", REPLY_ERROR_AWAY,
		 FAIL_BUSY},
		{"CLUSTERDOWN The cluster is down", REPLY_ERROR_AWAY, FAIL_BUSY},
		{"READONLY You can't write against a read only replica.", REPLY_ERROR_READONLY,
		 FAIL_BUSY},
		{"MOVED 3999 127.0.0.1:6381", REPLY_ERROR_CLUSTER, FAIL_BROKEN},
		{"ASK 3999 127.0.0.1:6381", REPLY_ERROR_CLUSTER, FAIL_BROKEN},
		{"BUSY Redis is busy running a script.", REPLY_ERROR_BUSY, FAIL_BUSY},
		{"NOAUTH Authentication required.", REPLY_ERROR_DENIED, FAIL_BUSY},
		{"WRONGPASS invalid username-password pair", REPLY_ERROR_DENIED, FAIL_BUSY},
		{"NOPERM this user has no permissions", REPLY_ERROR_DENIED, FAIL_BUSY},
		{"ERR Function not found", REPLY_ERROR_NO_FUNCTION, FAIL_BUSY},
		{"WRONGTYPE Operation against a key", REPLY_ERROR_BUG, FAIL_BROKEN},
		{"CROSSSLOT Keys in request", REPLY_ERROR_BUG, FAIL_BROKEN},
		{"ERR syntax error", REPLY_ERROR_BUG, FAIL_BROKEN},
		{"ERR unknown command 'x', with args", REPLY_ERROR_BUG, FAIL_BROKEN},
		{"REFUSED not connected to Redis", REPLY_ERROR_REFUSED, FAIL_BUSY},
		{"OOM", REPLY_ERROR_FULL, FAIL_BUSY},
		{"OOMX no", REPLY_ERROR_OTHER, FAIL_BROKEN},
		{"oom no", REPLY_ERROR_OTHER, FAIL_BROKEN},
		{"ERR no such key", REPLY_ERROR_OTHER, FAIL_BROKEN},
		{"CONFLICT run", REPLY_ERROR_OTHER, FAIL_BROKEN},
		{"", REPLY_ERROR_OTHER, FAIL_BROKEN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct reply r = {.kind = REPLY_ERROR, .text = str_of(cases[i].text)};
		struct why why = {""};

		if (reply_error(&r) != cases[i].want)
			fail_msg("%s: %s", cases[i].text, reply_error_name(reply_error(&r)));
		assert_int_equal(reply_check(&r, &why), cases[i].fail);
		if (cases[i].fail)
			assert_non_null(strstr(why.text, cases[i].text));
	}
	assert_int_equal(reply_error(NULL), REPLY_ERROR_NONE);
	assert_int_equal(
		reply_error(&(const struct reply){.kind = REPLY_STRING, .text = STR("OOM x")}),
		REPLY_ERROR_NONE);
	assert_true(str_is(reply_error_prefix(&(const struct reply){
				   .kind = REPLY_ERROR, .text = STR("CONFLICT a b")}),
			   "CONFLICT"));
}

static const struct reply items[] = {
	{.kind = REPLY_STRING, .text = STR_INIT("lag")},
	{.kind = REPLY_INTEGER, .integer = -7},
	{.kind = REPLY_STRING, .text = STR_INIT("name")},
	{.kind = REPLY_STRING, .text = STR_INIT("agents")},
	{.kind = REPLY_STRING, .text = STR_INIT("odd")},
};
static const struct reply array = {.kind = REPLY_ARRAY, .items = items, .count = 5};

static void test_getters(void **state)
{
	const struct reply nil = {.kind = REPLY_NIL};
	const struct reply error = {.kind = REPLY_ERROR, .text = STR("OOM x")};
	const struct reply *got;
	struct why why;
	struct str text;
	int64_t n;
	size_t count;

	(void)state;
	assert_int_equal(reply_text(&items[3], &text, &why), FAIL_NONE);
	assert_true(str_is(text, "agents"));
	assert_int_equal(reply_text(&items[1], &text, &why), FAIL_BROKEN);
	assert_string_equal(why.text, "Redis answered an integer where a string was expected");
	assert_int_equal(reply_text(NULL, &text, &why), FAIL_BUSY);
	assert_int_equal(reply_text(&error, &text, &why), FAIL_BUSY);
	assert_string_equal(why.text, "Redis says: OOM x");
	assert_int_equal(reply_text(&nil, &text, &why), FAIL_BROKEN);

	assert_int_equal(reply_integer(&items[1], &n, &why), FAIL_NONE);
	assert_int_equal(n, -7);
	assert_int_equal(reply_integer(&items[0], &n, &why), FAIL_BROKEN);

	assert_int_equal(reply_array(&array, 5, 5, &got, &count, &why), FAIL_NONE);
	assert_ptr_equal(got, items);
	assert_int_equal(reply_array(&array, 0, 4, &got, &count, &why), FAIL_BROKEN);
	assert_int_equal(reply_array(&array, 6, 9, &got, &count, &why), FAIL_BROKEN);
	assert_int_equal(reply_array(&nil, 0, 4, &got, &count, &why), FAIL_NONE);
	assert_int_equal(count, 0);
	assert_int_equal(reply_array(&nil, 1, 4, &got, &count, &why), FAIL_BROKEN);

	assert_ptr_equal(reply_field(&array, "lag"), &items[1]);
	assert_ptr_equal(reply_field(&array, "name"), &items[3]);
	assert_null(reply_field(&array, "agents")); /* a value is not a name */
	assert_null(reply_field(&array, "odd"));    /* a name without a value */
	assert_null(reply_field(NULL, "lag"));
	assert_ptr_equal(reply_item(&array, 4), &items[4]);
	assert_null(reply_item(&array, 5));
	assert_null(reply_item(&nil, 0));
	assert_true(reply_is_nil(&nil));
	assert_false(reply_is_nil(NULL));
	assert_true(reply_is(&items[0], "lag"));
	assert_false(reply_is(&items[1], "lag"));
}

static void test_copy(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct reply *copy = reply_copy(&a, &array);

	(void)state;
	assert_null(reply_copy(&a, NULL));
	assert_int_equal(copy->count, 5);
	assert_ptr_not_equal(copy->items, items);
	assert_ptr_not_equal(copy->items[3].text.ptr, items[3].text.ptr);
	assert_true(str_is(copy->items[3].text, "agents"));
	assert_int_equal(copy->items[1].integer, -7);
}

static void test_command(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = command_begin(&a, "XADD");
	char text[] = "key";

	(void)state;
	command_add_copy(&c, str_of(text));
	text[0] = 'K';
	command_adds(&c, "*");
	command_addi(&c, INT64_MIN);
	command_addf(&c, "%s-%d", "id", 5);
	for (int i = 0; i < 1000; i++)
		command_add(&c, STR("f"));
	assert_int_equal(c.argc, 1005);
	assert_true(str_is(c.argv[0], "XADD"));
	assert_true(str_is(c.argv[1], "key"));
	assert_true(str_is(c.argv[3], "-9223372036854775808"));
	assert_true(str_is(c.argv[4], "id-5"));
	assert_true(str_is(c.argv[1004], "f"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_getters),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
