#include "base/json.h"

static enum fail wrong(const char *key, const char *want, const struct value *got,
		       struct why *why)
{
	return failf(why, FAIL_INPUT, "%s: expected %s, got %s", key, want,
		     value_kind_name(got->kind));
}

static enum fail missing(const char *key, struct why *why)
{
	return failf(why, FAIL_INPUT, "%s: missing", key);
}

/* The member, with null as absent. */
static const struct value *member(const struct value *object, const char *key)
{
	const struct value *v = value_get(object, str_of(key));

	return value_is_nil(v) ? NULL : v;
}

enum fail json_opt_str(const struct value *object, const char *key, struct str *ret,
		       struct why *why)
{
	const struct value *v = member(object, key);

	if (!v)
		return FAIL_NONE;
	if (v->kind != VALUE_STR)
		return wrong(key, "string", v, why);
	*ret = v->string.text;
	return FAIL_NONE;
}

enum fail json_need_str(const struct value *object, const char *key, struct str *ret,
			struct why *why)
{
	return member(object, key) ? json_opt_str(object, key, ret, why) : missing(key, why);
}

enum fail json_opt_int(const struct value *object, const char *key, int64_t min, int64_t max,
		       int64_t *ret, struct why *why)
{
	const struct value *v = member(object, key);

	if (!v)
		return FAIL_NONE;
	if (v->kind != VALUE_INT)
		return wrong(key, "integer", v, why);
	if (v->integer < min || v->integer > max)
		return failf(why, FAIL_INPUT, "%s: %lld is not in %lld-%lld", key,
			     (long long)v->integer, (long long)min, (long long)max);
	*ret = v->integer;
	return FAIL_NONE;
}

enum fail json_need_int(const struct value *object, const char *key, int64_t min, int64_t max,
			int64_t *ret, struct why *why)
{
	return member(object, key) ? json_opt_int(object, key, min, max, ret, why)
				   : missing(key, why);
}

enum fail json_opt_bool(const struct value *object, const char *key, bool *ret, struct why *why)
{
	const struct value *v = member(object, key);

	if (!v)
		return FAIL_NONE;
	if (v->kind != VALUE_BOOL)
		return wrong(key, "boolean", v, why);
	*ret = v->boolean;
	return FAIL_NONE;
}

static enum fail opt_kind(const struct value *object, const char *key, enum value_kind kind,
			  const struct value **ret, struct why *why)
{
	const struct value *v = member(object, key);

	if (v && v->kind != kind)
		return wrong(key, value_kind_name(kind), v, why);
	*ret = v;
	return FAIL_NONE;
}

enum fail json_opt_list(const struct value *object, const char *key, const struct value **ret,
			struct why *why)
{
	return opt_kind(object, key, VALUE_LIST, ret, why);
}

enum fail json_need_list(const struct value *object, const char *key, const struct value **ret,
			 struct why *why)
{
	return member(object, key) ? json_opt_list(object, key, ret, why) : missing(key, why);
}

enum fail json_opt_map(const struct value *object, const char *key, const struct value **ret,
		       struct why *why)
{
	return opt_kind(object, key, VALUE_MAP, ret, why);
}

enum fail json_need_map(const struct value *object, const char *key, const struct value **ret,
			struct why *why)
{
	return member(object, key) ? json_opt_map(object, key, ret, why) : missing(key, why);
}
