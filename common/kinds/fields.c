#include <string.h>

#include "base/nearest.h"
#include "kinds/shared.h"

const struct field *table_row(const struct table *t, size_t index)
{
	for (; t; t = t->base) {
		if (index < t->field_count)
			return &t->fields[index];
		index -= t->field_count;
	}
	return NULL;
}

const struct field *table_field(const struct table *t, struct str name)
{
	if (name.len == 0)
		return NULL;
	for (; t; t = t->base) {
		for (size_t i = 0; i < t->field_count; i++) {
			const char *known = t->fields[i].name;

			if (known[0] == name.ptr[0] && str_is(name, known))
				return &t->fields[i];
		}
	}
	return NULL;
}

const char *table_nearest(const struct table *t, struct str name)
{
	struct nearest n = nearest_to(name);
	const struct field *row;

	for (size_t i = 0; (row = table_row(t, i)); i++)
		nearest_try(&n, row->name);
	return n.found;
}

/* ---- kinds ---- */

const struct kind_info *kind_info(enum kind k)
{
	switch (k) {
	case KIND_AGENT: return &kind_agent;
	case KIND_TEAM: return &kind_team;
	case KIND_RUN: return &kind_run;
	case KIND_EVENT: return &kind_event;
	case KIND_BUDGET: return &kind_budget;
	case KIND_NOTIFY: return &kind_notify;
	case KIND_REGISTRY: return &kind_registry;
	case KIND_SETTINGS: return &kind_settings;
	case KIND_MEMORY: return &kind_memory;
	case KIND_SECRET: return &kind_secret;
	case KIND_OTHER:
	case KIND_CONFIG_MAP:
	case KIND_SERVICE:
	case KIND_DEPLOYMENT:
	case KIND_NETWORK_POLICY:
	case KIND_DISRUPTION_BUDGET:
	case KIND_SERVICE_ACCOUNT:
	case KIND_ROLE_BINDING:
	case KIND_SCALED_OBJECT:
	case KIND_TRIGGER_AUTHENTICATION:
	case KIND_PLAIN_SECRET: break;
	}
	return NULL;
}

bool kind_has_reason(const struct kind_info *k, const char *reason)
{
	for (size_t i = 0; i < k->condition_count; i++) {
		const struct condition *c = &k->conditions[i];

		if (strcmp(c->type, "Ready") != 0 || strcmp(c->status, "False") != 0)
			continue;
		for (size_t j = 0; c->reasons[j]; j++) {
			if (strcmp(c->reasons[j], reason) == 0)
				return true;
		}
	}
	return false;
}
