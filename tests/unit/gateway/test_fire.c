/* The checks of a fire and the runs that it makes: SPEC 13.6, 13.8, 12.11 to 12.13. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "gateway/fire.h"

enum { NOW_SECONDS = 1774861200 }; /* 2026-03-30T09:00:00Z */

static struct object object_of(struct arena *a, enum kind kind, const char *name,
			       const char *spec)
{
	struct value *v = ARENA_NEW(a, struct value);

	assert_int_equal(json_parse(a, str_of(spec), JSON_STRICT, JSON_MAX_DEPTH, v, NULL),
			 FAIL_NONE);
	return (struct object){
		.kind = kind, .namespace = STR("n"), .name = str_of(name), .spec = v};
}

#define TEAM_SPEC                                                                              \
	"{\"roles\":[{\"name\":\"a\",\"arkAgent\":\"a\"}],\"pipeline\":[{\"role\":\"a\","      \
	"\"inputs\":{\"prompt\":\"x\"}}],\"input\":{\"k\":\"team\"},"                          \
	"\"inputs\":[{\"name\":\"n\",\"type\":\"number\",\"required\":true},{\"name\":\"k\"}]" \
	"}"

/* The world of these tests: team t, agent g. */
static const struct object *find(void *arg, enum kind kind, struct str namespace,
				 struct str name)
{
	struct arena *a = arg;
	struct object *o = ARENA_NEW(a, struct object);

	if (!str_is(namespace, "n"))
		return NULL;
	if (kind == KIND_TEAM && str_is(name, "t"))
		*o = object_of(a, kind, "t", TEAM_SPEC);
	else if (kind == KIND_AGENT && str_is(name, "g"))
		*o = object_of(a, kind, "g", "{}");
	else
		return NULL;
	return o;
}

struct request {
	const char *event; /* spec; NULL: there is none */
	enum credential credential;
	const char *mode, *timeout, *type, *body;
	const char *header, *header_value; /* one more */
	int status;			   /* 0: all checks pass */
	const char *words;
};

#define WEBHOOK(more)                                                                          \
	"{\"source\":{\"type\":\"webhook\"},\"targets\":[{\"team\":\"t\",\"input\":{\"n\":"    \
	"\"5\"}"                                                                               \
	"}]" more "}"
#define HOOK WEBHOOK("")
#define OFF WEBHOOK(",\"suspended\":true")
#define CRON                                                                                   \
	"{\"source\":{\"type\":\"cron\",\"cron\":\"@daily\"},\"targets\":[{\"team\":\"t\"}]}"
#define TWO                                                                                    \
	"{\"source\":{\"type\":\"webhook\"},\"targets\":[{\"agent\":\"g\",\"prompt\":\"1\"},"  \
	"{\"agent\":\"g\",\"prompt\":\"2\"}]}"
#define SIGNED                                                                                 \
	"{\"source\":{\"type\":\"webhook\",\"webhook\":{\"signature\":{\"scheme\":\"github\"," \
	"\"secretRef\":{\"name\":\"s\",\"key\":\"k\"},\"require\":true}}},"                    \
	"\"targets\":[{\"team\":\"t\"}]}"

