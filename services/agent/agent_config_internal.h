/* Between agent_config.c, the plain variables, and agent_config_lists.c, those that hold JSON. */
#ifndef ARK_AGENT_AGENT_CONFIG_INTERNAL_H
#define ARK_AGENT_AGENT_CONFIG_INTERNAL_H

#include "agent/agent_config.h"

/* False when the variable is not set, or empty. */
bool config_variable(const struct agent_source *source, const char *name, struct str *ret);
/* A number of 0 to 1, kept as text. Absent: *ret stays. */
enum fail config_number(struct agent_config *c, const struct agent_source *source,
			const char *name, struct str *ret, struct why *why) MUST_CHECK;
/* AGENT_MCP_SERVERS, AGENT_WEBHOOK_TOOLS, AGENT_TOOL_POLICY. */
enum fail config_load_lists(struct agent_config *c, const struct agent_source *source,
			    struct why *why) MUST_CHECK;

#endif
