/*
 * The checks of SPEC 13.6 on the request alone, under the numbers that they have there:
 *
 *	 1  rate limit of the client                     main.c, before the route
 *	 2  path, method                                 http_server
 *	 3  event exists, is of type webhook             fire_check_event
 *	 4  body at most trigger-body-bytes              http_server
 *	 5  token                                        fire_check_request
 *	 6  not suspended                                   "
 *	 7  media type                                      "
 *	 8  body, mode, timeout, number of targets          "
 *	 9  idempotency                                  fire_check_memory
 *	10  targets, templates, inputs                   fire_plan
 *	11  pending runs, event rate                     fire_http.c and the commit
 *	12  concurrency policy                           the commit
 *	13  durable                                      the commit
 */
#include "gateway/fire.h"

#include "base/json.h"
#include "http/media.h"
#include "lang/duration.h"

const char *fire_mode_name(enum fire_mode m)
{
	switch (m) {
	case FIRE_ASYNC: return "async";
	case FIRE_SYNC: return "sync";
	case FIRE_SSE: return "sse";
	}
	return "?";
}

#define REFUSE(no, code, ...)                                                                  \
	((no)->status = (code), (no)->reason = NULL, (no)->is_fire_failed = false,             \
	 why_write(&(no)->why, __VA_ARGS__), false)

static bool refuse_token(struct refusal *no)
{
	return REFUSE(no, 401, "a valid bearer token of this event is needed");
}

bool fire_check_event(struct fire *f, const struct object *event, struct refusal *no)
{
	struct why why;

	/* 3: what there is and what not is told to those who belong here only. */
	if (!event)
		return f->credential == CREDENTIAL_NONE
			       ? refuse_token(no)
			       : REFUSE(no, 404,
					"there is no ArkEvent '%.*s' in namespace '%.*s'",
					STR_ARG(f->name), STR_ARG(f->namespace));
	if (event_load(f->arena, event->spec, &f->event, &why)) {
		f->event_fault = arena_str(f->arena, why_str(&why));
		return true; /* who may know is seen in check 5 */
	}
	if (f->event.type != EVENT_WEBHOOK)
		return f->credential == CREDENTIAL_NONE
			       ? refuse_token(no)
			       : REFUSE(no, 400, "ArkEvent '%.*s' is of type %s, not webhook",
					STR_ARG(f->name), event_type_name(f->event.type));
	return true;
}

/* --- 8: the query --------------------------------------------------------------------------------------- */

static bool check_mode(struct fire *f, struct refusal *no)
{
	if (!f->mode_text.ptr || str_is(f->mode_text, "async"))
		f->mode = FIRE_ASYNC;
	else if (str_is(f->mode_text, "sync"))
		f->mode = FIRE_SYNC;
	else if (str_is(f->mode_text, "sse"))
		f->mode = FIRE_SSE;
	else
		return REFUSE(no, 400, "mode: one of async, sync, sse");
	if (f->mode != FIRE_ASYNC && f->event.target_count != 1)
		return REFUSE(no, 400,
			      "mode %s needs an event with exactly one target, not %zu",
			      fire_mode_name(f->mode), f->event.target_count);
	return true;
}

/* SPEC 13.7: more than the longest wait is taken as that. */
static bool check_timeout(struct fire *f, struct refusal *no)
{
	int64_t most_ms = f->world->limits->sync_max_timeout_ms, nanos, ms;
	struct why why;

	f->timeout_ms = LIMIT_SYNC_TIMEOUT_MS < most_ms ? LIMIT_SYNC_TIMEOUT_MS : most_ms;
	if (!f->timeout_text.ptr)
		return true;
	if (duration_parse_positive(f->timeout_text, &nanos, &why))
		return REFUSE(no, 400, "timeout: %s", why.text);
	ms = (nanos + NANOS_PER_MS - 1) / NANOS_PER_MS;
	f->timeout_ms = ms < most_ms ? ms : most_ms;
	return true;
}

