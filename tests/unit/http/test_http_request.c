#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/http_chunked.h"
#include "http/http_head.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void test_end(void **state)
{
	static const struct {
		struct str bytes;
		size_t want;
	} cases[] = {
		{STR_INIT(""), 0},
		{STR_INIT("GET / HTTP/1.1\r\n"), 0},
		{STR_INIT("GET / HTTP/1.1\r\n\r"), 0},
		{STR_INIT("GET / HTTP/1.1\r\n\r\nGET"), 18},
		{STR_INIT("GET / HTTP/1.1\r\nA: b\r\n\r\n"), 24},
		{STR_INIT("GET / HTTP/1.1\n"), STR_NONE},
		{STR_INIT("\n"), STR_NONE},
		{STR_INIT("GET \0"), STR_NONE},
		{STR_INIT("GET / HTTP/1.1\r\n\n"), STR_NONE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t scanned = 0;

		assert_int_equal(http_head_end(cases[i].bytes, &scanned), cases[i].want);
	}
}

static void test_head(void **state)
{
	static const struct {
		const char *text;
		int status;
		const char *path, *query;
		bool keep_alive, chunked, expect;
		uint64_t length;
	} cases[] = {
		{"GET /a%20b?c=d HTTP/1.1\r\nHost: h\r\n\r\n", 0, "/a%20b", "c=d", true, false,
		 false, 0},
		{"GET http://h:1/a?b HTTP/1.1\r\nhost:h\r\n\r\n", 0, "/a", "b", true, false,
		 false, 0},
		{"GET http://h HTTP/1.1\r\nHost: h\r\n\r\n", 0, "/", "", true, false, false, 0},
		{"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 0, "*", "", true, false, false, 0},
		{"GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n", 0, "/", "", false,
		 false, false, 0},
		{"GET / HTTP/1.0\r\n\r\n", 0, "/", "", false, false, false, 0},
		{"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", 0, "/", "", true, false,
		 false, 0},
		{"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\nExpect: "
		 "100-Continue\r\n\r\n",
		 0, "/", "", true, false, true, 7},
		{"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n", 0, "/", "",
		 true, true, false, 0},
		{"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
		 501, NULL, NULL, false, false, false, 0},
		{"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
		 "Transfer-Encoding: chunked\r\n\r\n",
		 400, NULL, NULL, false, false, false, 0},
		{"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9223372036854775808\r\n\r\n",
		 400, NULL, NULL, false, false, false, 0},
		{"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505, NULL, NULL, false, false, false, 0},
		{"GET / http/1.1\r\nHost: h\r\n\r\n", 400, NULL, NULL, false, false, false, 0},
		{"GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 505, NULL, NULL, false, false, false, 0},
		{"GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400, NULL, NULL, false, false,
		 false, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_ARENA a = ARENA_INIT;
		const char *words = NULL;
		struct http_head h;

		if (http_head_parse(&a, str_of(cases[i].text), &h, &words) != cases[i].status)
			fail_msg("%s: %s", cases[i].text, words ? words : "taken");
		if (cases[i].status) {
			assert_non_null(words);
			continue;
		}
		assert_true(str_is(h.path, cases[i].path));
		assert_true(str_is(h.query, cases[i].query));
		assert_int_equal(h.keep_alive, cases[i].keep_alive);
		assert_int_equal(h.chunked, cases[i].chunked);
		assert_int_equal(h.expect_continue, cases[i].expect);
		assert_int_equal(h.length, cases[i].length);
	}
}

static void test_field_limit(void **state)
{
	AUTO_BUF text = BUF(100000);
	AUTO_ARENA a = ARENA_INIT;
	const char *words;
	struct http_head h;

	(void)state;
	buf_adds(&text, "GET / HTTP/1.1\r\nHost: h\r\n");
	for (int i = 1; i < HTTP_HEAD_MAX_FIELDS; i++)
		buf_adds(&text, "A: b\r\n");
	buf_adds(&text, "\r\n");
	assert_int_equal(http_head_parse(&a, buf_str(&text), &h, &words), 0);
	assert_int_equal(h.fields.count, HTTP_HEAD_MAX_FIELDS);
	buf_cut(&text, text.len - 2);
	buf_adds(&text, "A: b\r\n\r\n");
	assert_int_equal(http_head_parse(&a, buf_str(&text), &h, &words), 431);
}

/* The result of a text in pieces of step bytes. */
static enum http_chunked_result decode(struct str text, size_t step, struct buf *body)
{
	enum http_chunked_result r = HTTP_CHUNKED_MORE;
	struct http_chunked c = {0};
	size_t used;

	while (text.len && r == HTTP_CHUNKED_MORE) {
		r = http_chunked_feed(&c, str_sub(text, 0, step), body, &used);
		text = str_from(text, used);
	}
	if (r == HTTP_CHUNKED_DONE)
		assert_true(text.len == 0 || str_is(text, "next"));
	return r;
}

static void test_chunked(void **state)
{
	static const struct {
		struct str text;
		enum http_chunked_result want;
		const char *body;
	} cases[] = {
		{STR_INIT("0\r\n\r\nnext"), HTTP_CHUNKED_DONE, ""},
		{STR_INIT("3\r\nabc\r\n0A\r\n0123456789\r\n000\r\n\r\n"), HTTP_CHUNKED_DONE,
		 "abc0123456789"},
		{STR_INIT("3 ;ext=\"x\"\r\nabc\r\n0\r\nT: v\r\nU: w\r\n\r\nnext"),
		 HTTP_CHUNKED_DONE, "abc"},
		{STR_INIT("3\r\nab"), HTTP_CHUNKED_MORE, "ab"},
		{STR_INIT("14\r\n01234567890123456789\r\n1\r\n"), HTTP_CHUNKED_MORE, NULL},
		{STR_INIT("14\r\n01234567890123456789\r\n1\r\nx"), HTTP_CHUNKED_TOO_LARGE,
		 NULL},
		{STR_INIT("fffffffffffffff\r\nx"), HTTP_CHUNKED_TOO_LARGE, NULL},
		{STR_INIT("0fffffffffffffff\r\nx"), HTTP_CHUNKED_BAD, NULL},
		{STR_INIT("\r\n"), HTTP_CHUNKED_BAD, NULL},
		{STR_INIT(" 3\r\n"), HTTP_CHUNKED_BAD, NULL},
		{STR_INIT("3 x\r\n"), HTTP_CHUNKED_BAD, NULL},
		{STR_INIT("3\rx\n"), HTTP_CHUNKED_BAD, NULL},
		{STR_INIT("3\n"), HTTP_CHUNKED_BAD, NULL},
		{STR_INIT("3\r\nabcd"), HTTP_CHUNKED_BAD, NULL},
		{STR_INIT("3\r\nabc\rx"), HTTP_CHUNKED_BAD, NULL},
		{STR_INIT("3;\0\r\n"), HTTP_CHUNKED_BAD, NULL},
		{STR_INIT("0\r\nT: v\n"), HTTP_CHUNKED_BAD, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (size_t step = 1; step <= cases[i].text.len; step++) {
			AUTO_BUF body = BUF(20);

			if (decode(cases[i].text, step, &body) != cases[i].want)
				fail_msg("case %zu by %zu", i, step);
			if (cases[i].body)
				assert_string_equal(buf_cstr(&body), cases[i].body);
		}
	}
}

/* Framing is bounded: lines, trailers, and chunks of one byte with long extensions. */
static void test_chunked_limits(void **state)
{
	AUTO_BUF text = BUF(1 << 20), body = BUF(1 << 20);

	(void)state;
	buf_adds(&text, "1;");
	while (text.len < HTTP_CHUNK_MAX_LINE - 1)
		buf_addc(&text, 'x');
	buf_adds(&text, "\r\n");
	assert_int_equal(decode(buf_str(&text), 1, &body), HTTP_CHUNKED_MORE);
	buf_clear(&text);
	buf_adds(&text, "1;");
	while (text.len < HTTP_CHUNK_MAX_LINE)
		buf_addc(&text, 'x');
	buf_adds(&text, "\r\n");
	assert_int_equal(decode(buf_str(&text), 1, &body), HTTP_CHUNKED_BAD);

	buf_clear(&text);
	buf_adds(&text, "0\r\n");
	while (text.len < HTTP_CHUNK_MAX_TRAILERS + 10)
		buf_adds(&text, "Trailer: x\r\n");
	assert_int_equal(decode(buf_str(&text), 1000, &body), HTTP_CHUNKED_BAD);

	buf_clear(&text);
	while (text.len < 2 * HTTP_CHUNK_MAX_OVERHEAD)
		buf_adds(&text, "1;xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\na\r\n");
	buf_clear(&body);
	assert_int_equal(decode(buf_str(&text), 1000, &body), HTTP_CHUNKED_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_field_limit),
		cmocka_unit_test(test_chunked),
		cmocka_unit_test(test_chunked_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
