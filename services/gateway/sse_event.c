#include "gateway/sse_event.h"

#include "base/json.h"
#include "base/utf8.h"
#include "gateway/event_id.h"
#include "http/sse_write.h"
#include "http/uri.h"
#include "runs/run_view.h"

enum { OUTPUT_BYTES = 48 << 10, PATH_BYTES = 2048 }; /* SPEC 13.12 */

/* --- members ----------------------------------------------------------------------------------------- */

/* SPEC 13.10 */
static void member_path(struct buf *b, struct str namespace, struct str run, struct str step)
{
	AUTO_BUF path = BUF(PATH_BYTES);

	buf_adds(&path, "/runs/");
	uri_encode(&path, namespace);
	buf_addc(&path, '/');
	uri_encode(&path, run);
	buf_adds(&path, "/steps/");
	uri_encode(&path, step);
	buf_adds(&path, "/output");
	json_member_str(b, "path", buf_str(&path));
}

static void members_end(struct buf *b, const struct message *m, struct str namespace,
			struct str run, struct str step)
{
	const struct run_usage usage = {m->input_tokens, m->output_tokens, m->estimated};
	struct str output = utf8_cut(m->output, OUTPUT_BYTES);

	if (m->output.ptr)
		json_member_str(b, "output", output);
	run_view_usage(b, &usage);
	json_member_int(b, "durationMs", m->duration_ms);
	if (m->truncated || output.len < m->output.len) {
		json_member_bool(b, "outputTruncated", true);
		member_path(b, namespace, run, step);
	}
}

static void members_failure(struct buf *b, const struct message *m)
{
	json_member_str_if(b, "error", m->message);
	json_member_str_if(b, "reason", m->reason);
}

/* --- the table of SPEC 13.12 ---------------------------------------------------------------------------- */

/* The members of one event; false: it is none. */
static bool members(struct buf *b, const struct message *m, struct str namespace,
		    struct str run)
{
	if (m->step.len)
		json_member_str(b, "step", m->step);
	switch ((unsigned)m->type) { /* of all messages, these stand in the stream of a run */
	case MSG_STEP_STARTED:
		json_member_str(b, "phase", STR("Running"));
		if (m->iteration > 1)
			json_member_int(b, "iteration", m->iteration);
		if (m->rerun)
			json_member_int(b, "rerun", m->rerun);
		return true;
	case MSG_TOKEN: json_member_str(b, "token", m->token); return true;
	case MSG_STEP_COMPLETED: members_end(b, m, namespace, run, m->step); return true;
	case MSG_STEP_SKIPPED:
	case MSG_TOKEN_RESET: return true;
	case MSG_STEP_FAILED: members_failure(b, m); return true;
	case MSG_FLOW_COMPLETED:
		json_member_str(b, "status", STR("succeeded"));
		members_end(b, m, namespace, run, STR("-"));
		return true;
	case MSG_FLOW_FAILED:
		json_member_str(b, "status", STR("failed"));
		members_failure(b, m);
		json_member_int(b, "durationMs", m->duration_ms);
		return true;
	case MSG_FLOW_RETRIED: json_member_int(b, "attempt", m->attempt); return true;
	}
	return false;
}

bool sse_event_add(struct buf *out, const struct message *m, struct str namespace,
		   struct str run)
{
	AUTO_BUF data = BUF(SSE_EVENT_MAX_BYTES);

	json_open(&data, '{');
	if (!members(&data, m, namespace, run))
		return false;
	json_close(&data, '}');
	return sse_write_event(out, m->id, str_of(message_name(m->type)), buf_str(&data));
}

bool sse_event_ends(enum message_type type)
{
	return type == MSG_FLOW_COMPLETED || type == MSG_FLOW_FAILED;
}

/* --- what is no entry -------------------------------------------------------------------------------------- */

static void add(struct buf *out, const char *type, const struct buf *data)
{
	if (!sse_write_event(out, STR(""), str_of(type), buf_str(data)))
		BROKEN("an event of our own making");
}

void sse_gap_add(struct buf *out, struct str requested, struct str first, struct str run_json)
{
	AUTO_BUF data = BUF(SIZE_MAX / 2);

	json_open(&data, '{');
	json_member_str(&data, "requested", requested);
	json_member_str_if(&data, "firstAvailable", first);
	json_key(&data, "run");
	buf_add(&data, run_json);
	json_close(&data, '}');
	add(out, "gap", &data);
}

void sse_error_add(struct buf *out, struct str words)
{
	AUTO_BUF data = BUF(SSE_EVENT_MAX_BYTES);

	json_open(&data, '{');
	json_member_str(&data, "error", words);
	json_close(&data, '}');
	add(out, "error", &data);
}

void sse_flow_add(struct buf *out, const struct run *r, struct str output)
{
	const struct event_id end = {.ms = (uint64_t)r->end_ms};
	char id[EVENT_ID_TEXT_BYTES];
	struct message m = {
		.type = r->phase == RUN_SUCCEEDED ? MSG_FLOW_COMPLETED : MSG_FLOW_FAILED,
		.id = str_of(event_id_text(end, id)),
		.output = output,
		.input_tokens = r->usage.input_tokens,
		.output_tokens = r->usage.output_tokens,
		.estimated = r->usage.estimated,
		.duration_ms = run_duration_ms(r),
		.reason = r->reason,
		.message = r->message,
	};

	PROMISE(run_is_terminal(r));
	if (!sse_event_add(out, &m, r->namespace, r->name))
		BROKEN("a flow event");
}
