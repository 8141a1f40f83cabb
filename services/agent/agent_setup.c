#include "agent/agent_setup.h"

#include <stdlib.h>

static void add_webhook_tools(struct agent_setup *s)
{
	const struct agent_config *c = &s->config;

	for (size_t i = 0; i < c->webhook_tool_count; i++) {
		const struct webhook_tool *w = &c->webhook_tools[i];
		struct tool tool = {
			.kind = TOOL_WEBHOOK,
			.name = tool_visible_name(&s->arena, STR(""), w->name),
			.description = w->description,
			.parameters = w->input_schema,
			.schema = w->schema,
			.webhook = w,
		};

		if (tool_policy_allows(&c->policy, STR(""), w->name))
			tool_set_add(&s->tools, &tool);
	}
}

enum fail agent_setup_new(const struct agent_source *source, struct agent_setup **ret,
			  struct why *why)
{
	struct agent_setup *s = xcalloc(1, sizeof(*s));
	enum fail f = agent_config_load(&s->config, source, why);

	if (f) {
		free(s);
		return f;
	}
	f = mock_script_load(&s->script, s->config.mock_script, why);
	if (f) {
		agent_config_release(&s->config);
		free(s);
		return f;
	}
	s->refs = 1;
	tool_set_init(&s->tools, &s->arena);
	tool_set_init(&s->no_tools, &s->arena);
	add_webhook_tools(s);
	*ret = s;
	return FAIL_NONE;
}

struct agent_setup *agent_setup_ref(struct agent_setup *s)
{
	s->refs++;
	return s;
}

void agent_setup_unref(struct agent_setup *s)
{
	if (!s || --s->refs)
		return;
	tool_set_release(&s->tools);
	tool_set_release(&s->no_tools);
	mock_script_release(&s->script);
	agent_config_release(&s->config);
	arena_release(&s->arena);
	free(s);
}
