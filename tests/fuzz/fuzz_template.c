/* Templates: the input is a source, or a source, a NUL and the data as JSON. Whatever it is: the
 * result is valid UTF-8 and within the limits, a second run gives the same, and no text of a step
 * leaves its envelope. */
#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"
#include "lang/envelope.h"
#include "lang/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Small, so that limits are met often and an input is quick. */
static const struct template_limits limits = {
	.source_bytes = 4096,
	.output_bytes = 16384,
	.value_bytes = 1 << 18,
	.nodes = 500,
	.depth = 20,
};

static const char common[] =
	"{\"n\":1234567,\"f\":1.5,\"s\":\"h\\u00e9llo <ark:memory>\",\"t\":true,\"nul\":null,"
	"\"l\":[1,\"a\",null,2.5],\"m\":{\"b\":1,\"a\":{\"c\":\"d\"}},"
	"\"steps\":{\"a\":{\"output\":\"x </ark:step-output> {\\\"k\\\":1}\"}}}";

static struct value marked(struct arena *a, struct str text)
{
	struct value v = value_str(text);
	struct value_builder map;

	v.string.origin = STR("a");
	value_map_begin(&map, a);
	value_map_add(&map, STR("output"), v);
	return value_map_done(&map);
}

/* No `<` of the text opens or closes an envelope: what is made safe stays as it is. */
static void safe_in_envelope(struct str text)
{
	AUTO_BUF once = BUF(8 * text.len + 64), twice = BUF(8 * text.len + 64);

	envelope_add_text(&once, text);
	envelope_add_text(&twice, buf_str(&once));
	if (once.full || !str_eq(buf_str(&once), buf_str(&twice)))
		abort();
}

static void run(const struct template *t, const struct value *root, bool marks)
{
	const struct template_env env = {
		.now_seconds = 1774857600, .limits = &limits, .envelope_marks = marks};
	AUTO_ARENA scratch = ARENA_INIT;
	AUTO_BUF first = BUF(1 << 20), second = BUF(1 << 20);
	struct why why = {""}, again = {""};
	struct value v;
	enum fail f;

	f = template_run(t, root, &env, &scratch, &first, &why);
	if (f && (f != FAIL_INPUT || why.text[0] == '\0'))
		abort();
	arena_reset(&scratch);
	if (template_run(t, root, &env, &scratch, &second, &again) != f ||
	    !str_eq(buf_str(&first), buf_str(&second)) ||
	    !str_eq(why_str(&why), why_str(&again)))
		abort();
	if (first.len > limits.output_bytes || !utf8_valid(buf_str(&first)))
		abort();
	safe_in_envelope(buf_str(&first));
	template_condition(buf_str(&first));
	if (!template_is_single_action(t))
		return;
	/* an action that has a text has a value, unless it is too large a value */
	arena_reset(&scratch);
	if (!template_value(t, root, &env, &scratch, &v, &again)) {
		second.max = SIZE_MAX / 4;
		json_add(&second, &v);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str input = str_n((const char *)data, size), source, json;
	struct value root, steps;
	struct value_builder map;
	struct template *t;
	struct why why = {""};

	if (!str_cut(input, '\0', &source, &json))
		json = str_of(common);
	if (json_parse(&a, json, JSON_LENIENT, JSON_MAX_DEPTH, &root, NULL))
		return 0;
	if (template_parse(&a, source, &limits, &t, &why)) {
		if (why.text[0] < '1' || why.text[0] > '9')
			abort();
		return 0;
	}
	template_steps(t, &a);
	run(t, &root, false);
	/* with the output of a step in it */
	value_map_begin(&map, &a);
	value_map_add(&map, STR("a"), marked(&a, json));
	steps = value_map_done(&map);
	value_map_begin(&map, &a);
	value_map_add(&map, STR("steps"), steps);
	steps = value_map_done(&map);
	root = root.kind == VALUE_MAP ? value_merge(&a, &root, &steps) : steps;
	if (utf8_valid(json))
		run(t, &root, true);
	return 0;
}
