/* Texts that are checked whenever a spec is read. */
#include "kinds/walk.h"

#include <math.h>

#include "base/json.h"
#include "lang/duration.h"
#include "lang/money.h"

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

void text_cheap(struct walk *w, const struct field *row, const struct value *v)
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
	case TEXT_URL: walk_form(w, v, &pattern_url); break;
	case TEXT_HOST_PORT: walk_form(w, v, &pattern_host_port); break;
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
	case TEXT_ZONE:
	case TEXT_TIME: break;
	}
}
