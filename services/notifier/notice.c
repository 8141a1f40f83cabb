#include "notifier/notice.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/utf8.h"
#include "lang/rfc3339.h"
#include "runs/run_view.h"

enum { PAYLOAD_MAX_BYTES = 15 << 20, ID_DIGITS = 32 };

/* --- who wants what ----------------------------------------------------------------------------- */

struct str notice_type(const struct message *m)
{
	bool failed = m->type == MSG_RUN_FAILED;

	/* SPEC 16.4: runs of a team that are no child runs; a cancelled one is nobody's news */
	if ((m->type != MSG_RUN_SUCCEEDED && !failed) || !m->team.len || m->parent.len ||
	    (failed && str_is(m->reason, "Cancelled")))
		return STR("");
	if (!failed)
		return STR("TeamSucceeded");
	return str_is(m->reason, "TimedOut") ? STR("TeamTimedOut") : STR("TeamFailed");
}

static const struct notify_event *named(const struct notify *n, struct str type)
{
	for (size_t i = 0; i < n->event_count; i++)
		if (str_eq(n->events[i].type, type))
			return &n->events[i];
	return NULL;
}

const struct notify_event *notice_wanted(const struct notify *n, struct str type)
{
	static const struct notify_event any;
	const struct notify_event *e = named(n, type);

	if (!e && str_is(type, "TeamTimedOut"))
		e = named(n, STR("TeamFailed"));
	if (!e && str_is(type, "DailyLimitReached"))
		e = named(n, STR("BudgetExceeded"));
	return e || !n->all_events ? e : &any;
}

/* --- the payload -------------------------------------------------------------------------------- */

/* The first characters; *ret_more when there are others. */
static struct str first_chars(struct str s, size_t chars, bool *ret_more)
{
	size_t at = 0;

	while (at < s.len && chars--)
		for (at++; at < s.len && ((unsigned char)s.ptr[at] & 0xc0) == 0x80;)
			at++;
	*ret_more = at < s.len;
	return str_sub(s, 0, at);
}

static struct str shown_output(struct arena *a, struct str output)
{
	bool more;
	struct str head = first_chars(output, NOTICE_OUTPUT_CHARS, &more);

	return more ? arena_printf(a, "%.*s...", STR_ARG(head)) : head;
}

static struct str phase_of(const struct notice *n)
{
	return str_is(n->type, "TeamSucceeded") ? STR("Succeeded") : STR("Failed");
}

static struct str link_of(struct arena *a, const struct notice *n)
{
	if (!n->dashboard_url.len)
		return STR("");
	return arena_printf(a, "%.*s/runs/%.*s/%.*s", STR_ARG(n->dashboard_url),
			    STR_ARG(n->fact->namespace), STR_ARG(n->fact->run));
}

static struct str words_of(struct arena *a, const struct notice *n)
{
	const struct message *m = n->fact;

	if (m->type == MSG_RUN_SUCCEEDED)
		return arena_printf(a, "run %.*s of team %.*s succeeded", STR_ARG(m->run),
				    STR_ARG(m->team));
	return arena_printf(a, "run %.*s of team %.*s failed: %.*s", STR_ARG(m->run),
			    STR_ARG(m->team), STR_ARG(m->message.len ? m->message : m->reason));
}

static void add_time(struct buf *b, const char *key, int64_t ms)
{
	AUTO_BUF text = BUF(40);

	if (ms)
		rfc3339_add(&text, ms / 1000);
	json_member_str(b, key, buf_str(&text));
}

/* A value that is JSON already. */
static void add_json(struct buf *b, const char *key, struct str json)
{
	json_key(b, key);
	buf_add(b, json.len ? json : STR("{}"));
}

static void add_team(struct buf *b, struct arena *a, const struct notice *n)
{
	const struct value *labels =
		n->team ? value_get(n->team->metadata, STR("labels")) : NULL;

	json_key(b, "team");
	json_open(b, '{');
	json_member_str(b, "name", n->fact->team);
	json_member_str(b, "namespace", n->fact->namespace);
	add_json(b, "labels", labels ? json_text(a, labels) : STR("{}"));
	json_key(b, "status");
	json_open(b, '{');
	json_member_str(b, "phase", phase_of(n));
	json_close(b, '}');
	json_close(b, '}');
}

static void add_run_status(struct buf *b, const struct notice *n)
{
	const struct message *m = n->fact;
	AUTO_BUF cost = BUF(40);

	money_print(&cost, n->run ? run_cost(n->run, NULL) : money_zero);
	json_key(b, "status");
	json_open(b, '{');
	json_member_str(b, "phase", phase_of(n));
	json_member_str(b, "reason",
			m->type == MSG_RUN_SUCCEEDED ? STR("Succeeded") : m->reason);
	json_member_str(b, "message", m->message);
	json_member_str(b, "failedStep", m->failed_step);
	json_member_str(b, "output", utf8_cut(n->output, NOTICE_OUTPUT_BYTES));
	json_member_int(b, "durationSeconds", m->duration_ms / 1000);
	json_member_int(b, "durationMs", m->duration_ms);
	add_time(b, "startTime", n->run ? n->run->start_ms : 0);
	add_time(b, "completionTime", m->at_ms);
	json_key(b, "totalTokenUsage");
	json_open(b, '{');
	json_member_int(b, "inputTokens", m->input_tokens);
	json_member_int(b, "outputTokens", m->output_tokens);
	json_member_int(b, "totalTokens", m->input_tokens + m->output_tokens);
	json_close(b, '}');
	json_member_str(b, "totalCostUSD", buf_str(&cost));
	json_member_int(b, "attempt", m->attempt);
	json_close(b, '}');
}

