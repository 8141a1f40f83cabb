/* Texts that are compiled, each with the library of its language, when an object is checked. */
#include "kinds/walk.h"

#include "lang/cron.h"
#include "lang/regex.h"
#include "lang/schema.h"
#include "lang/template.h"

/* The better reason, where the kind has it (SPEC 3.6). */
static const char *reason_or(const struct walk *w, const char *reason)
{
	return w->kind && kind_has_reason(w->kind, reason) ? reason : w->reason;
}

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

void text_compile(struct walk *w, const struct field *row, const struct value *v)
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
	case TEXT_DECIMAL:
	case TEXT_TIME: break;
	}
}
