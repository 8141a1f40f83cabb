#include "runs/run.h"

#include <string.h>

#include "base/json.h"

const char *run_phase_name(enum run_phase p)
{
	switch (p) {
	case RUN_LOOKING:
	case RUN_WAITING: return "Pending";
	case RUN_RUNNING: return "Running";
	case RUN_SUCCEEDED: return "Succeeded";
	case RUN_FAILED: return "Failed";
	}
	return "?";
}

const char *step_phase_name(enum step_phase p)
{
	switch (p) {
	case STEP_PENDING: return "Pending";
	case STEP_WARMING_UP: return "WarmingUp";
	case STEP_RUNNING: return "Running";
	case STEP_VALIDATING: return "Validating";
	case STEP_SUCCEEDED: return "Succeeded";
	case STEP_FAILED: return "Failed";
	case STEP_SKIPPED: return "Skipped";
	}
	return "?";
}

const char *task_kind_name(enum task_kind k)
{
	switch (k) {
	case TASK_STEP: return "step";
	case TASK_REPAIR: return "repair";
	case TASK_VALIDATE: return "validate";
	}
	return "?";
}

bool run_is_terminal(const struct run *r)
{
	return r->phase == RUN_SUCCEEDED || r->phase == RUN_FAILED;
}

bool step_is_terminal(const struct step_state *s)
{
	return s->phase == STEP_SUCCEEDED || s->phase == STEP_FAILED ||
	       s->phase == STEP_SKIPPED;
}

bool step_is_active(const struct step_state *s)
{
	return s->phase == STEP_WARMING_UP || s->phase == STEP_RUNNING ||
	       s->phase == STEP_VALIDATING;
}

struct step_state *run_step(struct run *r, struct str name)
{
	for (size_t i = 0; i < r->step_count; i++)
		if (str_eq(r->steps[i].name, name))
			return &r->steps[i];
	return NULL;
}

bool kept_is_there(const struct kept_text *t)
{
	return t->text.ptr || t->key.len;
}

/* Neither is negative. A sum stays what a message can carry, whatever a worker says. */
static int64_t tokens_sum(int64_t a, int64_t b)
{
	return a < RUN_MAX_TOKENS - b ? a + b : RUN_MAX_TOKENS;
}

void usage_count(struct run_usage *sum, int64_t input, int64_t output, bool estimated)
{
	sum->input_tokens = tokens_sum(sum->input_tokens, input);
	sum->output_tokens = tokens_sum(sum->output_tokens, output);
	sum->estimated = sum->estimated || estimated;
}

/* --- as JSON: one table for both directions ---------------------------------------------------- */

enum member_type {
	MEMBER_TEXT,
	MEMBER_NUMBER,
	MEMBER_FLAG,
	MEMBER_KEPT,
	MEMBER_USAGE,
	MEMBER_RUN_PHASE,
	MEMBER_STEP_PHASE,
	MEMBER_TASK_KIND,
};

struct member {
	const char *name;
	enum member_type type;
	size_t offset;
};

#define RUN_MEMBER(member, type)                                                               \
	{                                                                                      \
#member, MEMBER_##type, offsetof(struct run, member)                           \
	}
static const struct member run_members[] = {
	RUN_MEMBER(namespace, TEXT),
	RUN_MEMBER(name, TEXT),
	RUN_MEMBER(uid, TEXT),
	RUN_MEMBER(team, TEXT),
	RUN_MEMBER(agent, TEXT),
	RUN_MEMBER(trigger, TEXT),
	RUN_MEMBER(parent, TEXT),
	RUN_MEMBER(by, TEXT),
	RUN_MEMBER(labels, TEXT),
	RUN_MEMBER(trace, TEXT),
	RUN_MEMBER(depth, NUMBER),
	RUN_MEMBER(stream_tokens, FLAG),
	RUN_MEMBER(phase, RUN_PHASE),
	RUN_MEMBER(reason, TEXT),
	RUN_MEMBER(message, TEXT),
	RUN_MEMBER(attempt, NUMBER),
	RUN_MEMBER(created_ms, NUMBER),
	RUN_MEMBER(start_ms, NUMBER),
	RUN_MEMBER(again_ms, NUMBER),
	RUN_MEMBER(end_ms, NUMBER),
	RUN_MEMBER(plan_key, TEXT),
	RUN_MEMBER(input, KEPT),
	RUN_MEMBER(output, KEPT),
	RUN_MEMBER(failed_step, TEXT),
	RUN_MEMBER(usage, USAGE),
	RUN_MEMBER(max_tokens, NUMBER),
	RUN_MEMBER(timeout_seconds, NUMBER),
};