static void add_run(struct buf *b, struct arena *a, const struct notice *n)
{
	json_key(b, "run");
	json_open(b, '{');
	json_member_str(b, "name", n->fact->run);
	json_member_str(b, "namespace", n->fact->namespace);
	json_member_str(b, "dashboardUrl", link_of(a, n));
	json_key(b, "spec");
	json_open(b, '{');
	add_json(b, "input", n->input);
	json_close(b, '}');
	add_run_status(b, n);
	json_close(b, '}');
}

/* Objects that events of runs do not have, with all their keys (SPEC 16.11). */
static const char no_agent_no_budget[] =
	"\"agent\":{\"name\":\"\",\"namespace\":\"\",\"spec\":{\"model\":\"\",\"replicas\":0,"
	"\"limits\":{\"maxTokensPerCall\":0,\"maxConcurrentTasks\":0,\"timeoutSeconds\":0,"
	"\"maxDailyTokens\":0,\"maxRetries\":0}},\"status\":{\"dailyTokensUsed\":0,"
	"\"budgetResetsInMinutes\":0,\"readyReplicas\":0,\"message\":\"\"}},"
	"\"budget\":{\"name\":\"\",\"namespace\":\"\",\"spec\":{\"limit\":\"\",\"period\":\"\","
	"\"currency\":\"\",\"warnAt\":0,\"hardStop\":false},\"status\":{\"phase\":\"\","
	"\"spentUSD\":\"\",\"pctUsed\":0,\"periodStart\":\"\",\"periodEnd\":\"\"}}";

struct str notice_payload(struct arena *a, const struct notice *n)
{
	AUTO_BUF b = BUF(PAYLOAD_MAX_BYTES);
	const struct message *m = n->fact;

	json_open(&b, '{');
	json_member_str(&b, "Event", n->type);
	json_member_str(&b, "Team", m->team);
	json_member_str(&b, "Namespace", m->namespace);
	json_member_str(&b, "Phase", phase_of(n));
	json_member_str(&b, "RunName", m->run);
	json_member_str(&b, "FailedStep", m->failed_step);
	json_member_int(&b, "TotalTokens", m->input_tokens + m->output_tokens);
	json_member_int(&b, "DurationMs", m->duration_ms);
	json_member_str(&b, "Output", shown_output(a, n->output));
	json_member_str(&b, "Message", words_of(a, n));
	json_member_str(&b, "DashboardURL", link_of(a, n));
	json_member_int(&b, "Suppressed", n->suppressed);
	add_team(&b, a, n);
	add_run(&b, a, n);
	json_next(&b);
	buf_adds(&b, no_agent_no_budget);
	json_close(&b, '}');
	PROMISE(!b.full); /* input and output have limits far below */
	return arena_str(a, buf_str(&b));
}

struct str notice_json(struct arena *a, const struct value *payload, struct str error)
{
	static const struct {
		const char *from, *to;
		bool always;
	} members[] = {
		{"Event", "event", true},
		{"Team", "team", true},
		{"Namespace", "namespace", true},
		{"Phase", "phase", true},
		{"RunName", "runName", false},
		{"FailedStep", "failedStep", false},
		{"TotalTokens", "totalTokens", false},
		{"DurationMs", "durationMs", false},
		{"Output", "output", false},
		{"Message", "message", true},
		{"DashboardURL", "dashboardURL", false},
		{"Suppressed", "suppressed", false},
	};
	AUTO_BUF b = BUF(PAYLOAD_MAX_BYTES);

	json_open(&b, '{');
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const struct value *v = value_get(payload, str_of(members[i].from));
		bool empty = value_is_nil(v) || (v->kind == VALUE_STR && !v->string.text.len) ||
			     (v->kind == VALUE_INT && !v->integer);

		if (v && (members[i].always || !empty))
			json_member(&b, members[i].to, v);
	}
	json_member_str_if(&b, "templateError", error);
	json_close(&b, '}');
	return arena_str(a, buf_str(&b));
}

struct str notice_identity(struct arena *a, const struct message *fact, struct str type,
			   struct str policy, struct str subject, int64_t channel)
{
	char hex[SHA256_HEX_SIZE];

	sha256_hex(arena_printf(a, "%.*s|%.*s|%.*s|%.*s|%lld|%lld", STR_ARG(type),
				STR_ARG(fact->namespace), STR_ARG(policy), STR_ARG(subject),
				(long long)fact->attempt, (long long)channel),
		   hex);
	return arena_printf(a, "msg_%.*s", ID_DIGITS, hex);
}
