/* Digests against the vectors of their standards; codes both ways and what they refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"

static void digests_match_the_vectors(void **state)
{
	/* FIPS 180-4 examples; RFC 4231 cases 2 and 6. */
	static const struct {
		const char *data, *want;
	} sha[] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};
	char hex[SHA256_HEX_SIZE], big_key[131];

	(void)state;
	for (size_t i = 0; i < sizeof(sha) / sizeof(sha[0]); i++) {
		sha256_hex(str_of(sha[i].data), hex);
		assert_string_equal(hex, sha[i].want);
	}
	hmac_sha256_hex(STR("Jefe"), STR("what do ya want for nothing?"), hex);
	assert_string_equal(hex,
			    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(big_key, 0xaa, sizeof(big_key));
	hmac_sha256_hex(str_n(big_key, sizeof(big_key)),
			STR("Test Using Larger Than Block-Size Key - Hash Key First"), hex);
	assert_string_equal(hex,
			    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	hmac_sha256_hex(STR(""), STR(""), hex);
	assert_string_equal(hex,
			    "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void parts_are_one_text(void **state)
{
	const struct str parts[] = {STR("what do ya "), STR(""), STR("want for nothing?")};
	unsigned char whole[SHA256_BYTES], cut[SHA256_BYTES];

	(void)state;
	sha256(STR("what do ya want for nothing?"), whole);
	sha256_parts(parts, 3, cut);
	assert_memory_equal(whole, cut, sizeof(whole));
	hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), whole);
	hmac_sha256_parts(STR("Jefe"), parts, 3, cut);
	assert_memory_equal(whole, cut, sizeof(whole));
}

static void base64_both_ways(void **state)
{
	/* RFC 4648 section 10, and both alphabets. */
	static const struct {
		struct str data;
		const char *text, *url;
	} cases[] = {
		{STR_INIT(""), "", ""},
		{STR_INIT("f"), "Zg==", "Zg"},
		{STR_INIT("fo"), "Zm8=", "Zm8"},
		{STR_INIT("foo"), "Zm9v", "Zm9v"},
		{STR_INIT("foob"), "Zm9vYg==", "Zm9vYg"},
		{STR_INIT("fooba"), "Zm9vYmE=", "Zm9vYmE"},
		{STR_INIT("foobar"), "Zm9vYmFy", "Zm9vYmFy"},
		{STR_INIT("\xfb\xff\xfe\0"), "+//+AA==", "-__-AA"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF out = BUF(64);

		base64_add(&out, cases[i].data);
		assert_string_equal(buf_cstr(&out), cases[i].text);
		buf_clear(&out);
		base64url_add(&out, cases[i].data);
		assert_string_equal(buf_cstr(&out), cases[i].url);
		buf_clear(&out);
		assert_true(base64_decode(&out, str_of(cases[i].text)));
		assert_true(str_eq(buf_str(&out), cases[i].data));
		buf_clear(&out);
		assert_true(base64url_decode(&out, str_of(cases[i].url)));
		assert_true(str_eq(buf_str(&out), cases[i].data));
	}
}

static void base64_is_strict(void **state)
{
	static const char *const bad[] = {
		"Z",	  "Zg",	      "Zg=",  "Zg===", "=",	   "==",
		"====",	  "Z===",     "Zh==", "Zm9=",  "Zm 9",	   "Zg==\n",
		"\nZg==", "Zg==Zg==", "Z=g=", "-_==",  "Zm9v\xff",
	};
	static const char *const bad_url[] = {"Z", "Zg==", "Zh", "Zm9", "+/", "Zg\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO_BUF out = BUF(64);

		if (base64_decode(&out, str_of(bad[i])))
			fail_msg("accepted '%s'", bad[i]);
		assert_int_equal(out.len, 0);
	}
	for (size_t i = 0; i < sizeof(bad_url) / sizeof(bad_url[0]); i++) {
		AUTO_BUF out = BUF(64);

		if (base64url_decode(&out, str_of(bad_url[i])))
			fail_msg("accepted '%s'", bad_url[i]);
	}
}

static void hex_both_ways(void **state)
{
	AUTO_BUF out = BUF(64);

	(void)state;
	hex_add(&out, STR("\x00\x7f\xff"));
	assert_string_equal(buf_cstr(&out), "007fff");
	buf_clear(&out);
	assert_true(hex_decode(&out, STR("007FfF")));
	assert_true(str_eq(buf_str(&out), STR("\x00\x7f\xff")));
	buf_clear(&out);
	assert_false(hex_decode(&out, STR("0")));
	assert_false(hex_decode(&out, STR("0g")));
	assert_false(hex_decode(&out, STR("0x")));
	assert_int_equal(out.len, 0);
}

static void decoders_respect_the_limit(void **state)
{
	AUTO_BUF out = BUF(2);

	(void)state;
	assert_false(base64_decode(&out, STR("Zm9v")));
	assert_true(out.full);
	assert_int_equal(out.len, 0);
}

static void secrets_compare_by_length_first(void **state)
{
	(void)state;
	assert_true(secret_eq(STR(""), STR("")));
	assert_true(secret_eq(STR("token"), STR("token")));
	assert_false(secret_eq(STR("token"), STR("tokem")));
	assert_false(secret_eq(STR("token"), STR("toke")));
	assert_false(secret_eq(STR(""), STR("t")));
}

static void random_is_not_constant(void **state)
{
	char a[700] = {0}, b[700] = {0};

	(void)state;
	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	/* the tail is filled too: 2^-256 to be all zero by chance */
	assert_memory_not_equal(a + sizeof(a) - 32, (char[32]){0}, 32);
}

/* 4096 similar keys in 256 places: each place gets about 16. */
static void hash_fast_spreads(void **state)
{
	unsigned place[256] = {0};
	char zeros[40] = {0};

	(void)state;
	for (unsigned i = 0; i < 4096; i++) {
		AUTO_BUF key = BUF(32);

		buf_addf(&key, "default.run-%u", i);
		place[hash_fast(buf_str(&key), 7) & 255]++;
	}
	for (size_t i = 0; i < 256; i++)
		assert_in_range(place[i], 1, 48);
	assert_true(hash_fast(STR("a"), 1) != hash_fast(STR("a"), 2));
	for (size_t n = 1; n < sizeof(zeros); n++)
		assert_true(hash_fast(str_n(zeros, n), 1) != hash_fast(str_n(zeros, n - 1), 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_match_the_vectors),
		cmocka_unit_test(parts_are_one_text),
		cmocka_unit_test(base64_both_ways),
		cmocka_unit_test(base64_is_strict),
		cmocka_unit_test(hex_both_ways),
		cmocka_unit_test(decoders_respect_the_limit),
		cmocka_unit_test(secrets_compare_by_length_first),
		cmocka_unit_test(random_is_not_constant),
		cmocka_unit_test(hash_fast_spreads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
