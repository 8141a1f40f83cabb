#include "workers/policy.h"

#include "http/uri.h"

static struct str path_of(struct str url)
{
	struct uri u;

	return uri_split(url, &u) ? u.path : STR("");
}

/* "." and ".." would make another path of it: nobody who is honest writes them. */
static bool has_dots(struct str path)
{
	struct str segment;

	while (str_next(&path, '/', &segment))
		if (str_is(segment, ".") || str_is(segment, "..") ||
		    str_find(segment, STR("%2e"), 0) != STR_NONE ||
		    str_find(segment, STR("%2E"), 0) != STR_NONE)
			return true;
	return false;
}

bool policy_allows(struct str entry, struct str url)
{
	struct str base = path_of(entry), path = path_of(url);

	if (!uri_same_origin(entry, url) || has_dots(path))
		return false;
	while (base.len && base.ptr[base.len - 1] == '/')
		base.len--;
	return str_starts(path, base) && (path.len == base.len || path.ptr[base.len] == '/');
}

static bool is_listed(const struct str_list *list, struct str url)
{
	for (size_t i = 0; i < list->count; i++)
		if (policy_allows(list->items[i], url))
			return true;
	return !list->count;
}

enum fail policy_check(const struct ark_settings *all, const struct mcp_server *server,
		       struct str url, struct why *why)
{
	if (server->agent.len) /* the suite's own endpoint */
		return FAIL_NONE;
	if (all->require_mcp_auth && server->auth == MCP_AUTH_NONE)
		return failf(why, FAIL_INPUT,
			     "auth: the ArkSettings of this namespace demand bearer or mtls");
	if (!is_listed(&all->mcp_allowlist, url))
		return failf(why, FAIL_INPUT,
			     "url: not in mcpAllowlist of the ArkSettings of this namespace");
	return FAIL_NONE;
}
