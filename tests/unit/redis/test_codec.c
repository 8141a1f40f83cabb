#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <event2/buffer.h>
#include <cmocka.h>

#include "base/buf.h"
#include "redis/codec.h"

enum { LIMIT = 64 * 1024 };

/* A reply in a form that a table can hold: "text" +status -error :1 nil [a,b] */
static void show(const struct reply *r, struct buf *out)
{
	switch (r->kind) {
	case REPLY_NIL: buf_adds(out, "nil"); return;
	case REPLY_STRING: buf_addf(out, "\"%.*s\"", STR_ARG(r->text)); return;
	case REPLY_STATUS: buf_addf(out, "+%.*s", STR_ARG(r->text)); return;
	case REPLY_ERROR: buf_addf(out, "-%.*s", STR_ARG(r->text)); return;
	case REPLY_INTEGER: buf_addi(out, r->integer); return;
	case REPLY_ARRAY:
		buf_addc(out, '[');
		for (size_t i = 0; i < r->count; i++) {
			buf_adds(out, i ? "," : "");
			show(&r->items[i], out);
		}
		buf_addc(out, ']');
		return;
	}
}

/* All replies in bytes that arrive in pieces of step; "!" at the end when the codec failed. */
static void decode(struct str bytes, size_t step, struct buf *out)
{
	struct codec *c = codec_new(LIMIT);
	struct why why = {""};
	enum fail f = FAIL_NONE;

	while (bytes.len && !f) {
		const struct reply *r = NULL;

		f = codec_feed(c, str_sub(bytes, 0, step), &why);
		bytes = str_from(bytes, step);
		while (!f && (f = codec_next(c, &r, &why)) == FAIL_NONE && r) {
			show(r, out);
			buf_addc(out, ' ');
		}
	}
	if (f) {
		buf_addc(out, '!');
		assert_int_equal(f, FAIL_INPUT);
		assert_true(why.text[0] != '\0');
		/* Failed once is failed for ever. */
		assert_int_equal(codec_feed(c, STR("+OK\r\n"), &why), FAIL_INPUT);
	}
	codec_free(c);
}

struct stream {
	const char *bytes, *want;
};

static const struct stream streams[] = {
	{"+PONG\r\n", "+PONG "},
	{"+\r\n$0\r\n\r\n", "+ \"\" "},
	{":0\r\n:-5\r\n:9223372036854775807\r\n", "0 -5 9223372036854775807 "},
	{"$5\r\na\r\nbc\r\n+x\r\n", "\"a\r\nbc\" +x "},
	{"$-1\r\n*-1\r\n*0\r\n", "nil nil [] "},
	{"-LOADING Redis is loading\r\n", "-LOADING Redis is loading "},
	{"*2\r\n*2\r\n+a\r\n$-1\r\n*1\r\n:7\r\n", "[[+a,nil],[7]] "},
	{"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "[[[[[[[1]]]]]]] "},
	/* One level deeper than REPLY_MAX_DEPTH. */
	{"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "!"},
	/* Garbage, whole or after a good reply. */
	{"HTTP/1.1 400 Bad Request\r\n", "!"},
	{"+OK\r\n\r\n", "+OK !"},
	{":12x\r\n", "!"},
	{"$x\r\n", "!"},
	{"*x\r\n", "!"},
	{"$-2\r\n", "!"},
	{"*-2\r\n", "!"},
	/* Types of RESP3, which nobody asked for. */
	{"%1\r\n+a\r\n+b\r\n", "!"},
	{"~1\r\n+a\r\n", "!"},
	{">1\r\n+a\r\n", "!"},
	{",1.5\r\n", "!"},
	{"#t\r\n", "!"},
	{"_\r\n", "!"},
	/* Lengths that only a hostile or broken peer sends. */
	{"*2147483647\r\n", "!"},
	{"*99999999999999999999\r\n", "!"},
	{"*1000000\r\n:1\r\n", "!"},
	{"$99999999999999999999\r\n", "!"},
};

static void test_streams_cut_anywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		struct str bytes = str_of(streams[i].bytes);

		for (size_t step = 1; step <= bytes.len; step++) {
			AUTO_BUF out = BUF(LIMIT);

			decode(bytes, step, &out);
			assert_string_equal(buf_cstr(&out), streams[i].want);
		}
	}
}

