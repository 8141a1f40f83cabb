#include "reconciler/local.h"

static const struct {
	enum kind kind;
	const char *field;
} cluster_only[] = {
	{KIND_AGENT, "spec.replicas"},
	{KIND_AGENT, "spec.resources"},
	{KIND_AGENT, "spec.autoscaling"},
	{KIND_AGENT, "spec.networkPolicy"},
	{KIND_TEAM, "spec.autoscaling"},
	{KIND_TEAM, "spec.artifactStore.local.claimName"},
	{KIND_SECRET, "spec.refreshIntervalSeconds"},
};

size_t local_without_effect(const struct object *o, const char *ret_fields[LOCAL_FIELDS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < sizeof(cluster_only) / sizeof(cluster_only[0]); i++)
		if (cluster_only[i].kind == o->kind &&
		    !value_is_nil(value_path(o->value, cluster_only[i].field)))
			ret_fields[n++] = cluster_only[i].field;
	return n;
}
