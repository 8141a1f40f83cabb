/* What each kind's status has besides its conditions: SPEC 6.9, 8.10, 12.2, 16.3. In local mode
 * one pool serves every agent, so a valid agent counts as one replica that is ready. */
#include "reconciler/status.h"

#include "base/hash.h"
#include "base/json.h"
#include "kinds/agent.h"
#include "kinds/event.h"
#include "kinds/notify.h"
#include "kinds/team.h"
#include "lang/cron.h"

struct status_ready status_ready_of(struct arena *a, const struct object *o)
{
	struct event event;

	switch (o->kind) {
	case KIND_AGENT: return (struct status_ready){true, "AllReplicasReady", {NULL, 0}};
	case KIND_TEAM: return (struct status_ready){true, "Reconciled", {NULL, 0}};
	case KIND_BUDGET: return (struct status_ready){true, "OK", {NULL, 0}};
	case KIND_REGISTRY: return (struct status_ready){true, "IndexReady", {NULL, 0}};
	case KIND_NOTIFY:
	case KIND_SETTINGS:
	case KIND_MEMORY: return (struct status_ready){true, "Accepted", {NULL, 0}};
	case KIND_SECRET:
		return (struct status_ready){false, "Pending",
					     STR("values are synced in a cluster only")};
	case KIND_EVENT:
		if (event_load(a, o->spec, &event, NULL))
			BROKEN("an event passed its checks and cannot be read");
		if (event.suspended)
			return (struct status_ready){false, "Suspended", STR("spec.suspended")};
		return (struct status_ready){true,
					     event.type == EVENT_CRON	   ? "Active"
					     : event.type == EVENT_WEBHOOK ? "WebhookReady"
									   : "Watching",
					     {NULL, 0}};
	case KIND_RUN:
	case KIND_OTHER:
	case KIND_CONFIG_MAP:
	case KIND_SERVICE:
	case KIND_DEPLOYMENT:
	case KIND_NETWORK_POLICY:
	case KIND_DISRUPTION_BUDGET:
	case KIND_SERVICE_ACCOUNT:
	case KIND_ROLE_BINDING:
	case KIND_SCALED_OBJECT:
	case KIND_TRIGGER_AUTHENTICATION:
	case KIND_PLAIN_SECRET: break;
	}
	BROKEN("a kind without status");
}

/* --- ArkAgent ----------------------------------------------------------------------------------- */

static void add_agent(struct buf *b, struct arena *a, const struct object *o, bool is_ready)
{
	char hex[SHA256_HEX_SIZE];
	struct agent agent;

	json_member_int(b, "replicas", 1);
	json_member_int(b, "readyReplicas", is_ready);
	if (agent_load(a, o->spec, &agent, NULL) || agent.prompt_config_map.name.len ||
	    agent.prompt_secret.name.len)
		return;
	sha256_hex(agent.system_prompt, hex);
	json_member_str(b, "systemPromptHash", str_of(hex));
}

/* --- ArkTeam ------------------------------------------------------------------------------------ */

static void add_role(struct buf *b, struct arena *a, const struct object *o,
		     const struct role *role, const struct check_world *w)
{
	struct str agent = role->kind == ROLE_INLINE ? team_agent_name(a, o->name, role->name)
						     : role->target;

	json_next(b);
	json_open(b, '{');
	json_member_str(b, "name", role->name);
	if (role->kind != ROLE_TEAM) {
		json_member_int(b, "readyReplicas",
				w->find(w->context, KIND_AGENT, o->namespace, agent) != NULL);
		json_member_int(b, "desiredReplicas", 1);
	}
	if (role->kind == ROLE_INLINE)
		json_member_str(b, "managedArkAgent", agent);
	json_close(b, '}');
}

/* SPEC 8.11 */
static struct str phase_of(const struct team *team, const struct record *r)
{
	if (!r->was_ready)
		return STR("Pending");
	if (team->mode == TEAM_DYNAMIC || !r->run.len)
		return STR("Ready");
	return r->run_phase;
}

