#include "notifier/accept.h"

#include "kinds/team.h"
#include "notifier/notice.h"
#include "notifier/rate_limit.h"
#include "stream/keys.h"

#define SHARED_DATA "notice-"

bool accept_is_shared(struct str data_key)
{
	return str_find(data_key, STR(":" SHARED_DATA), 0) != STR_NONE;
}

/* --- the run, as it was when it ended ----------------------------------------------------------- */

/* The end of a run and its state are one commit, so a state from before that is merely stale. */
static bool is_stale(const struct run *r, const struct message *m)
{
	return r->attempt < m->attempt || (r->attempt == m->attempt && !run_is_terminal(r));
}

/* False: the bag lacks it. *ret stays NULL when it is not kept any more. */
static bool load_run(struct decision *d, const struct run **ret)
{
	const struct message *m = d->message;
	struct str key = key_run_state(d->arena, m->namespace, m->run);
	const struct bag_state *state = bag_state(d->bag, d->arena, key);
	struct run *r = ARENA_NEW(d->arena, struct run);

	if (!state)
		return false;
	if (!state->version || run_decode(d->arena, state->data, r, NULL))
		return true;
	if (is_stale(r, m)) {
		bag_forget(d->bag, key);
		return bag_state(d->bag, d->arena, key) != NULL;
	}
	*ret = r;
	return true;
}

static bool load_text(struct decision *d, const struct kept_text *t, struct str *ret)
{
	*ret = t->text.ptr ? t->text : STR("");
	return !t->key.len || bag_text(d->bag, d->arena, t->key, ret);
}

static bool load_texts(struct decision *d, struct notice *n)
{
	bool input, output;

	n->input = n->output = STR("");
	if (!n->run)
		return true;
	input = load_text(d, &n->run->input, &n->input);
	output = load_text(d, &n->run->output, &n->output);
	return input && output;
}

/* --- the limit ---------------------------------------------------------------------------------- */

/* False: over the limit, or the bag lacks it. */
static bool passes_limit(struct decision *d, const struct notify *policy,
			 struct str policy_name, struct notice *n)
{
	const struct message *m = d->message;
	struct str key = key_notify_rate(d->arena, m->namespace, policy_name, m->team, n->type);
	int64_t window_ms = policy->window_seconds * SECOND_MS;
	const struct bag_state *state;
	struct rate_limit rate;
	bool passes;

	if (!window_ms)
		return true;
	state = bag_state(d->bag, d->arena, key);
	if (!state)
		return false;
	if (rate_limit_decode(d->arena, state->data, &rate, NULL) &&
	    rate_limit_decode(d->arena, STR(""), &rate, NULL))
		BROKEN("an empty limit does not read");
	passes = rate_limit_take(&rate, window_ms, policy->max_per_window, m->at_ms,
				 &n->suppressed);
	commit_state(d->commit, key, state->version, rate_limit_encode(d->arena, &rate));
	commit_ttl(d->commit, key,
		   window_ms > ACCEPT_RATE_TTL_MS ? window_ms : ACCEPT_RATE_TTL_MS);
	return passes;
}

static void tell_suppressed(struct decision *d, struct str policy, struct str type)
{
	struct message m = {.type = MSG_DELIVERY_ENDED,
			    .cause = d->message->id,
			    .trace = d->message->trace,
			    .namespace = d->message->namespace,
			    .policy = policy,
			    .event_type = type,
			    .outcome = STR("suppressed")};

	commit_append(d->commit, STR(STREAM_EVENTS), &m);
}

/* --- deliveries --------------------------------------------------------------------------------- */

/* Several channels share one text; a single one has its own, which goes with it. */
static void share_data(struct decision *d, const struct notify *policy, struct message *m)
{
	struct str owner =
		arena_printf(d->arena, "%.*s.%.*s", STR_ARG(m->namespace), STR_ARG(m->run));

	if (policy->channel_count < 2 || m->data.len <= ENTRY_INLINE_BYTES)
		return;
	m->data_key =
		key_text(d->arena, owner,
			 arena_printf(d->arena, SHARED_DATA "%.*s", STR_ARG(d->message->id)));
	commit_text(d->commit, m->data_key, ACCEPT_DATA_TTL_MS, m->data);
	m->data = str_n(NULL, 0);
}

static void deliver(struct decision *d, const struct notify *policy, struct str policy_name,
		    const struct notice *n)
{
	struct message m = {.type = MSG_DELIVERY_REQUESTED,
			    .cause = d->message->id,
			    .trace = d->message->trace,
			    .namespace = d->message->namespace,
			    .run = d->message->run,
			    .policy = policy_name,
			    .event_type = n->type,
			    .attempt = 1,
			    .data = notice_payload(d->arena, n)};
	struct str subject = d->message->run;

	/* A run has no uid unless it has an ArkRun; when it was asked for is as good. */
	if (n->run)
		subject = arena_printf(d->arena, "%.*s|%lld", STR_ARG(subject),
				       (long long)n->run->created_ms);
	d->commit->text_ttl_ms = ACCEPT_DATA_TTL_MS;
	share_data(d, policy, &m);
	for (size_t i = 0; i < policy->channel_count; i++) {
		m.channel = (int64_t)i;
		m.identity = notice_identity(d->arena, d->message, n->type, policy_name,
					     subject, m.channel);
		commit_append(d->commit, STR(STREAM_DELIVERIES), &m);
	}
}

/* The policy that the fact's team names; false: none that can be read and wants this type. */
static bool find_policy(const struct accept_world *w, struct decision *d,
			const struct notice *n, struct notify *ret, struct str *ret_name)
{
	const struct object *policy;
	struct team team;

	if (!n->team || team_load(d->arena, n->team->spec, &team, NULL) || !team.notify.len)
		return false;
	policy = objects_get(w->objects, KIND_NOTIFY, d->message->namespace, team.notify);
	*ret_name = team.notify;
	return policy && !notify_load(d->arena, policy->spec, ret, NULL) &&
	       notice_wanted(ret, n->type);
}

void accept_fact(const struct accept_world *w, struct decision *d)
{
	const struct message *m = d->message;
	struct notice n = {
		.type = notice_type(m), .fact = m, .dashboard_url = w->dashboard_url};
	struct notify policy;
	struct str name;

	if (!n.type.len)
		return;
	n.team = objects_get(w->objects, KIND_TEAM, m->namespace, m->team);
	if (!find_policy(w, d, &n, &policy, &name) || !load_run(d, &n.run) ||
	    !load_texts(d, &n))
		return;
	if (passes_limit(d, &policy, name, &n))
		deliver(d, &policy, name, &n);
	else if (!bag_is_missing(d->bag))
		tell_suppressed(d, name, n.type);
}