static const struct request table[] = {
	/* 3 */
	{NULL, CREDENTIAL_NONE, .status = 401},
	{NULL, CREDENTIAL_NAMESPACE, .status = 404, .words = "no ArkEvent 'e'"},
	{NULL, CREDENTIAL_ADMIN, .status = 404},
	{CRON, CREDENTIAL_NONE, .status = 401},
	{CRON, CREDENTIAL_EVENT, .status = 400, .words = "of type cron"},
	/* 5, before 6 */
	{HOOK, CREDENTIAL_NONE, .status = 401},
	{HOOK, CREDENTIAL_NAMESPACE, .status = 401},
	{HOOK, CREDENTIAL_ADMIN, .status = 401},
	{OFF, CREDENTIAL_NAMESPACE, .status = 401},
	{SIGNED, CREDENTIAL_EVENT, .status = 401, .words = "signed"},
	{"{\"source\":5}", CREDENTIAL_NONE, .status = 401},
	{"{\"source\":5}", CREDENTIAL_EVENT, .status = 400, .words = "not valid: spec.source"},
	/* 6, before 7 */
	{OFF, CREDENTIAL_EVENT, .type = "text/plain", .body = "x", .status = 503},
	/* 7, before 8 */
	{HOOK, CREDENTIAL_EVENT, .type = "text/plain", .body = "{", .status = 415},
	{HOOK, CREDENTIAL_EVENT, .type = "application/cloudevents-batch+json", .body = "[]",
	 .status = 415},
	{HOOK, CREDENTIAL_EVENT, .type = "text/plain", .body = ""},
	{HOOK, CREDENTIAL_EVENT, .type = "application/json; charset=utf-8", .body = "{}"},
	{HOOK, CREDENTIAL_EVENT, .type = "application/x+json", .body = "3"},
	{HOOK, CREDENTIAL_EVENT, .body = "[1]"},
	/* 8 */
	{HOOK, CREDENTIAL_EVENT, .body = "{} {}", .status = 400, .words = "body"},
	{HOOK, CREDENTIAL_EVENT, .body = "{\"a\":1,\"a\":2}", .status = 400},
	{HOOK, CREDENTIAL_EVENT, .mode = "", .status = 400, .words = "mode"},
	{HOOK, CREDENTIAL_EVENT, .mode = "SYNC", .status = 400},
	{HOOK, CREDENTIAL_EVENT, .timeout = "5", .status = 400, .words = "timeout"},
	{HOOK, CREDENTIAL_EVENT, .timeout = "0s", .status = 400},
	{HOOK, CREDENTIAL_EVENT, .timeout = "-1s", .status = 400},
	{TWO, CREDENTIAL_EVENT, .mode = "sse", .status = 400, .words = "exactly one target"},
	{TWO, CREDENTIAL_EVENT, .mode = "async"},
	{HOOK, CREDENTIAL_EVENT, .header = "Idempotency-Key", .header_value = "",
	 .status = 400},
	{HOOK, CREDENTIAL_EVENT, .header = "Idempotency-Key", .header_value = "\"\"",
	 .status = 400},
	{HOOK, CREDENTIAL_EVENT, .mode = "sync", .timeout = "1m30s"},
};

struct case_memory {
	struct arena arena;
	struct object event;
	struct http_field headers[3];
	struct fire_world world;
	struct fire fire;
};

static void prepare(struct case_memory *c, const struct request *r)
{
	size_t n = 0;

	*c = (struct case_memory){.world = {.limits = &limits_default, .object = find}};
	c->world.arg = &c->arena;
	if (r->type)
		c->headers[n++] = (struct http_field){STR("Content-Type"), str_of(r->type)};
	if (r->header)
		c->headers[n++] =
			(struct http_field){str_of(r->header), str_of(r->header_value)};
	c->fire = (struct fire){
		.arena = &c->arena,
		.world = &c->world,
		.namespace = STR("n"),
		.name = STR("e"),
		.credential = r->credential,
		.headers = {c->headers, n},
		.mode_text = r->mode ? str_of(r->mode) : str_n(NULL, 0),
		.timeout_text = r->timeout ? str_of(r->timeout) : str_n(NULL, 0),
		.body = str_of(r->body),
		.now_ms = NOW_SECONDS * INT64_C(1000),
	};
	if (r->event)
		c->event = object_of(&c->arena, KIND_EVENT, "e", r->event);
}

static bool checks(struct case_memory *c, const struct request *r, struct refusal *no)
{
	return fire_check_event(&c->fire, r->event ? &c->event : NULL, no) &&
	       fire_check_request(&c->fire, no);
}

static void checks_answer_in_their_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct request *r = &table[i];
		struct refusal no = {.status = 0};
		struct case_memory c;

		prepare(&c, r);
		if (checks(&c, r, &no))
			no.status = 0;
		if (no.status != r->status)
			print_error("case %zu: %s\n", i, no.why.text);
		assert_int_equal(no.status, r->status);
		if (r->words && !strstr(no.why.text, r->words))
			fail_msg("case %zu: %s", i, no.why.text);
		arena_release(&c.arena);
	}
}

static void timeouts_are_cut_to_the_longest(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {{NULL, 60000}, {"1ms", 1}, {"1ns", 1}, {"5m", 300000}, {"100h", 300000}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct request r = {HOOK, CREDENTIAL_EVENT, .mode = "sync",
					  .timeout = cases[i].text};
		struct refusal no;
		struct case_memory c;

		prepare(&c, &r);
		assert_true(checks(&c, &r, &no));
		assert_int_equal(c.fire.timeout_ms, cases[i].ms);
		arena_release(&c.arena);
	}
}

/* --- keys --------------------------------------------------------------------------------------------------- */

