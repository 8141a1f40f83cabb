#include "kinds/run_input.h"

#include "base/json.h"

static bool has_type(enum input_type type, const struct value *v)
{
	switch (type) {
	case INPUT_STRING: return v->kind == VALUE_STR;
	case INPUT_NUMBER: return v->kind == VALUE_INT || v->kind == VALUE_FLOAT;
	case INPUT_BOOLEAN: return v->kind == VALUE_BOOL;
	case INPUT_OBJECT: return v->kind == VALUE_MAP;
	case INPUT_ARRAY: return v->kind == VALUE_LIST;
	}
	return false;
}

enum fail run_input_type(struct arena *a, enum input_type type, const struct value *v,
			 struct value *ret, struct why *why)
{
	struct value parsed;

	if (has_type(type, v)) {
		*ret = *v;
		return FAIL_NONE;
	}
	if (type == INPUT_STRING) {
		*ret = value_str(json_text(a, v));
		return FAIL_NONE;
	}
	if (v->kind != VALUE_STR ||
	    json_parse(a, v->string.text, JSON_STRICT, JSON_MAX_DEPTH, &parsed, NULL) ||
	    !has_type(type, &parsed))
		return failf(why, FAIL_INPUT, "expected %s", input_type_name(type));
	*ret = parsed;
	return FAIL_NONE;
}

static struct value zero_value(struct arena *a, enum input_type type)
{
	struct value_builder b;

	switch (type) {
	case INPUT_STRING: return value_str(STR(""));
	case INPUT_NUMBER: return value_int(0);
	case INPUT_BOOLEAN: return value_bool(false);
	case INPUT_OBJECT: value_map_begin(&b, a); return value_map_done(&b);
	case INPUT_ARRAY: return value_list(NULL, 0);
	}
	return value_nil;
}

/* SPEC 9.5: one declared input; *ret_given is false when it has its zero value. */
static enum fail resolve_one(struct arena *a, const struct input *in, const struct value *given,
			     struct value *ret, bool *ret_given, struct why *why)
{
	const struct value *v = given;
	enum fail f;

	if (value_is_nil(v))
		v = in->fallback;
	*ret_given = !value_is_nil(v);
	if (!*ret_given) {
		if (in->required)
			return failf(why, FAIL_INPUT, "input \"%.*s\": is required",
				     STR_ARG(in->name));
		*ret = zero_value(a, in->type);
		return FAIL_NONE;
	}
	f = run_input_type(a, in->type, v, ret, why);
	return f ? fail_in(why, f, "input \"%.*s\"", STR_ARG(in->name)) : FAIL_NONE;
}

enum fail run_input_resolve(struct arena *a, const struct input *declared, size_t count,
			    const struct value *given, struct run_input *ret, struct why *why)
{
	struct value_builder typed, prompt, names;
	struct value known;

	value_map_begin(&typed, a);
	value_map_begin(&prompt, a);
	value_map_begin(&names, a);
	for (size_t i = 0; i < count; i++) {
		struct value v;
		bool is_given;
		enum fail f = resolve_one(a, &declared[i], value_get(given, declared[i].name),
					  &v, &is_given, why);

		if (f)
			return f;
		value_map_add(&typed, declared[i].name, v);
		if (is_given)
			value_map_add(&prompt, declared[i].name, v);
		value_map_add(&names, declared[i].name, value_nil);
	}
	known = value_map_done(&names);
	for (size_t i = 0; value_is(given, VALUE_MAP) && i < given->map.count; i++) {
		const struct value_entry *e = &given->map.entries[given->map.sorted[i]];

		if (value_get(&known, e->key))
			continue;
		value_map_add(&typed, e->key, e->value);
		if (e->value.kind != VALUE_NIL)
			value_map_add(&prompt, e->key, e->value);
	}
	ret->typed = value_map_done(&typed);
	ret->given = value_map_done(&prompt);
	return FAIL_NONE;
}