/* What is unfinished is neither an answer nor a failure. */
static void test_prefixes_wait(void **state)
{
	struct str bytes = STR("*2\r\n$3\r\nabc\r\n*1\r\n:1\r\n");

	(void)state;
	for (size_t n = 1; n < bytes.len; n++) {
		AUTO_BUF out = BUF(LIMIT);

		decode(str_sub(bytes, 0, n), n, &out);
		assert_string_equal(buf_cstr(&out), "");
	}
}

static void feed_string_of(size_t n, struct buf *out)
{
	AUTO_BUF bytes = BUF(2 * LIMIT);

	buf_addf(&bytes, "$%zu\r\n", n);
	for (size_t i = 0; i < n; i++)
		buf_addc(&bytes, 'x');
	buf_adds(&bytes, "\r\n");
	decode(buf_str(&bytes), 4096, out);
}

/* A huge string is refused while it arrives, not when all of it is in memory. */
static void test_reply_limit(void **state)
{
	struct codec *c = codec_new(LIMIT);
	char piece[1024];
	struct why why;
	const struct reply *r;
	size_t fed = 0;
	enum fail f;
	AUTO_BUF fits = BUF(2 * LIMIT);
	AUTO_BUF too_long = BUF(2 * LIMIT);

	(void)state;
	memset(piece, 'x', sizeof(piece));
	f = codec_feed(c, STR("$536870912\r\n"), &why);
	while (!f) {
		f = codec_feed(c, str_n(piece, sizeof(piece)), &why);
		fed += sizeof(piece);
		if (!f)
			f = codec_next(c, &r, &why);
		assert_true(fed <= LIMIT + 2 * sizeof(piece));
	}
	assert_non_null(strstr(why.text, "limit"));
	codec_free(c);

	feed_string_of(LIMIT / 2, &fits);
	assert_int_equal(fits.len, LIMIT / 2 + 3);
	feed_string_of(LIMIT + 1, &too_long);
	assert_string_equal(buf_cstr(&too_long), "!");
}

/* The arena of a reply is used again: many replies take no more memory than one. */
static void test_many_replies(void **state)
{
	struct codec *c = codec_new(LIMIT);
	const struct reply *r;
	struct why why;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		assert_int_equal(codec_feed(c, STR("*2\r\n$3\r\nabc\r\n:1\r\n"), &why), 0);
		assert_int_equal(codec_next(c, &r, &why), 0);
		assert_int_equal(r->items[1].integer, 1);
	}
	codec_free(c);
	codec_free(NULL);
}

static void test_write(void **state)
{
	struct evbuffer *out = evbuffer_new();
	const struct str argv[] = {STR("SET"), STR("a\0b"), {NULL, 0}, STR("%s\r\n")};
	static const char want[] =
		"*4\r\n$3\r\nSET\r\n$3\r\na\0b\r\n$0\r\n\r\n$4\r\n%s\r\n\r\n";
	struct str many[1000];

	(void)state;
	codec_write(out, argv, 4);
	assert_int_equal(evbuffer_get_length(out), sizeof(want) - 1);
	assert_memory_equal(evbuffer_pullup(out, -1), want, sizeof(want) - 1);
	evbuffer_drain(out, sizeof(want) - 1);

	for (size_t i = 0; i < 1000; i++)
		many[i] = STR("x");
	codec_write(out, many, 1000);
	assert_int_equal(evbuffer_get_length(out), 7 + 7 * 1000);
	evbuffer_free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams_cut_anywhere),
		cmocka_unit_test(test_prefixes_wait),
		cmocka_unit_test(test_reply_limit),
		cmocka_unit_test(test_many_replies),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
