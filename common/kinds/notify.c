#include "kinds/notify.h"

#include "kinds/check.h"
#include "kinds/read.h"
#include "kinds/shared.h"

enum { DEFAULT_WINDOW_SECONDS = 300 }; /* SPEC 16.1: when neither limit is given */

const char *channel_type_name(enum channel_type t)
{
	switch (t) {
	case CHANNEL_SLACK: return "slack";
	case CHANNEL_WEBHOOK: return "webhook";
	case CHANNEL_PAGERDUTY: return "pagerduty";
	case CHANNEL_ALERTMANAGER: return "alertmanager";
	}
	return "?";
}

/* ---- one channel, SPEC 16.2 ---- */

/* The template of the channel goes before one inside slack or webhook. */
static void load_template(const struct view *channel, const struct view *inside,
			  struct channel *ret)
{
	const struct view *v = read_given(channel, "template") ? channel : inside;

	ret->has_template = v && read_given(v, "template");
	if (ret->has_template)
		ret->template = read_text(v, "template");
}

static void load_slack(const struct view *channel, struct channel *ret)
{
	struct view s = read_object(channel, "slack");

	ret->url_from = read_key(&s, read_given(&s, "webhookURLFrom") ? "webhookURLFrom"
								      : "webhookUrlSecretRef");
	load_template(channel, &s, ret);
}

static void load_webhook(const struct view *channel, struct channel *ret)
{
	struct view w = read_object(channel, "webhook");

	ret->url = read_text(&w, "url");
	ret->url_from = read_key(&w, "urlFrom");
	ret->method = (enum http_method)read_choice(&w, "method");
	ret->headers = read_headers(&w, "headers");
	ret->signing = read_key(&w, "signingSecretFrom");
	load_template(channel, &w, ret);
}

static void load_pagerduty(const struct view *channel, struct channel *ret)
{
	struct view p = read_object(channel, "pagerduty");

	ret->url = read_text(&p, "url");
	ret->routing_key = read_key(&p, "routingKeyFrom");
	load_template(channel, NULL, ret);
}

static void load_alertmanager(const struct view *channel, struct channel *ret)
{
	struct view m = read_object(channel, "alertmanager");

	ret->url = read_text(&m, "url");
	ret->url_from = read_key(&m, "urlFrom");
	ret->bearer_token = read_key(&m, "bearerTokenFrom");
	ret->labels = read_pairs(&m, "labels");
	load_template(channel, NULL, ret);
}

static void load_channel(const struct view *v, struct channel *ret)
{
	ret->type = (enum channel_type)read_choice(v, "type");
	ret->method = METHOD_POST;
	switch (ret->type) {
	case CHANNEL_SLACK: load_slack(v, ret); break;
	case CHANNEL_WEBHOOK: load_webhook(v, ret); break;
	case CHANNEL_PAGERDUTY: load_pagerduty(v, ret); break;
	case CHANNEL_ALERTMANAGER: load_alertmanager(v, ret); break;
	}
}

/* ---- both shapes of SPEC 16.1 ---- */

static void load_channels(const struct view *v, struct notify *ret)
{
	size_t n = read_count(v, "channels");
	struct channel *channels;

	if (n == 0) {
		struct view one = read_object(v, "channel");

		channels = ARENA_NEW(v->arena, struct channel);
		load_channel(&one, channels);
		n = 1;
	} else {
		channels = ARENA_ARRAY(v->arena, n, struct channel);
		for (size_t i = 0; i < n; i++) {
			struct view one = read_item(v, "channels", i);

			load_channel(&one, &channels[i]);
		}
	}
	ret->channels = channels;
	ret->channel_count = n;
}

static void load_events(const struct view *v, struct notify *ret)
{
	struct str_list on = read_texts(v, "on");
	size_t n = on.count ? on.count : read_count(v, "events");
	struct notify_event *events = ARENA_ARRAY(v->arena, n, struct notify_event);

	for (size_t i = 0; i < n; i++) {
		if (on.count) {
			events[i].type = on.items[i];
		} else {
			struct view e = read_item(v, "events", i);

			events[i] = (struct notify_event){
				.type = read_text(&e, "type"),
				.has_template = read_given(&e, "template"),
				.template = read_text(&e, "template"),
			};
		}
	}
	ret->events = events;
	ret->event_count = n;
	ret->all_events = n == 0;
}

static void load_rate(const struct view *v, struct notify *ret)
{
	struct view limiting = read_object(v, "rateLimiting");

	ret->window_seconds = DEFAULT_WINDOW_SECONDS;
	ret->max_per_window = 1;
	if (limiting.value) {
		ret->window_seconds = read_int(&limiting, "windowSeconds");
		ret->max_per_window = read_int(&limiting, "maxPerWindow");
	} else if (read_given(v, "rateLimitSeconds")) {
		ret->window_seconds = read_int(v, "rateLimitSeconds");
	}
}

enum fail notify_load(struct arena *a, const struct value *spec, struct notify *ret,
		      struct why *why)
{
	struct view v = {a, &table_notify, spec};
	enum fail f;

	f = check_structure(a, &table_notify, spec, "spec", why);
	if (f)
		return f;
	*ret = (struct notify){0};
	load_channels(&v, ret);
	load_events(&v, ret);
	load_rate(&v, ret);
	return FAIL_NONE;
}
