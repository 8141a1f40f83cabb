#include "kinds/event.h"

#include "kinds/check.h"
#include "kinds/read.h"
#include "kinds/shared.h"

const char *event_type_name(enum event_type t)
{
	switch (t) {
	case EVENT_CRON: return "cron";
	case EVENT_WEBHOOK: return "webhook";
	case EVENT_TEAM_OUTPUT: return "team-output";
	}
	return "?";
}

static struct event_signature load_signature(const struct view *webhook)
{
	struct view s = read_object(webhook, "signature");

	if (!s.value)
		return (struct event_signature){.scheme = SIGNATURE_NONE};
	return (struct event_signature){
		.scheme = (enum signature_scheme)(SIGNATURE_GITHUB + read_choice(&s, "scheme")),
		.secret = read_key(&s, "secretRef"),
		.header = read_text(&s, "header"),
		.prefix = read_text(&s, "prefix"),
		.base64 = str_is(read_text(&s, "encoding"), "base64"),
		.tolerance_seconds = read_int(&s, "toleranceSeconds"),
		.require = read_bool(&s, "require"),
	};
}

static void load_targets(const struct view *v, struct event *ret)
{
	size_t n = read_count(v, "targets");
	struct event_target *targets = ARENA_ARRAY(v->arena, n, struct event_target);

	for (size_t i = 0; i < n; i++) {
		struct view t = read_item(v, "targets", i);

		targets[i] = (struct event_target){
			.team = read_text(&t, "team"),
			.agent = read_text(&t, "agent"),
			.has_prompt = read_given(&t, "prompt"),
			.prompt = read_text(&t, "prompt"),
			.input = read_pairs(&t, "input"),
		};
	}
	ret->targets = targets;
	ret->target_count = n;
}

enum fail event_load(struct arena *a, const struct value *spec, struct event *ret,
		     struct why *why)
{
	struct view v = {a, &table_event, spec};
	struct view source, output, webhook;
	enum fail f;

	f = check_structure(a, &table_event, spec, "spec", why);
	if (f)
		return f;
	source = read_object(&v, "source");
	output = read_object(&source, "teamOutput");
	webhook = read_object(&source, "webhook");
	*ret = (struct event){
		.type = (enum event_type)read_choice(&source, "type"),
		.cron = read_text(&source, "cron"),
		.time_zone = read_text(&source, "timeZone"),
		.starting_deadline_seconds = read_int(&source, "startingDeadlineSeconds"),
		.output_team = read_text(&output, "name"),
		.on_phase = (enum event_phase)read_choice(&output, "onPhase"),
		.signature = load_signature(&webhook),
		.idempotency_header = read_text(&webhook, "idempotencyHeader"),
		.success_code = read_int(&webhook, "successCode"),
		.concurrency = (enum concurrency)read_choice(&v, "concurrencyPolicy"),
		.suspended = read_bool(&v, "suspended"),
	};
	load_targets(&v, ret);
	return FAIL_NONE;
}
