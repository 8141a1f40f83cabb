#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/sse_parse.h"
#include "http/sse_write.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The events of a text as "type|id|data\n" each, in chunks of n bytes. */
static enum sse_result read_all(struct str text, size_t n, struct buf *out, int64_t *ret_retry)
{
	struct sse_parse p;
	struct sse_event e;
	enum sse_result r = SSE_MORE;

	sse_parse_init(&p, 1000, 1000);
	for (size_t i = 0; i < text.len && r == SSE_MORE; i += n) {
		struct str chunk = str_sub(text, i, i + n);

		while ((r = sse_parse_next(&p, &chunk, &e)) == SSE_EVENT) {
			buf_add(out, e.type);
			buf_addc(out, '|');
			buf_add(out, e.id);
			buf_addc(out, '|');
			buf_add(out, e.data);
			buf_addc(out, '\n');
		}
		assert_true(r != SSE_MORE || chunk.len == 0);
	}
	*ret_retry = p.retry_ms;
	sse_parse_release(&p);
	return r;
}

struct vector {
	struct str text;
	const char *want;
};

/* INTERFACES 2.10 and what 2.2 to 2.5 say besides. */
static const struct vector vectors[] = {
	{STR_INIT("data: YHOO\ndata: +2\ndata: 10\n\n"), "message||YHOO\n+2\n10\n"},
	{STR_INIT(": x\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\n"
		  "data:  third event\n\n"),
	 "message|1|first event\nmessage||second event\nmessage|| third event\n"},
	{STR_INIT("data\n\ndata\ndata\n\ndata:"), "message||\nmessage||\n\n"},
	{STR_INIT("data:1\r:\0\n:\r\ndata:2\n:xxxx\rdata:3\n:data:fail\r:xxx\ndata:4\n\n"),
	 "message||1\n2\n3\n4\n"},
	{STR_INIT("\xef\xbb\xbf\xef\xbb\xbf"
		  "data:1\n\ndata:2\n\n"),
	 "message||2\n"},
	{STR_INIT("event: ping\n\ndata :a\n\nid: 1\0\ndata: b\n\n"), "message||b\n"},
	{STR_INIT("\xef\xbb\xbf"
		  "data:1\n\n"),
	 "message||1\n"},
	{STR_INIT("\xef\xbb"
		  "data:1\n\ndata:2\n\n"),
	 "message||2\n"},
	{STR_INIT("data:1\r\n\r\ndata:2\r\rdata:3\n\n"),
	 "message||1\nmessage||2\nmessage||3\n"},
	{STR_INIT("id: 7\nevent: a\ndata: x\n\ndata: y\n\n"), "a|7|x\nmessage|7|y\n"},
	{STR_INIT("id: 7\n\ndata: y\n\nid\ndata: z\n\n"), "message|7|y\nmessage||z\n"},
	{STR_INIT("event:\ndata:x\n\n"), "message||x\n"},
	{STR_INIT("Data: x\nDATA: y\n\n"), ""},
	{STR_INIT("data: a\n"), ""},
	{STR_INIT("\n\n\r\r\n"), ""},
	{STR_INIT(""), ""},
};

static void test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		for (size_t n = 1; n <= vectors[i].text.len; n++) {
			AUTO_BUF out = BUF(10000);
			int64_t retry;

			if (read_all(vectors[i].text, n, &out, &retry) != SSE_MORE)
				fail_msg("vector %zu refused", i);
			if (!str_is(buf_str(&out), vectors[i].want))
				fail_msg("vector %zu by %zu: %s", i, n, buf_cstr(&out));
		}
	}
}

static void test_retry(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} cases[] = {
		{"retry: 2000\n\n", 2000}, {"retry:0\n", 0},
		{"retry: -1\n", -1},	   {"retry: 1x\n", -1},
		{"retry\n", -1},	   {"retry: 1\nretry: x\n", 1},
		{"retry:  1\n", -1},	   {"retry: 99999999999999999999\n", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_BUF out = BUF(100);
		int64_t retry;

		assert_int_equal(read_all(str_of(cases[i].text), 1, &out, &retry), SSE_MORE);
		assert_int_equal(retry, cases[i].want);
	}
}

