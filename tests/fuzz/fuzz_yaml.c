/* YAML: what is read can be written, and reads back as the same; a refusal has a place. */
#include <stdlib.h>

#include "base/json.h"
#include "lang/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_written(struct arena *a, const struct value *v)
{
	AUTO_BUF yaml = BUF(64 << 20), json = BUF(64 << 20), again = BUF(64 << 20);
	struct value w;

	yaml_add(&yaml, v);
	json_add(&json, v);
	/* Aliases make small texts large: what is written has none, and may be refused for it. */
	if (yaml_parse(a, buf_str(&yaml), &w, NULL))
		abort();
	json_add(&again, &w);
	if (!str_eq(buf_str(&json), buf_str(&again)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA a = ARENA_INIT;
	struct yaml_document doc;
	struct yaml y;
	uint32_t line = 0;

	yaml_begin(&y, str_n((const char *)data, size));
	while (yaml_next(&y, &a, &doc)) {
		if (doc.line <= line)
			abort();
		line = doc.line;
		if (!doc.fail)
			check_written(&a, &doc.value);
		else if (doc.error_line < 1 || doc.error_column < 1 || !yaml_what(&doc)[0])
			abort();
		arena_reset(&a);
	}
	return 0;
}