#define STEP_MEMBER(member, type)                                                              \
	{                                                                                      \
#member, MEMBER_##type, offsetof(struct step_state, member)                    \
	}
static const struct member step_members[] = {
	STEP_MEMBER(name, TEXT),
	STEP_MEMBER(role, TEXT),
	STEP_MEMBER(phase, STEP_PHASE),
	STEP_MEMBER(reason, TEXT),
	STEP_MEMBER(message, TEXT),
	STEP_MEMBER(agent, TEXT),
	STEP_MEMBER(model, TEXT),
	STEP_MEMBER(task, TEXT),
	STEP_MEMBER(worker, TEXT),
	STEP_MEMBER(stranded, FLAG),
	STEP_MEMBER(kind, TASK_KIND),
	STEP_MEMBER(executions, NUMBER),
	STEP_MEMBER(iterations, NUMBER),
	STEP_MEMBER(reruns, NUMBER),
	STEP_MEMBER(repaired, FLAG),
	STEP_MEMBER(validation_attempts, NUMBER),
	STEP_MEMBER(validation_message, TEXT),
	STEP_MEMBER(prompt, KEPT),
	STEP_MEMBER(candidate, KEPT),
	STEP_MEMBER(output, KEPT),
	STEP_MEMBER(start_ms, NUMBER),
	STEP_MEMBER(end_ms, NUMBER),
	STEP_MEMBER(usage, USAGE),
};

enum {
	RUN_MEMBERS = sizeof(run_members) / sizeof(run_members[0]),
	STEP_MEMBERS = sizeof(step_members) / sizeof(step_members[0]),
};

static const char *const run_words[] = {"looking", "waiting", "running", "succeeded", "failed"};
static const char *const step_words[] = {"pending",   "warming-up", "running", "validating",
					 "succeeded", "failed",	    "skipped"};
static const char *const kind_words[] = {"step", "repair", "validate"};

static void encode_kept(struct buf *b, const char *name, const struct kept_text *t)
{
	if (!kept_is_there(t))
		return;
	json_key(b, name);
	json_open(b, '{');
	if (t->key.len)
		json_member_str(b, "key", t->key);
	else
		json_member_str(b, "text", t->text);
	json_member_int(b, "bytes", t->bytes);
	json_close(b, '}');
}

static void encode_usage(struct buf *b, const char *name, const struct run_usage *u)
{
	if (!u->input_tokens && !u->output_tokens && !u->estimated)
		return;
	json_key(b, name);
	json_open(b, '{');
	json_member_int(b, "input_tokens", u->input_tokens);
	json_member_int(b, "output_tokens", u->output_tokens);
	if (u->estimated)
		json_member_bool(b, "estimated", true);
	json_close(b, '}');
}

/* Members at rest (empty, 0, false, the first phase) are left out. */
static void encode_members(struct buf *b, const struct member *members, size_t count,
			   const void *from)
{
	for (size_t i = 0; i < count; i++) {
		const struct member *m = &members[i];
		const void *p = (const char *)from + m->offset;

		switch (m->type) {
		case MEMBER_TEXT: json_member_str_if(b, m->name, *(const struct str *)p); break;
		case MEMBER_NUMBER:
			if (*(const int64_t *)p)
				json_member_int(b, m->name, *(const int64_t *)p);
			break;
		case MEMBER_FLAG:
			if (*(const bool *)p)
				json_member_bool(b, m->name, true);
			break;
		case MEMBER_KEPT: encode_kept(b, m->name, p); break;
		case MEMBER_USAGE: encode_usage(b, m->name, p); break;
		case MEMBER_RUN_PHASE:
			json_member_str(b, m->name,
					str_of(run_words[*(const enum run_phase *)p]));
			break;
		case MEMBER_STEP_PHASE:
			json_member_str(b, m->name,
					str_of(step_words[*(const enum step_phase *)p]));
			break;
		case MEMBER_TASK_KIND:
			if (*(const enum task_kind *)p)
				json_member_str(b, m->name,
						str_of(kind_words[*(const enum task_kind *)p]));
			break;
		}
	}
}

struct str run_encode(struct arena *a, const struct run *r)
{
	AUTO_BUF b = BUF(SIZE_MAX / 2);

	json_open(&b, '{');
	json_member_int(&b, "version", RUN_STATE_VERSION);
	encode_members(&b, run_members, RUN_MEMBERS, r);
	json_key(&b, "steps");
	json_open(&b, '[');
	for (size_t i = 0; i < r->step_count; i++) {
		json_next(&b);
		json_open(&b, '{');
		encode_members(&b, step_members, STEP_MEMBERS, &r->steps[i]);
		json_close(&b, '}');
	}
	json_close(&b, ']');
	json_close(&b, '}');
	return arena_str(a, buf_str(&b));
}

