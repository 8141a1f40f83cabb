#include "cli/admission.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/trace.h"
#include "process/clock.h"
#include "runs/run_admit.h"

enum { TOKEN_BYTES = 16, TRACE_RANDOM_BYTES = 24 };

static struct str random_hex(struct arena *a, size_t bytes)
{
	AUTO_BUF text = BUF(2 * TOKEN_BYTES);
	unsigned char random[TOKEN_BYTES];

	PROMISE(bytes <= sizeof(random));
	random_bytes(random, bytes);
	hex_add(&text, str_n((const char *)random, bytes));
	return arena_str(a, buf_str(&text));
}

/* A run that a person makes is the root of a new trace (SPEC 22.5). */
static struct str new_trace(struct arena *a)
{
	uint8_t random[TRACE_RANDOM_BYTES];
	char text[TRACE_TEXT_BYTES];
	struct trace trace;

	random_bytes(random, sizeof(random));
	trace = trace_make(random, true);
	return arena_str(a, str_of(trace_text(&trace, text)));
}

int admission_make(struct cli *c, struct redis_sync *r, const struct admission_plan *plan,
		   struct str *ret_name)
{
	struct arena *a = &c->arena;
	struct run_admission run = {
		.namespace = plan->namespace,
		.team = plan->team,
		.agent = plan->agent,
		.input = plan->input,
		.prompt = plan->prompt,
		.by = STR("cli"),
		.trace = new_trace(a),
		.token = random_hex(a, TOKEN_BYTES),
		.stream_tokens = plan->stream_tokens,
	};
	struct commit_result result = {.verdict = COMMITTED};
	struct commit commit;

	for (int i = 0; i < ADMISSION_NAMES; i++) {
		unsigned char random[RUN_NAME_RANDOM_BYTES];
		int code;

		run.now_ms = process_now_ms();
		random_bytes(random, sizeof(random));
		run.name = run_name_by_hand(a, plan->team.len ? plan->team : plan->agent,
					    run.now_ms / 1000, random);
		commit_begin(&commit, a, ADMIT, NULL);
		run_admit(&commit, &run, 1, LIMIT_PENDING_RUNS);
		code = store_commit(c, r, &commit, &result);
		if (code)
			return code;
		if (result.verdict != COMMIT_EXISTS && result.verdict != COMMIT_ONCE)
			break;
	}
	*ret_name = run.name;
	switch (result.verdict) {
	case COMMITTED: return EXIT_GOOD;
	case COMMIT_FULL:
		return cli_fail(c, EXIT_MISSING, "too many runs wait to start: %.*s",
				STR_ARG(result.value));
	case COMMIT_ONCE:
	case COMMIT_EXISTS: return cli_fail(c, EXIT_MISSING, "no free name was found");
	case COMMIT_UNKNOWN:
	case COMMIT_AWAY: return cli_fail(c, EXIT_MISSING, "Redis: %s", result.why.text);
	case COMMIT_LOST:
	case COMMIT_CONFLICT:
	case COMMIT_REFUSED: break;
	}
	return cli_fail(c, EXIT_BAD, "the run was not accepted: %s", result.why.text);
}
