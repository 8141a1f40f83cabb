/* Sealed values: vectors made by another implementation, and every way to tamper. DESIGN 5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/seal.h"

static const struct seal_place place = {STR_INIT("team-a"), STR_INIT("github"),
					STR_INIT("token")};

/* The key 00 01 ... 1f, the nonce 00 01 ... 0b, values "" and "s3cret\0\xff". */
static const char vector_empty[] = "ark1:0c89f3cc:AAECAwQFBgcICQoLBzDe4jtKrKLH3ymiT_LAlA";
static const char vector_value[] =
	"ark1:0c89f3cc:AAECAwQFBgcICQoLNDG1aaCRwuR-zF952c_xAOmrVVyVoanz";
static const char vector_mac[] =
	"mac1:0c89f3cc:ed5b4ed98299735540e5d0d98917cf08832c05416b1bbb7ce3e0526171c648c5";

static struct seal_keys counting_key(void)
{
	char raw[SEAL_KEY_BYTES];
	struct seal_keys keys;
	struct why why;

	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = (char)i;
	if (seal_keys_parse(str_n(raw, sizeof(raw)), &keys, &why))
		fail_msg("%s", why.text);
	return keys;
}

static void opens_the_vectors(void **state)
{
	struct seal_keys keys = counting_key();
	AUTO_BUF out = BUF(100);
	struct why why;

	(void)state;
	assert_int_equal(seal_open(&keys, &place, str_of(vector_empty), &out, &why), FAIL_NONE);
	assert_int_equal(out.len, 0);
	assert_int_equal(seal_open(&keys, &place, str_of(vector_value), &out, &why), FAIL_NONE);
	assert_true(str_eq(buf_str(&out), STR("s3cret\0\xff")));
	assert_true(seal_mac_matches(&keys, &place, str_of(vector_mac), STR("s3cret")));
	buf_clear(&out);
	seal_mac_add(&keys, &place, STR("s3cret"), &out);
	assert_string_equal(buf_cstr(&out), vector_mac);
}

static void what_is_sealed_opens(void **state)
{
	struct seal_keys keys = counting_key();
	char value[300];

	(void)state;
	random_bytes(value, sizeof(value));
	for (size_t n = 0; n <= sizeof(value); n++) {
		AUTO_BUF text = BUF(1000);
		AUTO_BUF out = BUF(1000);
		struct why why;

		seal_add(&keys, &place, str_n(value, n), &text);
		assert_true(text.len <= n * 4 / 3 + SEAL_OVERHEAD_BYTES);
		assert_int_equal(seal_open(&keys, &place, buf_str(&text), &out, &why),
				 FAIL_NONE);
		assert_true(str_eq(buf_str(&out), str_n(value, n)));
	}
}

static void no_nonce_comes_twice(void **state)
{
	struct seal_keys keys = counting_key();
	AUTO_BUF a = BUF(200);
	AUTO_BUF b = BUF(200);

	(void)state;
	seal_add(&keys, &place, STR("x"), &a);
	seal_add(&keys, &place, STR("x"), &b);
	assert_false(str_eq(buf_str(&a), buf_str(&b)));
}

static void each_changed_byte_is_noticed(void **state)
{
	struct seal_keys keys = counting_key();
	char text[sizeof(vector_value)];

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		AUTO_BUF out = BUF(100);
		struct why why;

		memcpy(text, vector_value, sizeof(text));
		text[i] ^= 1;
		assert_int_equal(seal_open(&keys, &place, str_of(text), &out, &why),
				 FAIL_INPUT);
		assert_int_equal(out.len, 0);
		/* cut at each length */
		assert_int_equal(seal_open(&keys, &place, str_n(vector_value, i), &out, &why),
				 FAIL_INPUT);
	}
}

static void opens_in_its_place_only(void **state)
{
	static const struct seal_place others[] = {
		{STR_INIT("team-b"), STR_INIT("github"), STR_INIT("token")},
		{STR_INIT("team-a"), STR_INIT("gitlab"), STR_INIT("token")},
		{STR_INIT("team-a"), STR_INIT("github"), STR_INIT("key")},
		/* the same bytes with other borders */
		{STR_INIT("team-ag"), STR_INIT("ithub"), STR_INIT("token")},
		{STR_INIT("team-a"), STR_INIT("githubtoken"), STR_INIT("")},
	};
	struct seal_keys keys = counting_key();

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		AUTO_BUF out = BUF(100);
		struct why why;

		assert_int_equal(seal_open(&keys, &others[i], str_of(vector_value), &out, &why),
				 FAIL_INPUT);
		assert_false(
			seal_mac_matches(&keys, &others[i], str_of(vector_mac), STR("s3cret")));
	}
}

static void macs_match_their_token_only(void **state)
{
	struct seal_keys keys = counting_key();

	(void)state;
	assert_false(seal_mac_matches(&keys, &place, str_of(vector_mac), STR("s3creT")));
	assert_false(seal_mac_matches(&keys, &place, str_of(vector_mac), STR("")));
	assert_false(seal_mac_matches(&keys, &place, STR(""), STR("s3cret")));
	assert_false(seal_mac_matches(&keys, &place, STR("mac1:0c89f3cc:"), STR("s3cret")));
	assert_false(seal_mac_matches(&keys, &place, str_of(vector_value), STR("s3cret")));
}

