#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "http/media.h"
#include "http/route.h"
#include "http/uri.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void test_split(void **state)
{
	static const char *const good[][6] = {
		/* url, userinfo, host, port, path, query */
		{"http://h", "-", "h", "", "", "-"},
		{"HTTPS://u:p@h:8/a/b?c=d#e", "u:p", "h", "8", "/a/b", "c=d"},
		{"http://[::1]:80/", "-", "::1", "80", "/", "-"},
		{"http://h?q", "-", "h", "", "", "q"},
		{"http://h/?", "-", "h", "", "/", ""},
		{"http://a@b@h/", "a@b", "h", "", "/", "-"},
		{"http://h/x@y:z", "-", "h", "", "/x@y:z", "-"},
	};
	static const char *const bad[] = {"",
					  "h",
					  "//h",
					  "ftp://h",
					  "http://",
					  "http:///a",
					  "http://h:x",
					  "http://h:65536",
					  "http://a b",
					  "http://h\\@i",
					  "http://[::1",
					  "http://h\t",
					  "http://u@",
					  "x?http://h",
					  "http://[::1]x",
					  "http://[[::1]",
					  "http://[h]",
					  "http://h]",
					  "http://[1.2.3.4]"};
	struct uri u;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		if (!uri_split(str_of(good[i][0]), &u))
			fail_msg("refused: %s", good[i][0]);
		assert_true(str_is(u.userinfo.ptr ? u.userinfo : STR("-"), good[i][1]));
		assert_true(str_is(u.host, good[i][2]));
		assert_true(str_is(u.port, good[i][3]));
		assert_true(str_is(u.path, good[i][4]));
		assert_true(str_is(u.query.ptr ? u.query : STR("-"), good[i][5]));
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		if (uri_split(str_of(bad[i]), &u))
			fail_msg("taken: %s", bad[i]);
}

