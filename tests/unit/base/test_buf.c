#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"

/* A NUL stands behind the text whatever was asked for and not used. */
static void test_room(void **state)
{
	AUTO_BUF b = BUF(1000);
	char *room = buf_room(&b, 10);

	(void)state;
	assert_string_equal(buf_cstr(&b), "");
	memset(room, 'x', 10);
	buf_added(&b, 3);
	assert_string_equal(buf_cstr(&b), "xxx");
	assert_non_null(buf_room(&b, 500));
	assert_string_equal(buf_cstr(&b), "xxx");
}

/* What does not fit is dropped whole, and remembered. */
static void test_maximum(void **state)
{
	AUTO_BUF b = BUF(5);

	(void)state;
	buf_adds(&b, "12345");
	assert_false(b.full);
	buf_addc(&b, '6');
	assert_true(b.full);
	assert_string_equal(buf_cstr(&b), "12345");
	assert_null(buf_room(&b, 1));
	buf_drop(&b, 2);
	buf_addf(&b, "%d", 678);
	assert_string_equal(buf_cstr(&b), "345");
	buf_addf(&b, "%d", 67);
	assert_string_equal(buf_cstr(&b), "34567");
	assert_true(b.full);
}

static void test_numbers(void **state)
{
	static const struct {
		int64_t v;
		const char *want;
	} rows[] = {{0, "0"},
		    {9, "9"},
		    {-10, "-10"},
		    {INT64_MAX, "9223372036854775807"},
		    {INT64_MIN, "-9223372036854775808"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_BUF b = BUF(64);

		buf_addi(&b, rows[i].v);
		assert_string_equal(buf_cstr(&b), rows[i].want);
	}
}

/* Texts of every length around what is written at once. */
static void test_formats(void **state)
{
	char want[600];

	(void)state;
	for (size_t n = 250; n < 260; n++) {
		AUTO_BUF b = BUF(600), small = BUF(n - 1);

		memset(want, 'x', n);
		want[n] = '\0';
		buf_addf(&b, "%s%d", want, 7);
		assert_int_equal(b.len, n + 1);
		assert_memory_equal(b.ptr, want, n);
		assert_int_equal(b.ptr[n], '7');
		buf_addf(&small, "%s", want);
		assert_true(small.full);
		assert_int_equal(small.len, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_maximum),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
