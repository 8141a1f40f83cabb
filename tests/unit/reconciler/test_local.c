/* Which fields of a resource have no effect in local mode (SPEC 2.12). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/json.h"
#include "reconciler/local.h"

#include <cmocka.h>

static size_t fields_of(struct arena *a, const char *kind, const char *spec,
			const char *ret_fields[LOCAL_FIELDS_MAX])
{
	struct value v;
	struct object o;
	struct str json =
		arena_printf(a,
			     "{\"apiVersion\":\"arkonis.dev/v1alpha1\",\"kind\":\"%s\","
			     "\"metadata\":{\"name\":\"x\"},\"spec\":%s}",
			     kind, spec);

	assert_int_equal(json_parse(a, json, 0, 64, &v, NULL), FAIL_NONE);
	assert_int_equal(object_load(&v, &o, NULL), FAIL_NONE);
	return local_without_effect(&o, ret_fields);
}

static void test_fields(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *f[LOCAL_FIELDS_MAX];

	(void)state;
	assert_int_equal(fields_of(&a, "ArkAgent", "{\"model\":\"m\"}", f), 0);
	assert_int_equal(fields_of(&a, "ArkAgent", "{\"replicas\":3,\"resources\":{}}", f), 2);
	assert_string_equal(f[0], "spec.replicas");
	assert_string_equal(f[1], "spec.resources");
	assert_int_equal(fields_of(&a, "ArkTeam", "{\"autoscaling\":{\"enabled\":true}}", f),
			 1);
	assert_int_equal(fields_of(&a, "ArkEvent", "{\"replicas\":3}", f), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_fields)};

	return cmocka_run_group_tests_name("local", tests, NULL, NULL);
}
