/* Entries of a run as server-sent events: SPEC 13.11, 13.12. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/sse_event.h"

static const struct {
	struct message m;
	const char *want; /* NULL: readers do not see it */
} table[] = {
	{{.type = MSG_STEP_STARTED, .step = STR_INIT("a"), .worker = STR_INIT("w")},
	 "event: step.started\ndata: {\"step\":\"a\",\"phase\":\"Running\"}\n\n"},
	{{.type = MSG_STEP_STARTED, .step = STR_INIT("a"), .iteration = 1},
	 "event: step.started\ndata: {\"step\":\"a\",\"phase\":\"Running\"}\n\n"},
	{{.type = MSG_STEP_STARTED, .step = STR_INIT("a"), .iteration = 2, .rerun = 1},
	 "event: step.started\ndata: {\"step\":\"a\",\"phase\":\"Running\",\"iteration\":2,"
	 "\"rerun\":1}\n\n"},
	{{.type = MSG_TOKEN, .step = STR_INIT("a/b-1"), .token = STR_INIT("x\n\"y\"")},
	 "event: token\ndata: {\"step\":\"a/b-1\",\"token\":\"x\\n\\\"y\\\"\"}\n\n"},
	{{.type = MSG_TOKEN_RESET, .step = STR_INIT("a")},
	 "event: token.reset\ndata: {\"step\":\"a\"}\n\n"},
	{{.type = MSG_STEP_COMPLETED,
	  .step = STR_INIT("a"),
	  .output = STR_INIT("out"),
	  .input_tokens = 3,
	  .output_tokens = 4,
	  .duration_ms = 5,
	  .model = STR_INIT("m")},
	 "event: step.completed\ndata: {\"step\":\"a\",\"output\":\"out\",\"tokenUsage\":"
	 "{\"inputTokens\":3,\"outputTokens\":4,\"totalTokens\":7},\"durationMs\":5}\n\n"},
	{{.type = MSG_STEP_COMPLETED,
	  .step = STR_INIT("a/b c"),
	  .output = STR_INIT(""),
	  .truncated = true},
	 "event: step.completed\ndata: {\"step\":\"a/b c\",\"output\":\"\",\"durationMs\":0,"
	 "\"outputTruncated\":true,\"path\":\"/runs/n/r/steps/a%2Fb%20c/output\"}\n\n"},
	{{.type = MSG_STEP_SKIPPED, .step = STR_INIT("a"), .message = STR_INIT("if")},
	 "event: step.skipped\ndata: {\"step\":\"a\"}\n\n"},
	{{.type = MSG_STEP_FAILED,
	  .step = STR_INIT("a"),
	  .reason = STR_INIT("AgentError"),
	  .message = STR_INIT("AgentError: no")},
	 "event: step.failed\ndata: {\"step\":\"a\",\"error\":\"AgentError: no\","
	 "\"reason\":\"AgentError\"}\n\n"},
	{{.type = MSG_FLOW_COMPLETED,
	  .output = STR_INIT("o"),
	  .truncated = true,
	  .duration_ms = 9},
	 "event: flow.completed\ndata: {\"status\":\"succeeded\",\"output\":\"o\","
	 "\"durationMs\":9,\"outputTruncated\":true,\"path\":\"/runs/n/r/steps/-/"
	 "output\"}\n\n"},
	{{.type = MSG_FLOW_FAILED, .reason = STR_INIT("TimedOut"), .duration_ms = 9},
	 "event: flow.failed\ndata: {\"status\":\"failed\",\"reason\":\"TimedOut\","
	 "\"durationMs\":9}\n\n"},
	{{.type = MSG_FLOW_RETRIED, .attempt = 2},
	 "event: flow.retried\ndata: {\"attempt\":2}\n\n"},
	{{.type = MSG_RUN_STARTED}, NULL},
	{{.type = MSG_TASK_FINISHED, .step = STR_INIT("a")}, NULL},
};