static void add_team(struct buf *b, struct arena *a, const struct object *o,
		     const struct status_world *w, const struct record *r)
{
	struct team team;

	if (team_load(a, o->spec, &team, NULL)) {
		json_member_str(b, "phase", r->was_ready ? STR("Ready") : STR("Pending"));
		return;
	}
	json_member_str(b, "phase", phase_of(&team, r));
	json_member_str(b, "mode", str_of(team_mode_name(team.mode)));
	json_key(b, "roles");
	json_open(b, '[');
	for (size_t i = 0; i < team.role_count; i++)
		add_role(b, a, o, &team.roles[i], &w->check);
	json_close(b, ']');
	if (team.entry != TEAM_NONE)
		json_member_str(b, "entryRole", team.roles[team.entry].name);
	json_member_str_if(b, "lastRunName", r->run);
	json_member_str_if(b, "lastRunPhase", r->run_phase);
	if (r->active_ms)
		status_add_time(b, "lastActiveTime", r->active_ms);
}

/* --- ArkEvent ----------------------------------------------------------------------------------- */

static void add_next_fire(struct buf *b, const struct event *event,
			  const struct status_world *w)
{
	const struct zone *zone =
		w->check.zones ? zones_get(w->check.zones, event->time_zone) : NULL;
	struct cron cron;
	int64_t slot;

	if (zone && !event->suspended && !cron_parse(event->cron, &cron, NULL) &&
	    cron_next(&cron, zone, w->now_ms / 1000, &slot))
		status_add_time(b, "nextFireAt", slot * 1000);
}

static void add_event(struct buf *b, struct arena *a, const struct object *o,
		      const struct status_world *w, const struct record *r)
{
	struct event event;

	if (r->fired_ms)
		status_add_time(b, "lastFiredAt", r->fired_ms);
	json_member_int(b, "firedCount", r->fired);
	json_member_int(b, "skippedCount", r->skipped);
	if (event_load(a, o->spec, &event, NULL))
		return;
	if (event.type == EVENT_CRON)
		add_next_fire(b, &event, w);
	if (event.type == EVENT_WEBHOOK && w->trigger_url.len)
		json_member_str(b, "webhookURL",
				arena_printf(a, "%.*s/triggers/%.*s/%.*s/fire",
					     STR_ARG(w->trigger_url), STR_ARG(o->namespace),
					     STR_ARG(o->name)));
}

/* --- ArkNotify ---------------------------------------------------------------------------------- */

static void add_dispatch(struct buf *b, const struct record_dispatch *d)
{
	json_next(b);
	json_open(b, '{');
	json_member_int(b, "channelIndex", d->channel);
	status_add_time(b, "lastFiredAt", d->at_ms);
	json_member_str(b, "lastEvent", d->event);
	json_member_bool(b, "succeeded", d->succeeded);
	json_member_str_if(b, "error", d->error);
	json_member_int(b, "attempts", d->attempts);
	json_close(b, '}');
}

static void add_notify(struct buf *b, struct arena *a, const struct object *o,
		       const struct record *r)
{
	struct notify notify;

	if (!notify_load(a, o->spec, &notify, NULL)) {
		json_key(b, "channelTypes");
		json_open(b, '[');
		for (size_t i = 0; i < notify.channel_count; i++) {
			json_next(b);
			json_add_str(b, str_of(channel_type_name(notify.channels[i].type)));
		}
		json_close(b, ']');
	}
	json_key(b, "lastDispatches");
	json_open(b, '[');
	for (size_t i = 0; i < r->dispatch_count; i++)
		add_dispatch(b, &r->dispatches[i]);
	json_close(b, ']');
	json_member_int(b, "suppressedCount", r->suppressed);
	json_member_int(b, "deadLetters", r->dead_letters);
}

void status_add_members(struct buf *b, struct arena *a, const struct object *o,
			const struct status_world *w, const struct record *r, bool is_ready)
{
	if (o->kind == KIND_AGENT)
		add_agent(b, a, o, is_ready);
	else if (o->kind == KIND_TEAM)
		add_team(b, a, o, w, r);
	else if (o->kind == KIND_EVENT)
		add_event(b, a, o, w, r);
	else if (o->kind == KIND_NOTIFY)
		add_notify(b, a, o, r);
}