/* SPEC 2.9 */
static void test_print(void **state)
{
	static const char *const cases[][3] = {
		{"https://u:secret@h:8/p?token=x#f", "https://h:8", "https://h:8/p"},
		{"http://[::1]:80/p", "http://[::1]:80", "http://[::1]:80/p"},
		{"secret", "(invalid URL)", "(invalid URL)"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_BUF a = BUF(100), b = BUF(100);

		uri_add_origin(&a, str_of(cases[i][0]));
		uri_add_printable(&b, str_of(cases[i][0]));
		assert_string_equal(buf_cstr(&a), cases[i][1]);
		assert_string_equal(buf_cstr(&b), cases[i][2]);
	}
}

static void test_origin(void **state)
{
	(void)state;
	assert_true(uri_same_origin(STR("http://h/a"), STR("HTTP://H:80/b?c")));
	assert_true(uri_same_origin(STR("https://h:443"), STR("https://h")));
	assert_false(uri_same_origin(STR("https://h"), STR("http://h")));
	assert_false(uri_same_origin(STR("http://h:81"), STR("http://h")));
	assert_false(uri_same_origin(STR("http://h.i"), STR("http://h")));
	assert_false(uri_same_origin(STR("x"), STR("x")));
}

static void test_escapes(void **state)
{
	static const struct {
		const char *text, *path, *query; /* NULL: refused */
	} cases[] = {
		{"", "", ""},
		{"a+b", "a+b", "a b"},
		{"%41%2f%2B", "A/+", "A/+"},
		{"Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro \xe2\x82\xac \xf0\x9f\x98\x80",
		 "Euro \xe2\x82\xac \xf0\x9f\x98\x80"},
		{"%C0%A0", NULL, NULL}, /* overlong */
		{"%ff", NULL, NULL},
		{"%", NULL, NULL},
		{"%4", NULL, NULL},
		{"%4g", NULL, NULL},
		{"% 4", NULL, NULL},
		{"a%00b", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_BUF p = BUF(100), q = BUF(100), back = BUF(300), again = BUF(300);
		bool ok = uri_decode(&p, str_of(cases[i].text));

		if (ok != (cases[i].path != NULL) ||
		    uri_decode_query(&q, str_of(cases[i].text)) != ok)
			fail_msg("%s", cases[i].text);
		if (!ok)
			continue;
		assert_string_equal(buf_cstr(&p), cases[i].path);
		assert_string_equal(buf_cstr(&q), cases[i].query);
		uri_encode(&back, buf_str(&p));
		assert_true(uri_decode_query(&again, buf_str(&back)));
		assert_string_equal(buf_cstr(&again), cases[i].path);
	}
	{
		AUTO_BUF out = BUF(100), small = BUF(2);

		uri_encode(&out, STR("aZ9-._~ /%\xc3\xa9"));
		assert_string_equal(buf_cstr(&out), "aZ9-._~%20%2F%25%C3%A9");
		assert_false(uri_decode(&small, STR("abc")));
	}
}

static void test_query(void **state)
{
	struct str q = STR("a=1&b=x%20y+z&a=2&c&=d&e=%zz");
	static const struct {
		const char *name, *want;
		enum uri_param r;
	} cases[] = {
		{"a", "1", URI_PARAM_FOUND}, {"b", "x y z", URI_PARAM_FOUND},
		{"c", "", URI_PARAM_FOUND},  {"d", "", URI_PARAM_ABSENT},
		{"e", NULL, URI_PARAM_BAD},  {"A", "", URI_PARAM_ABSENT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_BUF out = BUF(100);

		assert_int_equal(uri_query_get(q, str_of(cases[i].name), &out), cases[i].r);
		if (cases[i].want)
			assert_string_equal(buf_cstr(&out), cases[i].want);
	}
}

static void test_routes(void **state)
{
	static const struct {
		const char *pattern, *path;
		enum route_match want;
		const char *first, *second;
	} cases[] = {
		{"/runs/{ns}/{name}", "/runs/a/b", ROUTE_FITS, "a", "b"},
		{"/runs/{ns}/{name}", "/runs/a%2Fb/%C3%A9", ROUTE_FITS, "a/b", "\xc3\xa9"},
		{"/runs/{ns}/{name}", "/runs/a/b/", ROUTE_OTHER, NULL, NULL},
		{"/runs/{ns}/{name}", "/runs/a", ROUTE_OTHER, NULL, NULL},
		{"/runs/{ns}/{name}", "/runs//b", ROUTE_OTHER, NULL, NULL},
		{"/runs/{ns}/{name}", "/runs/%61/%", ROUTE_BAD, NULL, NULL},
		{"/runs/{ns}/{name}", "/%72uns/a/b", ROUTE_FITS, "a", "b"},
		{"/runs/{ns}/x", "/runs/a/y", ROUTE_OTHER, NULL, NULL},
		{"/", "/", ROUTE_FITS, NULL, NULL},
		{"/a", "/A", ROUTE_OTHER, NULL, NULL},
		{"/a", "*", ROUTE_OTHER, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct http_field params[ROUTE_MAX_PARAMS];
		size_t n = 0;

		if (route_match(&a, str_of(cases[i].pattern), str_of(cases[i].path), params,
				&n) != cases[i].want)
			fail_msg("%s %s", cases[i].pattern, cases[i].path);
		if (!cases[i].first)
			continue;
		assert_int_equal(n, 2);
		assert_true(str_is(params[0].name, "ns"));
		assert_true(str_is(params[0].value, cases[i].first));
		assert_true(str_is(params[1].value, cases[i].second));
	}
	assert_true(route_method(STR("GET POST"), STR("HEAD")));
	assert_true(route_method(STR("GET POST"), STR("POST")));
	assert_false(route_method(STR("POST"), STR("HEAD")));
	assert_false(route_method(STR("GET POST"), STR("get")));
	assert_false(route_method(STR("POST"), STR("POS")));
}

static void test_media(void **state)
{
	static const char *const json[] = {"application/json",
					   "Application/JSON; charset=utf-8",
					   "application/cloudevents+json", "x/y+JSON ;a=b"};
	static const char *const other[] = {
		"",	     "json",	"application/",	    "text/plain", "application/jsonx",
		"a/+json x", "x/+json", "application/ json"};

	(void)state;
	for (size_t i = 0; i < COUNT(json); i++)
		assert_true(media_is_json(str_of(json[i])));
	for (size_t i = 0; i < COUNT(other); i++)
		if (media_is_json(str_of(other[i])))
			fail_msg("%s", other[i]);
	assert_true(media_is(STR("Text/Event-Stream;charset=x"), STR("text/event-stream")));
	assert_false(media_is(STR("text/event"), STR("text/event-stream")));
}

static void test_media_params(void **state)
{
	struct str params = STR(" charset=UTF-8; q=\"a \\\"b;,\" ;x=\"open;flag;e=");
	static const char *const cases[][2] = {{"CHARSET", "UTF-8"},
					       {"q", "a \"b;,"},
					       {"x", NULL},
					       {"flag", NULL},
					       {"no", NULL}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_BUF out = BUF(100);
		bool found = media_param(params, str_of(cases[i][0]), &out);

		if (found != (cases[i][1] != NULL))
			fail_msg("%s", cases[i][0]);
		if (found)
			assert_string_equal(buf_cstr(&out), cases[i][1]);
	}
}

static void test_lists(void **state)
{
	static const char *const want[] = {"a", "b;q=\"1,2\"", "c d"};
	struct str rest = STR(" a,, b;q=\"1,2\" ,c d,"), item;
	size_t n = 0;

	(void)state;
	while (media_list_next(&rest, &item))
		assert_true(n < 3 && str_is(item, want[n++]));
	assert_int_equal(n, 3);
	assert_true(media_list_has(STR("application/json, Text/Event-Stream;q=1"),
				   STR("text/event-stream")));
	assert_false(media_list_has(STR("application/jsonx"), STR("application/json")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),  cmocka_unit_test(test_print),
		cmocka_unit_test(test_origin), cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_query),  cmocka_unit_test(test_routes),
		cmocka_unit_test(test_media),  cmocka_unit_test(test_media_params),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
