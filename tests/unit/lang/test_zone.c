/* Time zones, against Go's package time on the files of tests/vectors/data/zoneinfo. */
#include "../vectors.h"

#include "lang/zone.h"

static const char *const folder = "tests/vectors/data/zoneinfo";
static struct zones *zones;

static bool same_instant(const struct value *want, bool found, int64_t at)
{
	return want ? found && at == want->integer : !found;
}

static bool check_vector(struct arena *a, const struct value *v)
{
	const struct zone *z = zones_get(zones, vector_str(v, "zone"));
	int64_t at = value_get(v, STR("at"))->integer, prev = 0, next = 0;
	struct zone_offset o;
	bool ok, has_prev, has_next;

	if (!z)
		fail_msg("no zone %s", vector_str(v, "zone").ptr);
	o = zone_at(z, at);
	has_prev = zone_prev(z, at, &prev);
	has_next = zone_next(z, at, &next);
	ok = o.seconds == value_get(v, STR("offset"))->integer &&
	     o.dst == (value_get(v, STR("dst")) != NULL) &&
	     str_eq(o.name, vector_str(v, "name")) &&
	     same_instant(value_get(v, STR("prev")), has_prev, prev) &&
	     same_instant(value_get(v, STR("next")), has_next, next);
	if (!ok)
		print_error("%s\n  here: %d %.*s %d, %lld to %lld\n", json_text(a, v).ptr,
			    o.seconds, STR_ARG(o.name), o.dst, has_prev ? (long long)prev : -1,
			    has_next ? (long long)next : -1);
	return ok;
}

static void test_vectors(void **state)
{
	const char *other = getenv("ZONE_VECTORS"), *dir = getenv("ZONE_DIR");

	(void)state;
	zones = zones_new(dir ? dir : folder);
	assert_int_equal(vectors_each(other ? other : "tests/vectors/data/zone.jsonl", 1000,
				      check_vector),
			 0);
	zones = zones_free(zones);
}

static void test_utc(void **state)
{
	int64_t at;

	(void)state;
	assert_int_equal(zone_at(zone_utc(), 0).seconds, 0);
	assert_true(str_is(zone_at(zone_utc(), INT64_MIN).name, "UTC"));
	assert_false(zone_next(zone_utc(), INT64_MIN, &at));
	assert_false(zone_prev(zone_utc(), INT64_MAX, &at));
}

/* RFC 8536 section 3.3.1: summer time all the year round, by two changes at one instant. */
static void test_always_summer(void **state)
{
	struct zones *zs = zones_new(folder);
	const struct zone *z = zones_get(zs, STR("Test/Always"));
	int64_t at = 0;

	(void)state;
	for (int64_t t = 1900000000; t < 2100000000; t += 86400 * 5 + 3600)
		assert_int_equal(zone_at(z, t).seconds, -2 * 3600);
	assert_int_equal(zone_at(z, 4102455599).seconds, -2 * 3600); /* 2100-01-01 03:00 */
	assert_int_equal(zone_at(z, 4102455600).seconds, -2 * 3600);
	assert_false(zone_next(z, 1900000000, &at));
	assert_false(zone_prev(z, 1900000000, &at));
	zones_free(zs);
}

/* The ends of the number line give an answer and no overflow. */
static void test_far_away(void **state)
{
	static const int64_t instants[] = {INT64_MIN,
					   INT64_MIN + 1,
					   -INT64_C(9000000000000001),
					   INT64_C(9000000000000001),
					   INT64_MAX - 1,
					   INT64_MAX};
	struct zones *zs = zones_new(folder);
	const struct zone *z = zones_get(zs, STR("Europe/Berlin"));
	int64_t at;

	(void)state;
	for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++) {
		struct zone_offset o = zone_at(z, instants[i]);

		assert_in_range(o.seconds, 0, 7200);
		if (zone_next(z, instants[i], &at))
			assert_true(at > instants[i]);
		if (zone_prev(z, instants[i], &at))
			assert_true(at <= instants[i]);
	}
	zones_free(zs);
}

