/*
 * Welcome to ark-notifier: it tells people what happened.
 *
 * Two loops. The first reads the facts in `events` and turns those that a policy wants into
 * entries of `deliveries`, one for each channel (accept.c); a fact is acknowledged in the commit
 * that appends them, so each is told once. The second takes the deliveries and calls receivers
 * (deliver.c), again and again until they listen or are given up. Any number of notifiers may do
 * both.
 */
#include "http/egress.h"
#include "lang/zone.h"
#include "notifier/accept.h"
#include "notifier/deliver.h"
#include "notifier/notice.h"
#include "process/process.h"
#include "redis/url.h"
#include "stream/keys.h"
#include "stream/link.h"

enum { READER_EVENTS, READER_DELIVERIES, READER_OBJECTS, READERS };

struct notifier_settings {
	struct str dashboard_url;
	struct str egress;
};

struct notifier {
	struct notifier_settings settings;
	struct process *process;
	struct link *link;
	struct objects *objects;
	struct decider *decider;
	struct deliver *deliver;
	struct seal_keys keys;
	struct egress egress;
	struct zones *zones;
	struct accept_world world;
	struct condition *has_objects, *has_events, *has_deliveries;
	struct metric *suppressed;
	unsigned draining; /* loops that are not done */
};

#define AT(type, member) SETTING_AT_##type(struct notifier_settings, member)
static const struct setting rows[] = {
	{.name = "ARK_DASHBOARD_URL",
	 .type = SETTING_STRING,
	 .at = AT(STR, dashboard_url),
	 .help = "base of the links in notifications"},
	{.name = "ARK_EGRESS_DENY_CIDRS",
	 .type = SETTING_STRING,
	 .at = AT(STR, egress),
	 .initial = EGRESS_DENY_DEFAULT,
	 .help = "addresses never connected to for a URL that a user wrote"},
};

/* --- facts -------------------------------------------------------------------------------------- */

/* Most facts are nobody's news: a batch of such is acknowledged at once. Where there is news, each
 * fact stands for itself, with a commit of its own that is bounded by one payload. */
static enum fail decide(void *arg, struct decision *d, struct why *why)
{
	const struct notifier *n = arg;

	for (size_t i = 0; i < d->count; i++)
		if (d->count > 1 && notice_type(&d->messages[i]).len)
			return failf(why, FAIL_INPUT, "a batch with news");
	if (d->count == 1)
		accept_fact(&n->world, d);
	return FAIL_NONE;
}

/* What was suppressed is in `events` too: counted when it is read there. */
static void committed(void *arg, const struct decision *d)
{
	const struct notifier *n = arg;

	for (size_t i = 0; i < d->count; i++)
		if (d->messages[i].type == MSG_DELIVERY_ENDED &&
		    str_is(d->messages[i].outcome, "suppressed"))
			metric_add(metric_at(n->suppressed, LABELS(d->messages[i].event_type)),
				   1);
}

static void tell(struct condition *c, bool working, struct str reason)
{
	if (working)
		condition_met(c);
	else
		condition_missing(c, reason);
}

static void events_state(void *arg, bool working, struct str reason)
{
	const struct notifier *n = arg;

	tell(n->has_events, working, reason);
}

static void deliveries_state(void *arg, bool working, struct str reason)
{
	const struct notifier *n = arg;

	tell(n->has_deliveries, working, reason);
}

/* --- connections -------------------------------------------------------------------------------- */

/* Both loops need the policies. */
static void on_objects(void *arg)
{
	const struct notifier *n = arg;

	condition_met(n->has_objects);
	if (!link_is_up(n->link) || n->process->draining)
		return;
	decider_up(n->decider);
	deliver_up(n->deliver);
}

static void on_up(void *arg, bool changed)
{
	const struct notifier *n = arg;

	if (changed)
		decider_forget(n->decider);
	objects_up(n->objects);
}

static void on_down(void *arg)
{
	const struct notifier *n = arg;

	objects_down(n->objects);
	decider_down(n->decider);
	deliver_down(n->deliver);
}

/* --- life --------------------------------------------------------------------------------------- */

/* SPEC 2.5: never Redis, and loopback in local mode only. */
static enum fail init_egress(struct notifier *n, struct why *why)
{
	const struct common_settings *s = &n->process->settings;
	AUTO_ARENA a = ARENA_INIT;
	struct redis_url redis;
	struct ip ip;
	enum fail f = egress_init(&n->egress, n->settings.egress, s->mode == MODE_LOCAL, why);

