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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