/* The limit is fine, one byte more is not, in one chunk and byte by byte. */
static void test_limits(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 2000; n += 1999) {
		static const struct {
			size_t line, lines; /* length of each data line, how many */
			enum sse_result want;
		} cases[] = {
			{995, 1, SSE_MORE},
			{996, 1, SSE_LINE_TOO_LONG},
			{499, 2, SSE_MORE}, /* 999 with the LF between */
			{333, 3, SSE_EVENT_TOO_LONG},
		};

		for (size_t i = 0; i < COUNT(cases); i++) {
			AUTO_BUF text = BUF(10000), out = BUF(10000);
			int64_t retry;

			for (size_t k = 0; k < cases[i].lines; k++) {
				buf_adds(&text, "data:");
				for (size_t c = 0; c < cases[i].line; c++)
					buf_addc(&text, 'x');
				buf_addc(&text, '\n');
			}
			buf_addc(&text, '\n');
			assert_int_equal(read_all(buf_str(&text), n, &out, &retry),
					 cases[i].want);
			assert_true((out.len > 0) == (cases[i].want == SSE_MORE));
		}
	}
	{
		AUTO_BUF text = BUF(10000), out = BUF(10000);
		int64_t retry;

		buf_adds(&text, "id:");
		while (text.len < 3 + SSE_MAX_NAME)
			buf_addc(&text, 'i');
		buf_adds(&text, "\ndata:x\n\n");
		assert_int_equal(read_all(buf_str(&text), 1, &out, &retry), SSE_MORE);
		buf_clear(&text);
		buf_adds(&text, "event:");
		while (text.len < 7 + SSE_MAX_NAME)
			buf_addc(&text, 'e');
		buf_adds(&text, "\n");
		assert_int_equal(read_all(buf_str(&text), 1, &out, &retry), SSE_EVENT_TOO_LONG);
	}
}

static void test_failure_is_final(void **state)
{
	struct str chunk = STR("data: too long\n"), more = STR("data:x\n\n");
	struct sse_event e;
	struct sse_parse p;

	(void)state;
	sse_parse_init(&p, 5, 100);
	assert_int_equal(sse_parse_next(&p, &chunk, &e), SSE_LINE_TOO_LONG);
	assert_int_equal(sse_parse_next(&p, &more, &e), SSE_LINE_TOO_LONG);
	sse_parse_release(&p);
}

static void test_write(void **state)
{
	AUTO_BUF out = BUF(1000), back = BUF(1000);
	int64_t retry;

	(void)state;
	sse_write_retry(&out, 2000);
	assert_true(sse_write_event(&out, STR("1700000000000-0"), STR("step.completed"),
				    STR("{\"a\":1}")));
	assert_string_equal(buf_cstr(&out), "retry: 2000\n\nid: 1700000000000-0\n"
					    "event: step.completed\ndata: {\"a\":1}\n\n");
	buf_clear(&out);
	sse_write_comment(&out, STR("tokens\r\noff"));
	assert_string_equal(buf_cstr(&out), ": tokens  off\n\n");
	buf_clear(&out);
	assert_true(sse_write_event(&out, STR(""), STR(""), STR(" a\r\nb\rc\n\nd\n")));
	assert_string_equal(buf_cstr(&out),
			    "data:  a\ndata: b\ndata: c\ndata: \ndata: d\ndata: \n\n");
	assert_int_equal(read_all(buf_str(&out), 1, &back, &retry), SSE_MORE);
	assert_string_equal(buf_cstr(&back), "message|| a\nb\nc\n\nd\n\n");
	buf_clear(&out);
	assert_true(sse_write_event(&out, STR(""), STR(""), STR("")));
	assert_string_equal(buf_cstr(&out), "data: \n\n");
	buf_clear(&out);
	assert_false(sse_write_event(&out, STR("1\n"), STR(""), STR("x")));
	assert_false(sse_write_event(&out, STR("1\0"), STR(""), STR("x")));
	assert_false(sse_write_event(&out, STR(""), STR("a\rb"), STR("x")));
	assert_int_equal(out.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors), cmocka_unit_test(test_retry),
		cmocka_unit_test(test_limits),	cmocka_unit_test(test_failure_is_final),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
