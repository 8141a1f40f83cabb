/* Files that are made whole or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/file.h"

static char folder[] = "/tmp/ark-file-XXXXXX";

static struct str in_folder(struct arena *a, const char *name)
{
	return arena_printf(a, "%s/%s", folder, name);
}

static void a_file_is_created_once(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_BUF text = BUF(100);
	struct str path = in_folder(&a, "once");
	struct why why;
	struct stat st;
	bool made;

	(void)state;
	assert_int_equal(file_create(path, STR("first"), 0600, &made, &why), FAIL_NONE);
	assert_true(made);
	assert_int_equal(file_create(path, STR("second"), 0644, &made, &why), FAIL_NONE);
	assert_false(made);
	assert_int_equal(file_read(path, &text, &why), FAIL_NONE);
	assert_string_equal(buf_cstr(&text), "first");
	assert_int_equal(stat(path.ptr, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_nlink, 1); /* the temporary name is gone */
	assert_int_equal(file_create(in_folder(&a, "no/where"), STR(""), 0600, &made, &why),
			 FAIL_BUSY);
	assert_non_null(strstr(why.text, "no/where"));
}

static void a_file_is_replaced_whole(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_BUF text = BUF(100);
	struct str path = in_folder(&a, "again");
	struct why why;

	(void)state;
	assert_int_equal(file_replace(path, STR("a long first text"), 0600, &why), FAIL_NONE);
	assert_int_equal(file_replace(path, STR("short"), 0600, &why), FAIL_NONE);
	assert_int_equal(file_read(path, &text, &why), FAIL_NONE);
	assert_string_equal(buf_cstr(&text), "short");
}

static void folders_are_made_with_those_above_them(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct why why;
	struct stat st;

	(void)state;
	assert_int_equal(folder_make(in_folder(&a, "x/y/z"), 0700, &why), FAIL_NONE);
	assert_int_equal(folder_make(in_folder(&a, "x/y/z"), 0700, &why), FAIL_NONE);
	assert_int_equal(stat(in_folder(&a, "x/y").ptr, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(file_create(in_folder(&a, "x/file"), STR(""), 0600, NULL, &why),
			 FAIL_NONE);
	assert_int_equal(folder_make(in_folder(&a, "x/file/z"), 0700, &why), FAIL_BUSY);
	assert_int_equal(folder_make(in_folder(&a, "x/file"), 0700, &why), FAIL_BUSY);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	static const char *const names[] = {"once", "again", "x/file", "x/y/z", "x/y", "x", ""};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (remove(in_folder(&a, names[i]).ptr))
			return -1;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_created_once),
		cmocka_unit_test(a_file_is_replaced_whole),
		cmocka_unit_test(folders_are_made_with_those_above_them),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
