/* Texts that mean something: read with the library of their language. */
#include "kinds/walk.h"

#include <math.h>

#include "base/json.h"
#include "lang/cron.h"
#include "lang/duration.h"
#include "lang/money.h"
#include "lang/regex.h"
#include "lang/schema.h"
#include "lang/template.h"

/* The better reason, where the kind has it (SPEC 3.6). */
static const char *reason_or(const struct walk *w, const char *reason)
{
	return w->kind && kind_has_reason(w->kind, reason) ? reason : w->reason;
}

/* ---- cheap ones: done whenever a spec is read ---- */

static bool is_url(struct str s)
{
	struct str rest, host;

	if (str_starts_nocase(s, STR("https://")))
		rest = str_from(s, 8);
	else if (str_starts_nocase(s, STR("http://")))
		rest = str_from(s, 7);
	else
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 0x7f)
			return false;
	}
	str_cut(rest, '/', &host, NULL);
	str_cut(host, '?', &host, NULL);
	str_cut(host, '#', &host, NULL);
	return host.len > 0 && host.ptr[0] != ':';
}

static bool is_host_port(struct str s)
{
	size_t colon = str_rchr(s, ':');
	int64_t port;

	if (colon == STR_NONE || colon == 0)
		return false;
	for (size_t i = 0; i < colon; i++) {
		if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == '/' || s.ptr[i] == '@')
			return false;
	}
	return str_to_i64(str_from(s, colon + 1), &port) && port >= 1 && port <= 65535;
}

/* A number, also as text, within the bounds. */
static bool is_decimal(const struct field *row, const struct value *v)
{
	AUTO_ARENA a = ARENA_INIT;
	struct value number = *v;
	double d;

	if (v->kind == VALUE_STR &&
	    json_parse(&a, v->string.text, JSON_STRICT, 1, &number, NULL) != FAIL_NONE)
		return false;
	if (number.kind == VALUE_INT)
		d = (double)number.integer;
	else if (number.kind == VALUE_FLOAT)
		d = number.real.number;
	else
		return false;
	return isfinite(d) && (!row->bounds.has_min || d >= (double)row->bounds.min) &&
	       (!row->bounds.has_max || d <= (double)row->bounds.max);
}

void check_cheap_text(struct walk *w, const struct field *row, const struct value *v)
{
	struct why why = {""};
	struct money money;
	int64_t nanos;

	switch (row->text) {
	case TEXT_DURATION:
		if (duration_parse_positive(value_text(v), &nanos, &why))
			walk_error(w, v, w->reason, "%s", why.text);
		break;
	case TEXT_MONEY:
		if (money_from_value(v, &money, &why))
			walk_error(w, v, w->reason, "%s", why.text);
		break;
	case TEXT_URL:
		if (!is_url(value_text(v)))
			walk_error(w, v, w->reason, "must be an http or https URL");
		break;
	case TEXT_HOST_PORT:
		if (!is_host_port(value_text(v)))
			walk_error(w, v, w->reason, "must be host:port");
		break;
	case TEXT_DECIMAL:
		if (!is_decimal(row, v))
			walk_error(w, v, w->reason, "must be a number from %lld to %lld",
				   (long long)row->bounds.min, (long long)row->bounds.max);
		break;
	case TEXT_PLAIN:
	case TEXT_TEMPLATE:
	case TEXT_SCHEMA:
	case TEXT_REGEX:
	case TEXT_CRON:
	case TEXT_ZONE: break;
	}
}

/* ---- those that are compiled ---- */

static void check_template(struct walk *w, const struct value *v)
{
	AUTO_ARENA a = ARENA_INIT;
	struct template_limits limits = template_limits_default;
	struct template *t;
	struct why why = {""};

	limits.source_bytes = (size_t)w->limits->template_source_bytes;
	limits.depth = (unsigned)w->limits->template_depth;
	if (template_parse(&a, value_text(v), &limits, &t, &why))
		/* SPEC 4.11 */
		walk_error(w, v, reason_or(w, "InvalidTemplate"), "template: %s:%s",
			   buf_cstr(&w->path), why.text);
}

static void check_schema(struct walk *w, const struct value *v)
{
	AUTO_ARENA a = ARENA_INIT;
	struct schema_limits limits = schema_limits_default;
	struct schema *s = NULL;
	struct why why = {""};
	enum fail f;

	limits.max_bytes = (size_t)w->limits->schema_bytes;
	limits.max_depth = (unsigned)w->limits->schema_depth;
	if (v->kind == VALUE_STR)
		f = schema_compile_text(&a, v->string.text, &limits, &s, &why);
	else
		f = schema_compile(&a, v, &limits, &s, &why);
	if (f)
		walk_error(w, v, reason_or(w, "InvalidSchema"), "%s", why.text);
	else
		schema_free(s);
}

static void check_regex(struct walk *w, const struct value *v)
{
	struct regex *re;
	struct why why = {""};

	if (regex_new(value_text(v), &re, &why))
		walk_error(w, v, reason_or(w, "InvalidPattern"), "%s", why.text);
	else
		regex_free(re);
}

void check_compiled_text(struct walk *w, const struct field *row, const struct value *v)
{
	struct cron cron;
	struct why why = {""};

	switch (row->text) {
	case TEXT_TEMPLATE: check_template(w, v); break;
	case TEXT_SCHEMA: check_schema(w, v); break;
	case TEXT_REGEX: check_regex(w, v); break;
	case TEXT_CRON:
		if (cron_parse(value_text(v), &cron, &why))
			walk_error(w, v, w->reason, "%s", why.text);
		break;
	case TEXT_PLAIN:
	case TEXT_DURATION:
	case TEXT_MONEY:
	case TEXT_ZONE: /* needs the zones: check_event */
	case TEXT_URL:
	case TEXT_HOST_PORT:
	case TEXT_DECIMAL: break;
	}
}