static void every_type(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		AUTO_BUF got = BUF(1 << 16), want = BUF(1 << 16);
		struct message m = table[i].m;
		bool seen;

		m.id = STR("1-2");
		seen = sse_event_add(&got, &m, STR("n"), STR("r"));
		assert_int_equal(seen, table[i].want != NULL);
		if (seen)
			buf_addf(&want, "id: 1-2\n%s", table[i].want);
		assert_string_equal(buf_cstr(&got), buf_cstr(&want));
	}
}

static void the_largest_event_fits(void **state)
{
	struct message m = {.type = MSG_TOKEN, .id = STR("1-1"), .step = STR("a")};
	char *text = calloc(1, ENTRY_MAX_BYTES);
	AUTO_BUF b = BUF(2 * SSE_EVENT_MAX_BYTES);

	(void)state;
	assert_non_null(text);
	memset(text, 1, ENTRY_MAX_BYTES); /* six bytes each */
	m.token = str_n(text, ENTRY_MAX_BYTES);
	assert_true(sse_event_add(&b, &m, STR("n"), STR("r")));
	assert_false(b.full);
	assert_true(str_ends(buf_str(&b), STR("\\u0001\"}\n\n")));
	assert_true(b.len > 6 * (size_t)ENTRY_MAX_BYTES);
	free(text);
}

static void an_output_is_cut_at_48_kib(void **state)
{
	struct message m = {.type = MSG_STEP_COMPLETED, .id = STR("1-1"), .step = STR("a")};
	size_t len = (48 << 10) + 1;
	char *text = calloc(1, len);
	AUTO_BUF b = BUF(2 * SSE_EVENT_MAX_BYTES);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', len);
	m.output = str_n(text, len);
	assert_true(sse_event_add(&b, &m, STR("n"), STR("r")));
	assert_int_not_equal(str_find(buf_str(&b), STR("outputTruncated"), 0), STR_NONE);
	buf_clear(&b);
	m.output.len--;
	assert_true(sse_event_add(&b, &m, STR("n"), STR("r")));
	assert_int_equal(str_find(buf_str(&b), STR("outputTruncated"), 0), STR_NONE);
	free(text);
}

static void what_is_no_entry(void **state)
{
	const struct run ok = {.namespace = STR("n"),
			       .name = STR("r"),
			       .phase = RUN_SUCCEEDED,
			       .start_ms = 1000,
			       .end_ms = 3000};
	const struct run failed = {.phase = RUN_FAILED,
				   .reason = STR("Cancelled"),
				   .message = STR("m"),
				   .end_ms = 7};
	AUTO_BUF b = BUF(1 << 16);

	(void)state;
	sse_gap_add(&b, STR("x\n"), STR("1-1"), STR("{\"name\":\"r\"}"));
	assert_string_equal(buf_cstr(&b), "event: gap\ndata: {\"requested\":\"x\\n\","
					  "\"firstAvailable\":\"1-1\",\"run\":{\"name\":\"r\"}}"
					  "\n\n");
	buf_clear(&b);
	sse_error_add(&b, STR("no"));
	assert_string_equal(buf_cstr(&b), "event: error\ndata: {\"error\":\"no\"}\n\n");
	buf_clear(&b);
	sse_flow_add(&b, &ok, STR("o"));
	assert_string_equal(buf_cstr(&b), "id: 3000-0\nevent: flow.completed\ndata: "
					  "{\"status\":\"succeeded\",\"output\":\"o\","
					  "\"durationMs\":2000}\n\n");
	buf_clear(&b);
	sse_flow_add(&b, &failed, str_n(NULL, 0));
	assert_string_equal(buf_cstr(&b), "id: 7-0\nevent: flow.failed\ndata: "
					  "{\"status\":\"failed\",\"error\":\"m\","
					  "\"reason\":\"Cancelled\",\"durationMs\":0}\n\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type),
		cmocka_unit_test(the_largest_event_fits),
		cmocka_unit_test(an_output_is_cut_at_48_kib),
		cmocka_unit_test(what_is_no_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
