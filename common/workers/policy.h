/* What the ArkSettings of a namespace demand of its agents' MCP servers (SPEC 6.12, 18.6). Pure. */
#ifndef ARK_WORKERS_POLICY_H
#define ARK_WORKERS_POLICY_H

#include "kinds/agent.h"
#include "kinds/settings.h"

/* all: what holds of every ArkSettings of the namespace together; url: where the server is, its
 * capabilityRef looked up. FAIL_INPUT says what is broken. */
enum fail policy_check(const struct ark_settings *all, const struct mcp_server *server,
		       struct str url, struct why *why) MUST_CHECK;
/* Does the URL start with the entry: same scheme, host and port, and its path with the entry's,
 * by whole segments? */
bool policy_allows(struct str entry, struct str url);

#endif