static enum fail decode_kept(const struct value *v, const char *name, struct kept_text *t,
			     struct why *why)
{
	const struct value *o = NULL;
	enum fail f = json_opt_map(v, name, &o, why);

	if (!f)
		f = json_opt_str(o, "text", &t->text, why);
	if (!f)
		f = json_opt_str(o, "key", &t->key, why);
	if (!f)
		f = json_opt_int(o, "bytes", 0, INT64_MAX, &t->bytes, why);
	return f;
}

static enum fail decode_usage(const struct value *v, const char *name, struct run_usage *u,
			      struct why *why)
{
	const struct value *o = NULL;
	enum fail f = json_opt_map(v, name, &o, why);

	if (!f)
		f = json_opt_int(o, "input_tokens", 0, INT64_MAX / 4, &u->input_tokens, why);
	if (!f)
		f = json_opt_int(o, "output_tokens", 0, INT64_MAX / 4, &u->output_tokens, why);
	if (!f)
		f = json_opt_bool(o, "estimated", &u->estimated, why);
	return f;
}

/* The index of a word, into an enum whose values count up from 0. */
static enum fail decode_word(const struct value *v, const char *name, const char *const *words,
			     size_t count, unsigned *ret, struct why *why)
{
	struct str word = {NULL, 0};
	enum fail f = json_opt_str(v, name, &word, why);

	if (f || !word.ptr)
		return f;
	for (size_t i = 0; i < count; i++)
		if (str_is(word, words[i])) {
			*ret = (unsigned)i;
			return FAIL_NONE;
		}
	return failf(why, FAIL_INPUT, "%s: unknown word '%.*s'", name, STR_ARG(word));
}

#define WORDS(list) list, sizeof(list) / sizeof(list[0])

static enum fail decode_members(const struct value *v, const struct member *members,
				size_t count, void *to, struct why *why)
{
	enum fail f = FAIL_NONE;

	for (size_t i = 0; !f && i < count; i++) {
		const struct member *m = &members[i];
		void *p = (char *)to + m->offset;
		unsigned word = 0;

		switch (m->type) {
		case MEMBER_TEXT: f = json_opt_str(v, m->name, p, why); break;
		case MEMBER_NUMBER:
			f = json_opt_int(v, m->name, 0, INT64_MAX / 4, p, why);
			break;
		case MEMBER_FLAG: f = json_opt_bool(v, m->name, p, why); break;
		case MEMBER_KEPT: f = decode_kept(v, m->name, p, why); break;
		case MEMBER_USAGE: f = decode_usage(v, m->name, p, why); break;
		case MEMBER_RUN_PHASE:
			f = decode_word(v, m->name, WORDS(run_words), &word, why);
			*(enum run_phase *)p = (enum run_phase)word;
			break;
		case MEMBER_STEP_PHASE:
			f = decode_word(v, m->name, WORDS(step_words), &word, why);
			*(enum step_phase *)p = (enum step_phase)word;
			break;
		case MEMBER_TASK_KIND:
			f = decode_word(v, m->name, WORDS(kind_words), &word, why);
			*(enum task_kind *)p = (enum task_kind)word;
			break;
		}
	}
	return f;
}

enum fail run_decode(struct arena *a, struct str text, struct run *ret, struct why *why)
{
	const struct value *steps;
	struct run r = {.attempt = 1};
	struct value v;
	int64_t version;
	enum fail f = json_parse(a, text, JSON_STRICT, JSON_MAX_DEPTH, &v, why);

	if (!f)
		f = json_need_int(&v, "version", 1, RUN_STATE_VERSION, &version, why);
	if (!f)
		f = decode_members(&v, run_members, RUN_MEMBERS, &r, why);
	if (!f)
		f = json_need_list(&v, "steps", &steps, why);
	if (f)
		return fail_in(why, f, "state of a run");
	r.step_count = steps->list.count;
	r.steps = ARENA_ARRAY(a, r.step_count, struct step_state);
	for (size_t i = 0; i < r.step_count; i++) {
		if (steps->list.items[i].kind != VALUE_MAP)
			return failf(why, FAIL_INPUT, "state of a run: step %zu: not an object",
				     i);
		f = decode_members(&steps->list.items[i], step_members, STEP_MEMBERS,
				   &r.steps[i], why);
		if (f)
			return fail_in(why, f, "state of a run: step %zu", i);
	}
	*ret = r;
	return FAIL_NONE;
}
