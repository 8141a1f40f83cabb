#include "workers/variables_inner.h"

#include "base/json.h"
#include "kinds/registry.h"
#include "workers/policy.h"

enum { LIST_MAX_BYTES = 4 << 20 };

/* A value that is or may be a secret stands in a variable of its own. */
static enum fail add_header(const struct assembly *s, struct buf *b, const char *what,
			    struct str owner, const struct header *h, struct why *why)
{
	struct str name, value;
	enum fail f;

	json_next(b);
	json_open(b, '{');
	json_member_str(b, "name", h->name);
	if (!h->secret.name.len) {
		json_member_str(b, "value", h->value);
		json_close(b, '}');
		return FAIL_NONE;
	}
	f = assembly_ref(s, KIND_PLAIN_SECRET, &h->secret, "APIKeyResolutionError", &value,
			 why);
	if (f)
		return fail_in(why, f, "header %.*s", STR_ARG(h->name));
	name = arena_printf(s->v->arena, "ARK_%s_%.*s_HEADER_%.*s", what,
			    STR_ARG(variable_part(s->v->arena, owner)),
			    STR_ARG(variable_part(s->v->arena, h->name)));
	/* A reference that is optional, and leads nowhere, leaves an empty header. */
	if (value.len) {
		variables_set_secret(s->v, name, value);
		json_member_str(b, "envVar", name);
	}
	json_close(b, '}');
	return FAIL_NONE;
}

static enum fail add_headers(const struct assembly *s, struct buf *b, const char *what,
			     struct str owner, const struct header_list *list, struct why *why)
{
	enum fail f = FAIL_NONE;

	json_key(b, "headers");
	json_open(b, '[');
	for (size_t i = 0; !f && i < list->count; i++)
		f = add_header(s, b, what, owner, &list->items[i], why);
	json_close(b, ']');
	return f;
}

/* --- MCP servers ---------------------------------------------------------------------------------- */

struct binding {
	const struct assembly *s;
	struct str capability, url;
};

static void look_into(void *arg, const struct object *o)
{
	struct binding *b = arg;
	struct registry r;

	if ((b->s->agent->registry.len && !str_eq(o->name, b->s->agent->registry)) ||
	    registry_load(b->s->v->arena, o->spec, &r, NULL))
		return;
	for (size_t i = 0; i < r.mcp_bindings.count; i++)
		if (str_eq(r.mcp_bindings.items[i].name, b->capability))
			b->url = r.mcp_bindings.items[i].text;
}

/* The MCP endpoint of another agent (SPEC 6.3, 14.1). */
static enum fail agent_url(const struct assembly *s, struct str agent, struct str *ret,
			   struct why *why)
{
	struct str base = s->world->mcp_url;

	if (!base.len)
		return assembly_fail(s, "MCPResolutionError", why,
				     "arkAgentRef: there is no MCP endpoint (ARK_MCP_URL)");
	*ret = arena_printf(s->v->arena, "%.*s/namespaces/%.*s/agents/%.*s/mcp", STR_ARG(base),
			    STR_ARG(s->object->namespace), STR_ARG(agent));
	return FAIL_NONE;
}

/* SPEC 6.3, 17.9. */
static enum fail server_url(const struct assembly *s, const struct mcp_server *m,
			    struct str *ret, struct why *why)
{
	struct binding b = {s, m->capability, STR("")};

	*ret = m->url;
	if (m->url.len)
		return FAIL_NONE;
	if (m->agent.len)
		return agent_url(s, m->agent, ret, why);
	s->world->each(s->world->arg, KIND_REGISTRY, s->object->namespace, look_into, &b);
	if (!b.url.len)
		return assembly_fail(s, "MCPResolutionError", why, "no binding for '%.*s'",
				     STR_ARG(m->capability));
	*ret = b.url;
	return FAIL_NONE;
}

static void add_certificate(const struct assembly *s, struct buf *b, const struct mcp_server *m,
			    const char *key, const char *file)
{
	json_member_str(b, key,
			arena_printf(s->v->arena, VARIABLES_CERTIFICATES "%.*s/%s",
				     STR_ARG(m->name), file));
}

static enum fail add_mtls(const struct assembly *s, struct buf *b, const struct mcp_server *m,
			  struct why *why)
{
	struct str ca;

	if (!s->world->pod)
		return assembly_fail(s, "MCPResolutionError", why,
				     "auth: mtls needs mounted files, which a pool "
				     "does not have");
	json_member_str(b, "authType", STR("mtls"));
	add_certificate(s, b, m, "certFile", "tls.crt");
	add_certificate(s, b, m, "keyFile", "tls.key");
	if (assembly_value(s, KIND_PLAIN_SECRET, m->auth_secret.name, STR("ca.crt"), &ca))
		add_certificate(s, b, m, "caFile", "ca.crt");
	return FAIL_NONE;
}

static enum fail add_auth(const struct assembly *s, struct buf *b, const struct mcp_server *m,
			  struct why *why)
{
	struct key_ref secret = m->auth_secret;
	struct str name, token;
	enum fail f;

	/* SPEC 14.2: the suite's own endpoint has its token in each namespace. */
	if (m->agent.len)
		secret = (struct key_ref){.name = STR("ark-mcp-token"), .key = STR("token")};
	else if (m->auth == MCP_AUTH_NONE)
		return FAIL_NONE;
	else if (m->auth == MCP_AUTH_MTLS)
		return add_mtls(s, b, m, why);
	f = assembly_ref(s, KIND_PLAIN_SECRET, &secret, "APIKeyResolutionError", &token, why);
	if (f)
		return fail_in(why, f, "auth");
	name = arena_printf(s->v->arena, "AGENT_MCP_TOKEN_%.*s",
			    STR_ARG(variable_part(s->v->arena, m->name)));
	variables_set_secret(s->v, name, token);
	json_member_str(b, "authType", STR("bearer"));
	json_member_str(b, "tokenEnvVar", name);
	return FAIL_NONE;
}

