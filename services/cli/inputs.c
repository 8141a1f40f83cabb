#include "cli/inputs.h"

#include "base/file.h"
#include "base/json.h"

static enum fail read_object(struct arena *a, struct str text, struct value *ret,
			     struct why *why)
{
	enum fail f = json_parse(a, text, JSON_STRICT, JSON_MAX_DEPTH, ret, why);

	if (f)
		return fail_in(why, f, "--input");
	if (ret->kind != VALUE_MAP)
		return failf(why, FAIL_INPUT, "--input: an object is wanted, not %s",
			     value_kind_name(ret->kind));
	return FAIL_NONE;
}

static enum fail read_from(struct arena *a, struct str path, struct value *ret, struct why *why)
{
	AUTO_BUF text = BUF(INPUT_MAX_BYTES);
	enum fail f = file_read(str_is(path, "-") ? STR("/dev/stdin") : path, &text, why);

	if (f)
		return fail_in(why, f, "--input");
	return read_object(a, arena_str(a, buf_str(&text)), ret, why);
}

static enum fail read_one(struct arena *a, struct str text, struct value *ret, struct why *why)
{
	struct str key, value;

	if (str_starts(text, STR("@")))
		return read_from(a, str_from(text, 1), ret, why);
	if (str_starts(str_trim(text), STR("{")))
		return read_object(a, text, ret, why);
	if (!str_cut(text, '=', &key, &value) || !key.len)
		return failf(why, FAIL_INPUT,
			     "--input: '%.*s' is no JSON object, @file or key=value",
			     STR_ARG(str_sub(text, 0, 64)));
	*ret = input_with_text(a, NULL, key, value);
	return FAIL_NONE;
}

enum fail inputs_read(struct arena *a, struct str_list given, struct value *ret,
		      struct why *why)
{
	struct value_builder b;
	struct value all;

	value_map_begin(&b, a);
	all = value_map_done(&b);
	for (size_t i = 0; i < given.count; i++) {
		struct value one;
		enum fail f = read_one(a, given.items[i], &one, why);

		if (f)
			return f;
		all = value_merge(a, &all, &one);
	}
	*ret = all;
	return FAIL_NONE;
}

struct str input_for_text(const struct input *declared, size_t count)
{
	const struct input *required = NULL;
	size_t required_count = 0;

	for (size_t i = 0; i < count; i++)
		if (declared[i].required) {
			required = &declared[i];
			required_count++;
		}
	if (required_count == 1)
		return required->name;
	for (size_t i = 0; i < count; i++)
		if (str_is(declared[i].name, "prompt") || str_is(declared[i].name, "message") ||
		    str_is(declared[i].name, "task"))
			return declared[i].name;
	return STR("prompt");
}

struct value input_with_text(struct arena *a, const struct value *base, struct str name,
			     struct str text)
{
	struct value_builder b;
	struct value one;

	value_map_begin(&b, a);
	value_map_add(&b, name, value_str(text));
	one = value_map_done(&b);
	return value_merge(a, base, &one);
}
