/* Requests, their signatures, and what answers mean: SPEC 16.8, 16.13; INTERFACES 17. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Before cmocka.h, which has a macro `fail`. */
#include "notifier/webhook.h"

#include <cmocka.h>

#include "base/buf.h"
#include "notifier/gate.h"

#define VECTOR "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
#define SECRET "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

static const char *signed_with(const char *secrets)
{
	static char text[512];
	AUTO_BUF b = BUF(512);
	struct why why;

	if (webhook_sign(&b, str_of(secrets), STR("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1614265330,
			 STR("{\"test\": 2432232314}"), &why))
		return NULL;
	memcpy(text, buf_cstr(&b), b.len + 1);
	return text;
}

static void signatures_are_those_of_standard_webhooks(void **state)
{
	(void)state;
	assert_string_equal(signed_with("whsec_" SECRET), VECTOR);
	assert_string_equal(signed_with(SECRET "\n"), VECTOR);
	assert_string_equal(signed_with("whsec_" SECRET "\r\n\n" SECRET), VECTOR " " VECTOR);
	assert_null(signed_with(""));
	assert_null(signed_with("\n"));
	assert_null(signed_with("whsec_"));
	assert_null(signed_with("not base64!"));
	assert_null(signed_with("whsec_" SECRET "\nwhsec_???"));
}

static void answers_follow_spec_16_8(void **state)
{
	static const struct {
		int status;
		enum webhook_verdict want;
	} cases[] = {
		{200, WEBHOOK_DELIVERED}, {204, WEBHOOK_DELIVERED}, {299, WEBHOOK_DELIVERED},
		{0, WEBHOOK_LATER},	  {408, WEBHOOK_LATER},	    {425, WEBHOOK_LATER},
		{429, WEBHOOK_LATER},	  {500, WEBHOOK_LATER},	    {599, WEBHOOK_LATER},
		{301, WEBHOOK_NEVER},	  {400, WEBHOOK_NEVER},	    {404, WEBHOOK_NEVER},
		{410, WEBHOOK_GONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(webhook_verdict_of(cases[i].status), cases[i].want);
}

static void waits_grow_with_jitter(void **state)
{
	static const int64_t seconds[] = {1,	4,    16,   64,	   300,	  900,
					  1800, 3600, 7200, 14400, 28800, 28800};
	AUTO_ARENA a = ARENA_INIT;

	(void)state;
	for (int64_t attempt = 1; attempt <= 12; attempt++) {
		int64_t base = seconds[attempt - 1] * 1000, least = INT64_MAX, most = 0;

		for (int i = 0; i < 200; i++) {
			struct str id = arena_printf(&a, "msg_%d", i);
			int64_t wait = webhook_wait_ms(id, attempt, -1);

			assert_int_equal(wait, webhook_wait_ms(id, attempt, -1));
			least = wait < least ? wait : least;
			most = wait > most ? wait : most;
		}
		assert_in_range(least, base * 8 / 10, base * 85 / 100);
		assert_in_range(most, base * 115 / 100, base * 12 / 10);
	}
	assert_int_equal(webhook_wait_ms(STR("x"), 9, 0), 0);
	assert_int_equal(webhook_wait_ms(STR("x"), 1, 3599999), 3599999);
	assert_int_equal(webhook_wait_ms(STR("x"), 1, 7200000), 3600000);
}

static enum fail no_secret(void *arg, struct arena *a, struct str namespace,
			   const struct key_ref *ref, struct str *ret, struct why *why)
{
	(void)arg;
	(void)namespace;
	if (str_is(ref->key, "gone"))
		return failf(why, FAIL_INPUT, "no key");
	*ret = arena_printf(a, " value of %.*s\n", STR_ARG(ref->key));
	return FAIL_NONE;
}

static struct str header_of(const struct webhook *w, const char *name)
{
	struct http_fields fields = {w->headers, w->header_count};

	return http_fields_get(fields, str_of(name));
}

static void a_request_has_its_headers(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct header headers[] = {
		{.name = STR("X-Key"), .secret = {STR("s"), STR("k"), false}},
		{.name = STR("Content-Type"), .value = STR("text/plain")},
		{.name = STR("Webhook-Id"), .value = STR("mine")},
		{.name = STR("X-Maybe"), .secret = {STR("s"), STR("gone"), true}},
	};
	struct channel channel = {.type = CHANNEL_WEBHOOK,
				  .url = STR("http://x/"),
				  .method = METHOD_PUT,
				  .headers = {headers, 4},
				  .has_template = true,
				  .template = STR("{{ .Event }}!")};
	struct notify policy = {.channels = &channel, .channel_count = 1, .all_events = true};
	struct message m = {.type = MSG_DELIVERY_REQUESTED,
			    .namespace = STR("ns"),
			    .identity = STR("msg_1"),
			    .event_type = STR("TeamFailed"),
			    .data = STR("{\"Event\":\"TeamFailed\"}")};
	struct webhook_world world = {
		.secret = no_secret, .limits = &limits_default, .now_seconds = 77};
	struct webhook hook;
	struct why why;

	(void)state;
	assert_int_equal(webhook_make(&a, &m, &policy, &world, &hook, &why), FAIL_NONE);
	assert_string_equal(hook.method, "PUT");
	assert_true(str_is(hook.body, "TeamFailed!"));
	assert_true(str_is(header_of(&hook, "x-key"), "value of k"));
	assert_true(str_is(header_of(&hook, "content-type"), "text/plain"));
	assert_true(str_is(header_of(&hook, "webhook-id"), "msg_1"));
	assert_true(str_is(header_of(&hook, "webhook-timestamp"), "77"));
	assert_null(header_of(&hook, "x-maybe").ptr);
	assert_null(header_of(&hook, "webhook-signature").ptr);
	headers[3].secret.optional = false;
	assert_int_equal(webhook_make(&a, &m, &policy, &world, &hook, &why), FAIL_INPUT);
	assert_string_equal(why.text, "header X-Maybe: no key");
}

static void turns_are_an_interval_apart(void **state)
{
	struct gate *g = calloc(1, sizeof(*g));
	bool back;

	(void)state;
	assert_non_null(g);
	for (int i = 0; i <= 5; i++) {
		assert_int_equal(gate_ask(g, STR("u"), 100, 1000, &back), i * 1000);
		assert_false(back);
	}
	/* the seventh would wait too long: it and those after it stay away, one by one */
	assert_int_equal(gate_ask(g, STR("u"), 100, 1000, &back), 6000);
	assert_true(back);
	assert_int_equal(gate_ask(g, STR("u"), 100, 1000, &back), 7000);
	assert_true(back);
	assert_int_equal(gate_ask(g, STR("other"), 100, 1000, &back), 0);
	assert_false(back);
	assert_int_equal(gate_ask(g, STR("u"), 6100, 1000, &back), 0);
	assert_false(back);
	free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_are_those_of_standard_webhooks),
		cmocka_unit_test(answers_follow_spec_16_8),
		cmocka_unit_test(waits_grow_with_jitter),
		cmocka_unit_test(a_request_has_its_headers),
		cmocka_unit_test(turns_are_an_interval_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