	if (!f)
		f = redis_url_parse(&a, s->redis_url, &redis, why);
	for (size_t i = 0; !f && i < redis.host_count; i++)
		if (ip_parse(redis.hosts[i].name, &ip))
			egress_deny_host(&n->egress, ip, redis.hosts[i].port);
	return f;
}

static void make_loops(struct notifier *n)
{
	struct process *p = n->process;
	struct redis *commands = link_commands(n->link);
	const struct objects_plan objects = {.commands = commands,
					     .reads = link_reader(n->link, READER_OBJECTS),
					     .kinds = 1u << KIND_NOTIFY | 1u << KIND_TEAM |
						      1u << KIND_PLAIN_SECRET,
					     .ready = on_objects,
					     .arg = n};
	/* Attempts that wait are timers of `tasks` (STREAMS 4.5): fired here too, so that they
	 * do not depend on another daemon. */
	struct decider_plan decider = {.stream = STREAM_EVENTS,
				       .group = GROUP_NOTIFIER,
				       .timers = {TIMERS_TASKS},
				       .me = link_name(n->link),
				       .commands = commands,
				       .reads = link_reader(n->link, READER_EVENTS),
				       .all_at_once = true,
				       .facts = true,
				       .decide = decide,
				       .committed = committed,
				       .state = events_state,
				       .arg = n};
	struct deliver_plan deliver = {.commands = commands,
				       .reads = link_reader(n->link, READER_DELIVERIES),
				       .process = link_name(n->link),
				       .keys = &n->keys,
				       .egress = &n->egress,
				       .limits = &p->limits,
				       .zones = n->zones,
				       .state = deliveries_state,
				       .arg = n};

	deliver.objects = n->world.objects = n->objects =
		objects_new(p->base, &objects, p->metrics);
	n->world.dashboard_url = n->settings.dashboard_url;
	n->decider = decider_new(p->base, &decider, p->metrics);
	n->deliver = deliver_new(p->base, &deliver, p->metrics);
}

static enum fail start(struct process *p, void *arg, struct why *why)
{
	struct notifier *n = arg;
	struct link_plan link = {.readers = READERS,
				 .loads_library = true,
				 .up = on_up,
				 .down = on_down,
				 .arg = n};
	enum fail f;

	n->process = p;
	n->has_objects = process_condition(p, "objects");
	n->has_events = process_condition(p, "events");
	n->has_deliveries = process_condition(p, "deliveries");
	n->zones = zones_new(NULL);
	n->suppressed = metrics_counter(p->metrics, "ark_notifications_suppressed_total",
					"Events over the rate limit of their policy.", "event");
	f = init_egress(n, why);
	if (!f && p->settings.seal_key_file.len)
		f = seal_keys_read(p->settings.seal_key_file, &n->keys, why);
	else if (!f)
		log_warn("without ARK_SEAL_KEY_FILE no Secret can be opened");
	if (!f)
		f = link_new(p, &link, &n->link, why);
	if (!f)
		make_loops(n);
	return f;
}

static void on_drained(void *arg)
{
	struct notifier *n = arg;

	if (--n->draining == 0)
		process_drained(n->process);
}

static void drain(struct process *p, void *arg)
{
	struct notifier *n = arg;

	(void)p;
	n->draining = 2;
	decider_drain(n->decider, on_drained, n);
	deliver_drain(n->deliver, on_drained, n);
}

static void reload(struct process *p, void *arg)
{
	struct notifier *n = arg;
	struct seal_keys keys;
	struct why why;

	if (!p->settings.seal_key_file.len)
		return;
	if (seal_keys_read(p->settings.seal_key_file, &keys, &why)) {
		log_error("the seal key is not read again", LOG_WHY(&why));
		return;
	}
	n->keys = keys;
	seal_keys_wipe(&keys);
}

static void stop(struct process *p, void *arg)
{
	struct notifier *n = arg;

	(void)p;
	link_free(n->link);
	decider_free(n->decider);
	deliver_free(n->deliver);
	objects_free(n->objects);
	zones_free(n->zones);
	egress_release(&n->egress);
	seal_keys_wipe(&n->keys);
}

int main(int argc, char **argv)
{
	struct notifier n = {.process = NULL};
	const struct settings_table tables[] = {
		{.title = "Notifications",
		 .rows = rows,
		 .count = sizeof(rows) / sizeof(rows[0]),
		 .into = &n.settings},
	};
	const struct process_plan plan = {
		.name = "ark-notifier",
		.about = "Tells receivers outside what happened.",
		.tables = tables,
		.table_count = 1,
		.start = start,
		.drain = drain,
		.reload = reload,
		.stop = stop,
		.arg = &n,
	};

	return process_main(&plan, argc, argv);
}