static void quotes_of_a_key_are_optional(void **state)
{
	const struct request plain = {HOOK, CREDENTIAL_EVENT, .header = "idempotency-key",
				      .header_value = "k"};
	const struct request quoted = {HOOK, CREDENTIAL_EVENT, .header = "Idempotency-Key",
				       .header_value = "\"k\""};
	const struct request other = {HOOK, CREDENTIAL_EVENT, .header = "Idempotency-Key",
				      .header_value = "j"};
	const struct request none = {HOOK, CREDENTIAL_EVENT, .header = "webhook-id",
				     .header_value = "k"};
	struct case_memory a, b, c, d;
	struct refusal no;

	(void)state;
	prepare(&a, &plain);
	prepare(&b, &quoted);
	prepare(&c, &other);
	prepare(&d, &none);
	assert_true(checks(&a, &plain, &no) && checks(&b, &quoted, &no));
	assert_true(checks(&c, &other, &no) && checks(&d, &none, &no));
	assert_int_equal(a.fire.key.len, FIRE_KEY_DIGITS);
	assert_true(str_eq(a.fire.key, b.fire.key));
	assert_false(str_eq(a.fire.key, c.fire.key));
	assert_int_equal(d.fire.key.len, 0);
	arena_release(&a.arena);
	arena_release(&b.arena);
	arena_release(&c.arena);
	arena_release(&d.arena);
}

static void a_key_remembers_its_first_answer(void **state)
{
	const struct request r = {HOOK, CREDENTIAL_EVENT, .body = "{\"a\":1}",
				  .header = "Idempotency-Key", .header_value = "k"};
	static const unsigned char random[RUN_NAME_RANDOM_BYTES + 16];
	struct fire_memory m;
	struct case_memory c;
	struct refusal no;

	(void)state;
	prepare(&c, &r);
	assert_true(checks(&c, &r, &no) && fire_plan(&c.fire, &no));
	fire_name_runs(&c.fire, random);
	assert_int_equal(fire_memory_decode(&c.arena, fire_memory_encode(&c.fire), &m, NULL),
			 FAIL_NONE);
	assert_true(str_eq(m.answer, fire_answer(&c.fire)));
	assert_true(str_is(m.runs, "e-t-20260330-090000-aaaaaaaa"));
	assert_int_equal(m.status, 202);
	assert_true(fire_check_memory(&c.fire, &m, &no));
	m.body_hash = STR("other");
	assert_false(fire_check_memory(&c.fire, &m, &no));
	assert_int_equal(no.status, 422);
	assert_int_equal(fire_memory_decode(&c.arena, STR("{\"token\":\"x\"}"), &m, NULL),
			 FAIL_INPUT);
	arena_release(&c.arena);
}

/* --- runs ------------------------------------------------------------------------------------------------------ */

#define TARGET(t) "{\"source\":{\"type\":\"webhook\"},\"targets\":[" t "]}"

static const struct {
	const char *event, *body;
	const char *input;  /* of the one run; NULL: refused */
	const char *reason; /* then */
} plans[] = {
	{TARGET("{\"team\":\"t\",\"input\":{\"n\":\"{{ .trigger.body.n }}\"}}"), "{\"n\":7}",
	 "{\"n\":\"7\"}", NULL},
	/* One action that yields nil leaves its key unset; blanks around it do not matter. */
	{TARGET("{\"team\":\"t\",\"input\":{\"n\":\"1\",\"k\":\" {{ .trigger.body.x }} \"}}"),
	 "{}", "{\"n\":\"1\"}", NULL},
	{TARGET("{\"team\":\"t\",\"input\":{\"n\":\"1\",\"k\":\"a{{ .trigger.body.x }}\"}}"),
	 "{}", "{\"k\":\"a<no value>\",\"n\":\"1\"}", NULL},
	/* One that yields a list or map gives its JSON. */
	{TARGET("{\"team\":\"t\",\"input\":{\"n\":\"1\",\"k\":\"{{ .trigger.body }}\"}}"),
	 "{\"a\":[1,null]}", "{\"k\":\"{\\\"a\\\":[1,null]}\",\"n\":\"1\"}", NULL},
	{TARGET("{\"team\":\"t\",\"input\":{\"n\":\"1\",\"k\":\"{{ .trigger.name }} "
		"{{ .trigger.namespace }} {{ .trigger.type }} {{ .trigger.firedAt }}"
		"{{ .trigger.slot }}\"}}"),
	 "", "{\"k\":\"e n webhook 2026-03-30T09:00:00Z\",\"n\":\"1\"}", NULL},
	{TARGET("{\"team\":\"t\"}"), "", NULL, "InvalidInput"},
	{TARGET("{\"team\":\"t\",\"input\":{\"n\":\"x\"}}"), "", NULL, "InvalidInput"},
	{TARGET("{\"team\":\"t\",\"input\":{\"n\":\"{{ .trigger.body.n\"}}"), "", NULL,
	 "InvalidTemplate"},
	{TARGET("{\"team\":\"t\",\"input\":{\"n\":\"{{ fail \\\"no\\\" }}\"}}"), "", NULL,
	 "InvalidTemplate"},
	{TARGET("{\"team\":\"gone\"}"), "", NULL, "TeamNotFound"},
	{TARGET("{\"agent\":\"gone\",\"prompt\":\"x\"}"), "", NULL, "AgentNotFound"},
};