/* --- 9: the key ------------------------------------------------------------------------------------------- */

/* SPEC 13.8; quotes are optional (INTERFACES 18.1). ptr NULL: there is none. */
static struct str given_key(const struct fire *f)
{
	struct str key = http_fields_get(f->headers, STR("Idempotency-Key"));

	if (key.ptr) {
		bool quoted = key.len >= 2 && key.ptr[0] == '"' && key.ptr[key.len - 1] == '"';

		return quoted ? str_sub(key, 1, key.len - 1) : key;
	}
	if (f->event.idempotency_header.len) {
		key = http_fields_get(f->headers, f->event.idempotency_header);
		if (key.ptr)
			return key;
	}
	switch (f->event.signature.scheme) {
	case SIGNATURE_GITHUB: return http_fields_get(f->headers, STR("X-GitHub-Delivery"));
	case SIGNATURE_STANDARD_WEBHOOKS: return http_fields_get(f->headers, STR("webhook-id"));
	case SIGNATURE_NONE:
	case SIGNATURE_HMAC_SHA256: break;
	}
	return str_n(NULL, 0);
}

static bool check_key(struct fire *f, struct refusal *no)
{
	size_t most = (size_t)f->world->limits->idempotency_key_bytes;
	char digest[SHA256_HEX_SIZE];
	struct str key;

	if (http_fields_count(f->headers, STR("Idempotency-Key")) > 1)
		return REFUSE(no, 400, "Idempotency-Key: given more than once");
	key = given_key(f);
	if (!key.ptr)
		return true;
	if (!key.len)
		return REFUSE(no, 400, "the idempotency key is empty");
	if (key.len > most)
		return REFUSE(no, 400,
			      "the idempotency key has more than %zu bytes "
			      "(idempotency-key-bytes)",
			      most);
	sha256_hex(key, digest);
	f->key = arena_str(f->arena, str_n(digest, FIRE_KEY_DIGITS));
	sha256_hex(f->body, f->body_hash);
	return true;
}

/* --- 7 and 8: the body -------------------------------------------------------------------------------------- */

static bool check_body(struct fire *f, struct refusal *no)
{
	struct str type = http_fields_get(f->headers, STR("Content-Type"));
	struct value_builder none;
	struct why why;

	/* 7 */
	if (f->body.len && type.len &&
	    (!media_is_json(type) || media_is(type, STR("application/cloudevents-batch+json"))))
		return REFUSE(no, 415, "the body must be JSON, not '%.*s'", STR_ARG(type));
	/* 8 */
	if (!f->body.len) {
		value_map_begin(&none, f->arena);
		f->body_value = value_map_done(&none);
		return true;
	}
	if (json_parse(f->arena, f->body, JSON_STRICT, JSON_MAX_DEPTH, &f->body_value, &why))
		return REFUSE(no, 400, "body: %s", why.text);
	return true;
}

bool fire_check_request(struct fire *f, struct refusal *no)
{
	/* 5: a signature cannot be checked by this release, so what needs one is refused. */
	if (f->credential != CREDENTIAL_EVENT)
		return refuse_token(no);
	if (f->event.signature.require)
		return REFUSE(no, 401, "this event needs a signed request");
	/* 3.3: an object with an error is not acted on. */
	if (f->event_fault.len)
		return REFUSE(no, 400, "ArkEvent '%.*s' is not valid: %.*s", STR_ARG(f->name),
			      STR_ARG(f->event_fault));
	/* 6 */
	if (f->event.suspended)
		return REFUSE(no, 503, "ArkEvent '%.*s' is suspended", STR_ARG(f->name));
	return check_body(f, no) && check_mode(f, no) && check_timeout(f, no) &&
	       check_key(f, no);
}

bool fire_check_memory(struct fire *f, const struct fire_memory *m, struct refusal *no)
{
	/* 9 */
	if (!str_is(m->body_hash, f->body_hash))
		return REFUSE(no, 422, "this idempotency key was used with another body");
	return true;
}