static void test_names(void **state)
{
	static const char *const unknown[] = {"Europe",
					      "Europe/",
					      "/Europe/Berlin",
					      "Europe//Berlin",
					      "../zoneinfo/Europe/Berlin",
					      "Europe/./Berlin",
					      "Europe/../Europe/Berlin",
					      "Europe/Berlin ",
					      "Europe/Bonn",
					      "Europe\\Berlin",
					      "europe/Berlin\n",
					      "Local",
					      "..",
					      "."};
	struct zones *zs = zones_new(folder);
	const struct zone *berlin = zones_get(zs, STR("Europe/Berlin"));

	(void)state;
	assert_non_null(berlin);
	assert_ptr_equal(zones_get(zs, STR("Europe/Berlin")), berlin);
	assert_ptr_equal(zones_get(zs, STR("")), zone_utc());
	assert_ptr_equal(zones_get(zs, STR("UTC")), zone_utc());
	assert_non_null(zones_get(zs, STR("Etc/GMT+12")));
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_null(zones_get(zs, str_of(unknown[i])));
	assert_null(zones_get(zs, STR("Europe/Berlin\0x")));
	zones_free(zs);
	assert_null(zones_free(NULL));
	assert_null(zone_free(NULL));

	zs = zones_new("/nowhere");
	assert_null(zones_get(zs, STR("Europe/Berlin")));
	assert_ptr_equal(zones_get(zs, STR("UTC")), zone_utc());
	zones_free(zs);
}

/* The whole file again, with one byte changed or cut off anywhere: refused or a sane zone. */
static void test_damaged(void **state)
{
	char bytes[4096];
	FILE *f = fopen("tests/vectors/data/zoneinfo/Africa/Cairo", "re");
	size_t len;

	(void)state;
	assert_non_null(f);
	len = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	assert_in_range(len, 100, sizeof(bytes) - 1);
	for (size_t i = 0; i < len; i++) {
		struct why why = {""};
		struct zone *z = zone_parse(str_n(bytes, i), &why);

		assert_null(z);
		assert_memory_equal(why.text, "time zone: ", 11);
		for (int bit = 0; bit < 8; bit++) {
			int64_t at;

			bytes[i] = (char)(bytes[i] ^ 1 << bit);
			z = zone_parse(str_n(bytes, len), NULL);
			if (z) {
				assert_in_range(zone_at(z, 1700000000).seconds + 93600, 0,
						187200);
				assert_true(!zone_next(z, 0, &at) || at > 0);
			}
			zone_free(z);
			bytes[i] = (char)(bytes[i] ^ 1 << bit);
		}
	}
}

static void test_footers(void **state)
{
	static const struct {
		const char *rule;
		bool ok;
	} cases[] = {
		{"UTC0", true},
		{"<+03>-3", true},
		{"<-0030>0:30:15", true},
		{"CET-1CEST,M3.5.0,M10.5.0/3", true},
		{"CET-1CEST-2,J60/-1,300/167", true},
		{"IST-1GMT0,M10.5.0,M3.5.0/1", true},
		{"CE-1", false},
		{"CET", false},
		{"CET-1CEST", false},
		{"CET-25", false},
		{"CET-1:60", false},
		{"CET-1CEST,M3.5.0", false},
		{"CET-1CEST,M13.5.0,M10.5.0", false},
		{"CET-1CEST,M3.0.0,M10.5.0", false},
		{"CET-1CEST,M3.6.0,M10.5.0", false},
		{"CET-1CEST,M3.5.7,M10.5.0", false},
		{"CET-1CEST,J0,J365", false},
		{"CET-1CEST,J1,J366", false},
		{"CET-1CEST,0,366", false},
		{"CET-1CEST,0/168,1", false},
		{"CET-1CEST,0,1x", false},
		{"<CET-1", false},
		{"<C@T>-1", false},
	};
	/* Two headers without anything but one type named "XXX". */
	static const char head[] = "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4"
				   "\0\0\0\0\0\0XXX\0";
	enum { HEAD = 44 + 6 + 4 };

	(void)state;
	assert_int_equal(sizeof(head) - 1, HEAD);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF b = BUF(1024);
		struct zone *z;

		buf_add(&b, str_n(head, HEAD));
		buf_add(&b, str_n(head, HEAD));
		buf_addf(&b, "\n%s\n", cases[i].rule);
		z = zone_parse(buf_str(&b), NULL);
		if ((z != NULL) != cases[i].ok)
			fail_msg("%s", cases[i].rule);
		zone_free(z);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),	      cmocka_unit_test(test_utc),
		cmocka_unit_test(test_always_summer), cmocka_unit_test(test_far_away),
		cmocka_unit_test(test_names),	      cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_footers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
