/* Between variables.c and variables_tools.c, which writes the lists of servers and tools. */
#ifndef ARK_WORKERS_VARIABLES_INNER_H
#define ARK_WORKERS_VARIABLES_INNER_H

#include "workers/variables.h"

struct assembly {
	struct variables *v;
	const struct object *object;
	const struct agent *agent;
	const struct variables_world *world;
};

/* FAIL_INPUT, with the reason of the condition that tells it (SPEC 3.6). */
#define assembly_fail(s, reason_, why, ...)                                                    \
	((s)->v->reason = (reason_), failf((why), FAIL_INPUT, __VA_ARGS__))

/* One text of a ConfigMap or Secret of the agent's namespace; false when it is not there. */
bool assembly_value(const struct assembly *s, enum kind kind, struct str name, struct str key,
		    struct str *ret);
/* The same for a reference, which may be optional: then the text is empty. reason is that of a
 * failure. */
enum fail assembly_ref(const struct assembly *s, enum kind kind, const struct key_ref *ref,
		       const char *reason, struct str *ret, struct why *why) MUST_CHECK;
/* AGENT_MCP_SERVERS, AGENT_WEBHOOK_TOOLS, AGENT_TOOL_POLICY, and the variables with their secrets.
 */
enum fail assembly_add_tools(const struct assembly *s, struct why *why) MUST_CHECK;

#endif
