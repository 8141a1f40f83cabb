#include "stream/keys.h"

#include "base/hash.h"

static struct str join(struct arena *a, const char *prefix, struct str namespace,
		       struct str name)
{
	return ARENA_JOIN(a, str_of(prefix), namespace, STR("."), name);
}

struct str key_full(struct arena *a, struct str key)
{
	return ARENA_JOIN(a, STR(KEY_PREFIX), key);
}

struct str key_tasks(struct arena *a, struct str namespace, struct str agent)
{
	return join(a, "tasks:", namespace, agent);
}

struct str key_run(struct arena *a, struct str namespace, struct str run)
{
	return join(a, "", namespace, run);
}

struct str key_run_stream(struct arena *a, struct str namespace, struct str run)
{
	return join(a, "run:", namespace, run);
}

struct str key_run_state(struct arena *a, struct str namespace, struct str run)
{
	return join(a, "run-state:", namespace, run);
}

struct str key_task(struct arena *a, struct str task)
{
	return ARENA_JOIN(a, STR("task:"), task);
}

struct str key_text(struct arena *a, struct str owner, struct str what)
{
	return ARENA_JOIN(a, STR("text:"), owner, STR(":"), what);
}

struct str key_plan(struct arena *a, struct str plan_json)
{
	char hex[65];

	sha256_hex(plan_json, hex);
	return arena_printf(a, "plan:%.32s", hex);
}

struct str key_event_runs(struct arena *a, struct str namespace, struct str event)
{
	return join(a, "event-runs:", namespace, event);
}

struct str key_mail(struct arena *a, struct str process)
{
	return ARENA_JOIN(a, STR("mail:"), process);
}

struct str key_usage_run(struct arena *a, struct str namespace, struct str run)
{
	return join(a, "usage:run:", namespace, run);
}

struct str key_usage_day(struct arena *a, struct str namespace, struct str day)
{
	return join(a, "usage:day:", namespace, day);
}

struct str key_object(struct arena *a, const char *kind, struct str namespace, struct str name)
{
	return ARENA_JOIN(a, STR("object:"), str_of(kind), STR("/"), namespace, STR("/"), name);
}

struct str key_notify_rate(struct arena *a, struct str namespace, struct str policy,
			   struct str team, struct str type)
{
	return arena_printf(a, "notify-rate:%.*s.%.*s/%.*s/%.*s", STR_ARG(namespace),
			    STR_ARG(policy), STR_ARG(team), STR_ARG(type));
}

struct str key_receiver(struct arena *a, struct str url)
{
	char hex[65];

	sha256_hex(url, hex);
	return arena_printf(a, "receiver:%.32s", hex);
}

struct str key_gone(struct arena *a, struct str namespace, struct str policy,
		    int64_t generation, int64_t channel)
{
	return arena_printf(a, "gone:%.*s.%.*s/%lld/%lld", STR_ARG(namespace), STR_ARG(policy),
			    (long long)generation, (long long)channel);
}

struct str key_asked(struct arena *a, struct str uid)
{
	return ARENA_JOIN(a, STR("asked:"), uid);
}

struct str key_unpriced(struct arena *a, struct str namespace, struct str run)
{
	return join(a, "unpriced:", namespace, run);
}

struct str account_run(struct arena *a, struct str namespace, struct str run)
{
	return join(a, "run:", namespace, run);
}