static void keys_rotate(void **state)
{
	static const char one[] =
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
	AUTO_BUF file = BUF(1000);
	AUTO_BUF text = BUF(1000);
	AUTO_BUF out = BUF(100);
	struct seal_keys old, both;
	struct why why;

	(void)state;
	assert_int_equal(seal_keys_parse(str_of(one), &old, &why), FAIL_NONE);
	assert_string_equal(old.keys[0].id, counting_key().keys[0].id);
	buf_addf(&file, "# new\r\n%064d\n\n%s", 7, one);
	assert_int_equal(seal_keys_parse(buf_str(&file), &both, &why), FAIL_NONE);
	assert_int_equal(both.count, 2);

	/* what the old key sealed opens still, and is known to be old */
	assert_int_equal(seal_open(&both, &place, str_of(vector_value), &out, &why), FAIL_NONE);
	assert_false(seal_is_current(&both, str_of(vector_value)));
	assert_true(seal_mac_matches(&both, &place, str_of(vector_mac), STR("s3cret")));
	/* what the new key seals is closed to who has the old one only */
	seal_add(&both, &place, STR("x"), &text);
	assert_true(seal_is_current(&both, buf_str(&text)));
	assert_int_equal(seal_open(&old, &place, buf_str(&text), &out, &why), FAIL_INPUT);
	assert_string_equal(why.text, "sealed with a key that is not here");
}

static void refuses_bad_key_files(void **state)
{
	struct seal_keys keys = {.count = 42};
	AUTO_BUF many = BUF(1000);
	struct why why;

	(void)state;
	for (int i = 0; i <= SEAL_MAX_KEYS; i++)
		buf_addf(&many, "%064d\n", i);
	assert_int_equal(seal_keys_parse(buf_str(&many), &keys, &why), FAIL_INPUT);
	assert_int_equal(seal_keys_parse(STR(""), &keys, &why), FAIL_INPUT);
	assert_int_equal(seal_keys_parse(STR("# none\n"), &keys, &why), FAIL_INPUT);
	assert_int_equal(seal_keys_parse(str_sub(buf_str(&many), 0, 63), &keys, &why),
			 FAIL_INPUT);
	assert_int_equal(seal_keys_parse(str_sub(buf_str(&many), 0, 31), &keys, &why),
			 FAIL_INPUT);
	buf_cut(&many, 65);
	buf_addf(&many, "%064d\n", 0);
	assert_int_equal(seal_keys_parse(buf_str(&many), &keys, &why), FAIL_INPUT);
	assert_non_null(strstr(why.text, "line 2"));
	assert_int_equal(keys.count, 42);
	assert_int_equal(seal_keys_read(STR("/nonexistent/key"), &keys, &why), FAIL_INPUT);
	assert_non_null(strstr(why.text, "/nonexistent/key"));
}

static void a_value_over_the_limit_is_named(void **state)
{
	struct seal_keys keys = counting_key();
	AUTO_BUF out = BUF(7);
	struct why why;

	(void)state;
	assert_int_equal(seal_open(&keys, &place, str_of(vector_value), &out, &why),
			 FAIL_INPUT);
	assert_non_null(strstr(why.text, "secret-bytes"));
}

static void files_are_read_and_replaced_whole(void **state)
{
	char path[] = "/tmp/ark-test-file-XXXXXX";
	int fd = mkstemp(path);
	AUTO_BUF out = BUF(5000);
	AUTO_BUF small = BUF(4999);
	struct seal_keys keys;
	struct why why;
	char big[5000];

	(void)state;
	assert_true(fd >= 0);
	memset(big, 'x', sizeof(big));
	assert_int_equal(file_replace(str_of(path), str_n(big, sizeof(big)), 0600, &why), 0);
	assert_int_equal(file_read(str_of(path), &out, &why), 0);
	assert_true(str_eq(buf_str(&out), str_n(big, sizeof(big))));
	assert_int_equal(file_read(str_of(path), &small, &why), FAIL_INPUT);
	assert_non_null(strstr(why.text, "longer than 4999 bytes"));
	assert_int_equal(seal_keys_read(str_of(path), &keys, &why), FAIL_INPUT);
	assert_int_equal(file_replace(str_of(path), str_n(big, 0), 0600, &why), 0);
	buf_clear(&out);
	assert_int_equal(file_read(str_of(path), &out, &why), 0);
	assert_int_equal(out.len, 0);
	assert_int_equal(file_replace(str_of(path), str_n(big, SEAL_KEY_BYTES), 0600, &why), 0);
	assert_int_equal(seal_keys_read(str_of(path), &keys, &why), 0);
	assert_int_equal(keys.count, 1);
	assert_int_equal(file_replace(STR("/nonexistent/x"), STR("x"), 0600, &why), FAIL_BUSY);
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_the_vectors),
		cmocka_unit_test(what_is_sealed_opens),
		cmocka_unit_test(no_nonce_comes_twice),
		cmocka_unit_test(each_changed_byte_is_noticed),
		cmocka_unit_test(opens_in_its_place_only),
		cmocka_unit_test(macs_match_their_token_only),
		cmocka_unit_test(keys_rotate),
		cmocka_unit_test(refuses_bad_key_files),
		cmocka_unit_test(a_value_over_the_limit_is_named),
		cmocka_unit_test(files_are_read_and_replaced_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
