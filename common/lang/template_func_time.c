/* Times in templates (SPEC 4.9). */
#include "lang/template_exec.h"

#include "lang/go_time.h"
#include "lang/rfc3339.h"

HELPER(func_now)
{
	(void)args;
	(void)count;
	*ret = value_time(x->env->now_seconds, x->env->now_nanos);
	return FAIL_NONE;
}

/* A time, RFC 3339 text or Unix seconds. */
static enum fail arg_time(struct exec *x, const struct value *v, int64_t *ret_seconds,
			  int32_t *ret_nanos)
{
	*ret_nanos = 0;
	switch (v->kind) {
	case VALUE_TIME:
		*ret_seconds = v->time.seconds;
		*ret_nanos = v->time.nanos;
		break;
	case VALUE_INT: *ret_seconds = v->integer; break;
	case VALUE_STR:
		if (!rfc3339_parse(v->string.text, ret_seconds, ret_nanos, NULL))
			break;
		return call_failf(x, "not an RFC 3339 time");
	case VALUE_NIL:
	case VALUE_BOOL:
	case VALUE_FLOAT:
	case VALUE_LIST:
	case VALUE_MAP:
		return call_failf(x, "wrong type for value; expected time; got %s",
				  go_type(v->kind));
	}
	return FAIL_NONE;
}

static enum fail format_time(struct exec *x, const struct value *args, struct str zone_name,
			     struct value *ret)
{
	const struct zone *zone = zone_utc();
	struct zone_offset offset;
	struct str layout;
	int64_t seconds = 0;
	int32_t nanos;
	enum fail f = arg_text(x, &args[0], &layout);

	if (!f)
		f = exec_work(x, EXEC_LAYOUT_WORK * layout.len);
	if (!f)
		f = arg_time(x, &args[1], &seconds, &nanos);
	if (f)
		return f;
	if (seconds > GO_TIME_MAX_SECONDS || seconds < -GO_TIME_MAX_SECONDS)
		return call_failf(x, "time out of range");
	if (zone_name.len && !str_is(zone_name, "UTC"))
		zone = x->env->zones ? zones_get(x->env->zones, zone_name) : NULL;
	if (!zone)
		return call_failf(x, "unknown time zone %.*s", NAME_ARG(zone_name));
	offset = zone_at(zone, seconds);
	go_time_add(text_begin(x), layout, seconds, nanos, offset.seconds, offset.name);
	return text_end(x, ret);
}

HELPER(func_date)
{
	(void)count;
	return format_time(x, args, str_n(NULL, 0), ret);
}

HELPER(func_date_in_zone)
{
	struct str zone;
	enum fail f = arg_text(x, &args[2], &zone);

	(void)count;
	return f ? f : format_time(x, args, zone, ret);
}

HELPER(func_unix_epoch)
{
	int64_t seconds;
	int32_t nanos;
	enum fail f = arg_time(x, &args[0], &seconds, &nanos);

	(void)count;
	if (!f)
		*ret = value_int(seconds);
	return f;
}
