#include "runs/run_admit.h"

#include "base/json.h"
#include "kinds/object.h"
#include "lang/civil.h"
#include "lang/name.h"
#include "stream/keys.h"

enum { LABELS_MAX_BYTES = 4096, MARK_MAX_BYTES = 1024 };

/* --- names ---------------------------------------------------------------------------------------- */

/* 36 letters and digits, each as likely: 2^64 is so much larger than 36^8 that nobody can tell. */
static void random_text(const unsigned char random[RUN_NAME_RANDOM_BYTES],
			char out[RUN_NAME_RANDOM_BYTES + 1])
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	uint64_t n = 0;

	for (size_t i = 0; i < RUN_NAME_RANDOM_BYTES; i++)
		n = n << 8 | random[i];
	for (size_t i = 0; i < RUN_NAME_RANDOM_BYTES; i++, n /= 36)
		out[i] = digits[n % 36];
	out[RUN_NAME_RANDOM_BYTES] = '\0';
}

static struct str time_text(struct arena *a, int64_t seconds, const char *between)
{
	struct civil c = civil_of(seconds);

	return arena_printf(a, "%04lld%02d%02d%s%02d%02d%02d", (long long)c.year, c.month,
			    c.day, between, c.hour, c.minute, c.second);
}

struct str run_name_by_hand(struct arena *a, struct str target, int64_t now_seconds,
			    const unsigned char random[RUN_NAME_RANDOM_BYTES])
{
	struct str time = time_text(a, now_seconds, "");
	char tail[RUN_NAME_RANDOM_BYTES + 1];

	random_text(random, tail);
	return name_shorten(
		a, arena_printf(a, "%.*s-%.*s-%s", STR_ARG(target), STR_ARG(time), tail));
}

struct str run_name_of_fire(struct arena *a, struct str event, struct str target,
			    int64_t fired_seconds,
			    const unsigned char random[RUN_NAME_RANDOM_BYTES], unsigned nth)
{
	struct str time = time_text(a, fired_seconds, "-");
	struct str name = arena_printf(a, "%.*s-%.*s-%.*s", STR_ARG(event), STR_ARG(target),
				       STR_ARG(time));
	char tail[RUN_NAME_RANDOM_BYTES + 1];

	if (random) {
		random_text(random, tail);
		name = arena_printf(a, "%.*s-%s", STR_ARG(name), tail);
	}
	if (nth > 1)
		name = arena_printf(a, "%.*s-%u", STR_ARG(name), nth);
	return name_shorten(a, name);
}

/* --- admission -------------------------------------------------------------------------------------- */

struct str run_labels(struct arena *a, const struct run_admission *r)
{
	AUTO_BUF b = BUF(LABELS_MAX_BYTES);

	json_open(&b, '{');
	json_member_str_if(&b, ARK_LABEL "team", r->team);
	json_member_str_if(&b, ARK_LABEL "agent", r->agent);
	json_member_str_if(&b, ARK_LABEL "trigger", r->trigger);
	if (r->trigger.len)
		json_member_str(&b, ARK_LABEL "trigger-template",
				r->team.len ? r->team : r->agent);
	json_member_str_if(&b, ARK_LABEL "parent-run", r->parent);
	json_close(&b, '}');
	return arena_str(a, buf_str(&b));
}

static struct str mark_text(struct arena *a, const struct run_admission *r)
{
	AUTO_BUF b = BUF(MARK_MAX_BYTES);

	json_open(&b, '{');
	json_member_str(&b, "token", r->token);
	json_member_str_if(&b, "team", r->team);
	json_member_str_if(&b, "agent", r->agent);
	json_member_str_if(&b, "trigger", r->trigger);
	json_member_int(&b, "created_ms", r->now_ms);
	if (r->stream_tokens)
		json_member_bool(&b, "stream_tokens", true);
	json_close(&b, '}');
	return arena_str(a, buf_str(&b));
}

/* A text that a message has, or has not at all. */
static struct str given(struct str s)
{
	return s.len ? s : str_n(NULL, 0);
}

static struct message request(struct arena *a, const struct run_admission *r)
{
	return (struct message){
		.type = MSG_RUN_REQUESTED,
		.trace = r->trace,
		.namespace = r->namespace,
		.run = r->name,
		.team = given(r->team),
		.agent = given(r->agent),
		.input = given(r->input),
		.prompt = r->agent.len && !r->prompt.len ? STR("") : given(r->prompt),
		.uid = given(r->uid),
		.trigger = given(r->trigger),
		.parent = given(r->parent),
		.by = given(r->by),
		.labels = r->labels.len ? r->labels : run_labels(a, r),
		.depth = r->depth,
		.stream_tokens = r->stream_tokens,
	};
}

void run_admit(struct commit *c, const struct run_admission *runs, size_t count,
	       int64_t pending_limit)
{
	struct arena *a = c->command.arena;

	/* Marks first: sent again, the commit must be known before anything else refuses it. */
	for (size_t i = 0; i < count; i++)
		commit_once(c, key_run_mark(a, runs[i].namespace, runs[i].name),
			    RUN_MARK_TTL_MS, mark_text(a, &runs[i]));
	for (size_t i = 0; i < count; i++)
		commit_free(c, key_run_state(a, runs[i].namespace, runs[i].name));
	if (pending_limit)
		commit_below(c, KEY_COUNTERS, COUNTER_PENDING, pending_limit);
	commit_count(c, STR(KEY_COUNTERS), STR(COUNTER_PENDING), (int64_t)count);
	for (size_t i = 0; i < count; i++) {
		const struct run_admission *r = &runs[i];
		struct message m = request(a, r);

		if (r->trigger.len && !r->parent.len)
			commit_index(c, key_event_runs(a, r->namespace, r->trigger),
				     arena_printf(a, "%.*s.%.*s", STR_ARG(r->namespace),
						  STR_ARG(r->name)),
				     r->now_ms);
		commit_append(c, STR(STREAM_RUNS), &m);
	}
}

/* --- the mark ---------------------------------------------------------------------------------------- */

struct str key_run_mark(struct arena *a, struct str namespace, struct str run)
{
	return arena_printf(a, "admitted:%.*s.%.*s", STR_ARG(namespace), STR_ARG(run));
}

enum fail run_mark_decode(struct arena *a, struct str text, struct run_mark *ret,
			  struct why *why)
{
	struct run_mark m = {.created_ms = 0};
	struct value v;
	enum fail f = json_parse(a, text, JSON_STRICT, JSON_MAX_DEPTH, &v, why);

	if (!f)
		f = json_need_str(&v, "token", &m.token, why);
	if (!f)
		f = json_opt_str(&v, "team", &m.team, why);
	if (!f)
		f = json_opt_str(&v, "agent", &m.agent, why);
	if (!f)
		f = json_opt_str(&v, "trigger", &m.trigger, why);
	if (!f)
		f = json_opt_int(&v, "created_ms", 0, INT64_MAX / 4, &m.created_ms, why);
	if (!f)
		f = json_opt_bool(&v, "stream_tokens", &m.stream_tokens, why);
	if (f)
		return fail_in(why, f, "mark of a run");
	*ret = m;
	return FAIL_NONE;
}

bool run_mark_is_ours(struct arena *a, struct str text, const struct run_admission *runs,
		      size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(text, mark_text(a, &runs[i])))
			return true;
	return false;
}