static const char *transport_name(enum mcp_transport t)
{
	switch (t) {
	case MCP_AUTO: return "auto";
	case MCP_STREAMABLE_HTTP: return "streamable-http";
	case MCP_SSE: return "sse";
	case MCP_PLAIN: return "plain";
	}
	return "auto";
}

/* One server as JSON. */
static enum fail add_server(const struct assembly *s, struct buf *b, const struct mcp_server *m,
			    struct str url, struct why *why)
{
	AUTO_BUF one = BUF(LIST_MAX_BYTES);
	enum fail f;

	json_open(&one, '{');
	json_member_str(&one, "name", m->name);
	json_member_str(&one, "url", url);
	json_member_str(&one, "transport", str_of(transport_name(m->transport)));
	f = add_auth(s, &one, m, why);
	if (!f)
		f = add_headers(s, &one, "MCP", m->name, &m->headers, why);
	if (f)
		return f;
	json_close(&one, '}');
	json_next(b);
	buf_add(b, buf_str(&one));
	return FAIL_NONE;
}

struct demands {
	struct arena *arena;
	struct ark_settings *items;
	size_t count, cap;
};

static void add_demands(void *arg, const struct object *o)
{
	struct demands *d = arg;

	d->items = arena_grow(d->arena, d->items, d->count, &d->cap, sizeof(*d->items));
	if (!ark_settings_load(d->arena, o->spec, &d->items[d->count], NULL))
		d->count++;
}

/* What all ArkSettings of the namespace demand, whether the agent refers to them or not. */
static struct ark_settings demands_of(const struct assembly *s)
{
	struct demands d = {.arena = s->v->arena};

	s->world->each(s->world->arg, KIND_SETTINGS, s->object->namespace, add_demands, &d);
	return ark_settings_compose(d.arena, d.items, d.count);
}

/* In the pool a server that cannot be had takes away only its own tools (SPEC 7.27); one that is
 * not allowed stops the agent (SPEC 6.12). */
static enum fail add_servers(const struct assembly *s, struct buf *b, struct why *why)
{
	const struct agent *g = s->agent;
	struct ark_settings demands = demands_of(s);

	json_open(b, '[');
	for (size_t i = 0; i < g->mcp_server_count; i++) {
		const struct mcp_server *m = &g->mcp_servers[i];
		struct str url;
		enum fail f = server_url(s, m, &url, why);

		if (!f && policy_check(&demands, m, url, why)) {
			s->v->reason = "PolicyViolation";
			return fail_in(why, FAIL_INPUT, "mcpServers '%.*s'", STR_ARG(m->name));
		}
		if (!f)
			f = add_server(s, b, m, url, why);
		if (f && s->world->pod)
			return fail_in(why, f, "mcpServers '%.*s'", STR_ARG(m->name));
	}
	json_close(b, ']');
	return FAIL_NONE;
}

/* --- tools ------------------------------------------------------------------------------------------ */

static enum fail add_tool(const struct assembly *s, struct buf *b, const struct http_tool *t,
			  struct why *why)
{
	enum fail f;

	json_next(b);
	json_open(b, '{');
	json_member_str(b, "name", t->name);
	json_member_str_if(b, "description", t->description);
	json_member_str(b, "url", t->url);
	json_member_str(b, "method", str_of(http_method_name(t->method)));
	json_member_str(b, "inputSchema", t->input_schema);
	f = add_headers(s, b, "TOOL", t->name, &t->headers, why);
	json_close(b, '}');
	return f ? fail_in(why, f, "tools '%.*s'", STR_ARG(t->name)) : FAIL_NONE;
}

static void add_patterns(struct buf *b, const char *key, const struct str_list *list)
{
	json_key(b, key);
	json_open(b, '[');
	for (size_t i = 0; i < list->count; i++) {
		json_next(b);
		json_add_str(b, list->items[i]);
	}
	json_close(b, ']');
}

static void set_list(const struct assembly *s, const char *name, const struct buf *b)
{
	variables_set(s->v, str_of(name), arena_str(s->v->arena, buf_str(b)));
}

enum fail assembly_add_tools(const struct assembly *s, struct why *why)
{
	const struct agent *g = s->agent;
	AUTO_BUF servers = BUF(LIST_MAX_BYTES);
	AUTO_BUF tools = BUF(LIST_MAX_BYTES);
	AUTO_BUF policy = BUF(LIST_MAX_BYTES);
	enum fail f = add_servers(s, &servers, why);

	json_open(&tools, '[');
	for (size_t i = 0; !f && i < g->tool_count; i++)
		f = add_tool(s, &tools, &g->tools[i], why);
	json_close(&tools, ']');
	if (f)
		return f;
	json_open(&policy, '{');
	if (g->has_tool_allow)
		add_patterns(&policy, "allow", &g->tool_allow);
	add_patterns(&policy, "deny", &g->tool_deny);
	json_close(&policy, '}');
	if (servers.full || tools.full || policy.full)
		return assembly_fail(s, "InvalidSpec", why,
				     "the lists of servers and tools are too long");
	set_list(s, "AGENT_MCP_SERVERS", &servers);
	set_list(s, "AGENT_WEBHOOK_TOOLS", &tools);
	set_list(s, "AGENT_TOOL_POLICY", &policy);
	return FAIL_NONE;
}
