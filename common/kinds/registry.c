#include "kinds/registry.h"

#include "kinds/check.h"
#include "kinds/read.h"
#include "kinds/shared.h"

enum fail registry_load(struct arena *a, const struct value *spec, struct registry *ret,
			struct why *why)
{
	struct view v = {a, &table_registry, spec};
	struct view policy;
	struct pair *bindings;
	size_t n;
	enum fail f;

	f = check_structure(a, &table_registry, spec, "spec", why);
	if (f)
		return f;
	policy = read_object(&v, "policy");
	n = read_count(&v, "mcpBindings");
	bindings = ARENA_ARRAY(a, n, struct pair);
	for (size_t i = 0; i < n; i++) {
		struct view b = read_item(&v, "mcpBindings", i);

		bindings[i] =
			(struct pair){read_text(&b, "capabilityId"), read_text(&b, "url")};
	}
	*ret = (struct registry){
		.cluster_wide = str_is(read_text(&v, "scope"), "cluster-wide"),
		.max_depth = read_int(&policy, "maxDepth"),
		.allow_cross_team = read_bool(&policy, "allowCrossTeam"),
		.mcp_bindings = {bindings, n},
	};
	return FAIL_NONE;
}