static void targets_become_runs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		const struct request r = {plans[i].event, CREDENTIAL_EVENT,
					  .body = plans[i].body};
		struct refusal no = {.status = 0};
		struct case_memory c;
		bool fine;

		prepare(&c, &r);
		assert_true(checks(&c, &r, &no));
		fine = fire_plan(&c.fire, &no);
		if (fine != (plans[i].input != NULL))
			fail_msg("plan %zu: %s", i, no.why.text);
		if (fine) {
			assert_int_equal(c.fire.run_count, 1);
			assert_string_equal(c.fire.runs[0].input.ptr, plans[i].input);
		} else {
			assert_int_equal(no.status, 400);
			assert_true(no.is_fire_failed);
			assert_string_equal(no.reason, plans[i].reason);
		}
		arena_release(&c.arena);
	}
}

static void headers_that_may_hold_a_secret_are_not_shown(void **state)
{
	static const struct {
		const char *name;
		bool shown;
	} headers[] = {{"X-Event", true},
		       {"Authorization", false},
		       {"Cookie", false},
		       {"X-GitLab-Token", false},
		       {"X-Client-Secret", false},
		       {"X-API-KEY", false},
		       {"Webhook-Signature", false},
		       {"Cookie-Law", true}};

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		const struct request r = {
			TARGET("{\"agent\":\"g\",\"prompt\":\"{{ range $k, $v := "
			       ".trigger.headers }}{{ $k }}={{ $v }};{{ end }}\"}"),
			CREDENTIAL_EVENT, .header = headers[i].name, .header_value = "v"};
		struct refusal no;
		struct case_memory c;

		prepare(&c, &r);
		assert_true(checks(&c, &r, &no) && fire_plan(&c.fire, &no));
		assert_int_equal(c.fire.runs[0].prompt.len > 0, headers[i].shown);
		arena_release(&c.arena);
	}
}

static void targets_of_one_name_are_numbered(void **state)
{
	const struct request r = {.event = TWO, .credential = CREDENTIAL_EVENT};
	static const unsigned char random[RUN_NAME_RANDOM_BYTES + 16];
	struct refusal no;
	struct case_memory c;

	(void)state;
	prepare(&c, &r);
	assert_true(checks(&c, &r, &no) && fire_plan(&c.fire, &no));
	fire_name_runs(&c.fire, random);
	assert_true(str_is(fire_run_names(&c.fire),
			   "e-g-20260330-090000-aaaaaaaa,e-g-20260330-090000-aaaaaaaa-2"));
	assert_true(str_is(fire_answer(&c.fire),
			   "{\"fired\":true,\"firedAt\":\"2026-03-30T09:00:00Z\",\"trigger\":"
			   "\"e\",\"targets\":2,\"runs\":[\"e-g-20260330-090000-aaaaaaaa\","
			   "\"e-g-20260330-090000-aaaaaaaa-2\"]}"));
	assert_true(str_is(fire_forbidden_answer(&c.fire),
			   "{\"fired\":false,\"trigger\":\"e\","
			   "\"reason\":\"ConcurrencyForbidden\"}"));
	arena_release(&c.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checks_answer_in_their_order),
		cmocka_unit_test(timeouts_are_cut_to_the_longest),
		cmocka_unit_test(quotes_of_a_key_are_optional),
		cmocka_unit_test(a_key_remembers_its_first_answer),
		cmocka_unit_test(targets_become_runs),
		cmocka_unit_test(headers_that_may_hold_a_secret_are_not_shown),
		cmocka_unit_test(targets_of_one_name_are_numbered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
