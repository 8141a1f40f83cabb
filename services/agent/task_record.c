#include "agent/task_record.h"

#include "base/json.h"

enum { COUNT_MAX = 1000000, TOKENS_MAX = 1000000000 };

void task_record_encode(const struct task_record *r, struct buf *out)
{
	json_open(out, '{');
	json_member_int(out, "version", 1);
	json_member_int(out, "claims", r->claims);
	json_member_int(out, "tries", r->tries);
	json_member_int(out, "calls", r->calls);
	json_member_int(out, "since", r->since_ms);
	json_member_str_if(out, "holder", r->holder);
	if (r->call.len) {
		json_member_str(out, "call", r->call);
		json_member_str(out, "model", r->call_model);
		json_member_int(out, "input", r->call_input);
		json_member_int(out, "cap", r->call_cap);
	}
	json_member_int(out, "input_tokens", r->usage.input_tokens);
	json_member_int(out, "output_tokens", r->usage.output_tokens);
	json_member_bool(out, "estimated", r->usage.estimated);
	json_member_str_if(out, "conversation", r->conversation);
	json_close(out, '}');
}

static enum fail read_call(const struct value *v, struct task_record *r, struct why *why)
{
	enum fail f = json_opt_str(v, "call", &r->call, why);

	if (f || !r->call.len)
		return f;
	f = json_need_str(v, "model", &r->call_model, why);
	if (!f)
		f = json_need_int(v, "input", 0, TOKENS_MAX, &r->call_input, why);
	return f ? f : json_need_int(v, "cap", 0, TOKENS_MAX, &r->call_cap, why);
}

static enum fail read_usage(const struct value *v, struct usage *u, struct why *why)
{
	enum fail f = json_need_int(v, "input_tokens", 0, INT64_MAX, &u->input_tokens, why);

	if (!f)
		f = json_need_int(v, "output_tokens", 0, INT64_MAX, &u->output_tokens, why);
	return f ? f : json_opt_bool(v, "estimated", &u->estimated, why);
}

enum fail task_record_decode(struct arena *a, struct str text, struct task_record *ret,
			     struct why *why)
{
	struct task_record r = {.claims = 0};
	struct value v;
	int64_t version;
	enum fail f;

	if (!text.len) {
		*ret = r;
		return FAIL_NONE;
	}
	f = json_parse(a, text, JSON_STRICT, 4, &v, why);
	if (!f)
		f = json_need_int(&v, "version", 1, 1, &version, why);
	if (!f)
		f = json_need_int(&v, "claims", 0, COUNT_MAX, &r.claims, why);
	if (!f)
		f = json_need_int(&v, "tries", 0, COUNT_MAX, &r.tries, why);
	if (!f)
		f = json_need_int(&v, "calls", 0, COUNT_MAX, &r.calls, why);
	if (!f)
		f = json_need_int(&v, "since", 0, INT64_MAX, &r.since_ms, why);
	if (!f)
		f = json_opt_str(&v, "holder", &r.holder, why);
	if (!f)
		f = read_call(&v, &r, why);
	if (!f)
		f = read_usage(&v, &r.usage, why);
	if (!f)
		f = json_opt_str(&v, "conversation", &r.conversation, why);
	if (f)
		return fail_in(why, f, "state of a task");
	*ret = r;
	return FAIL_NONE;
}
