#include "agent/agent_config_internal.h"

#include "base/json.h"
#include "http/uri.h"
#include "lang/schema.h"
#include "workers/variables.h"

enum { SERVERS_MAX = 32, TOOLS_MAX = 64, HEADERS_MAX = 64, PATTERNS_MAX = 1000 }; /* SPEC 3.2 */

/* The JSON of a variable in the config's arena; nil when it is not set. */
static enum fail read_json(struct agent_config *c, const struct agent_source *source,
			   const char *name, struct value *ret, struct why *why)
{
	struct str text;
	enum fail f;

	*ret = value_nil;
	if (!config_variable(source, name, &text))
		return FAIL_NONE;
	f = json_parse(&c->arena, arena_str(&c->arena, text), JSON_STRICT, JSON_MAX_DEPTH, ret,
		       why);
	return f ? fail_in(why, f, "%s", name) : FAIL_NONE;
}

/* The same, a list of at most max items. */
static enum fail read_list(struct agent_config *c, const struct agent_source *source,
			   const char *name, size_t max, struct value *ret, struct why *why)
{
	enum fail f = read_json(c, source, name, ret, why);

	if (f || ret->kind == VALUE_NIL)
		return f;
	if (ret->kind != VALUE_LIST)
		return failf(why, FAIL_INPUT, "%s: expected a list", name);
	if (value_count(ret) > max)
		return failf(why, FAIL_INPUT, "%s: more than %zu items", name, max);
	return FAIL_NONE;
}

/* --- headers ---------------------------------------------------------------------------- */

/* {name, value} or {name, envVar}: the variable holds a secret. */
static enum fail read_header(struct agent_config *c, const struct agent_source *source,
			     const struct value *v, struct http_field *ret, struct why *why)
{
	struct str variable = STR(""), value = STR("");
	enum fail f = json_need_str(v, "name", &ret->name, why);

	if (!f)
		f = json_opt_str(v, "value", &value, why);
	if (!f)
		f = json_opt_str(v, "envVar", &variable, why);
	if (f)
		return f;
	if (variable.len &&
	    !config_variable(source, arena_str(&c->arena, variable).ptr, &value))
		return failf(why, FAIL_INPUT, "envVar: %.*s is not set", STR_ARG(variable));
	ret->value = arena_str(&c->arena, value);
	if (!http_is_token(ret->name) || !http_is_value(ret->value))
		return failf(why, FAIL_INPUT, "'%.*s' is no HTTP header", STR_ARG(ret->name));
	return FAIL_NONE;
}

static enum fail read_headers(struct agent_config *c, const struct agent_source *source,
			      const struct value *v, const struct http_field **ret,
			      size_t *ret_count, struct why *why)
{
	const struct value *list = NULL;
	struct http_field *headers;
	enum fail f = json_opt_list(v, "headers", &list, why);
	size_t count = value_count(list);

	if (f)
		return f;
	if (count > HEADERS_MAX)
		return failf(why, FAIL_INPUT, "headers: more than %d", HEADERS_MAX);
	headers = ARENA_ARRAY(&c->arena, count, struct http_field);
	for (size_t i = 0; i < count; i++) {
		f = read_header(c, source, value_at(list, i), &headers[i], why);
		if (f)
			return fail_in(why, f, "headers[%zu]", i);
	}
	*ret = headers;
	*ret_count = count;
	return FAIL_NONE;
}

static enum fail need_url(const struct value *v, struct str *ret, struct why *why)
{
	struct uri uri;
	enum fail f = json_need_str(v, "url", ret, why);

	if (!f && !uri_split(*ret, &uri))
		f = failf(why, FAIL_INPUT, "url: expected an http(s) URL");
	return f;
}

/* --- MCP servers ------------------------------------------------------------------------ */

static bool transport_of(struct str name, enum mcp_transport *ret)
{
	static const char *const names[] = {
		[MCP_AUTO] = "auto",
		[MCP_STREAMABLE_HTTP] = "streamable-http",
		[MCP_SSE] = "sse",
		[MCP_PLAIN] = "plain",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!str_is(name, names[i]))
			continue;
		*ret = (enum mcp_transport)i;
		return true;
	}
	return false;
}

static enum fail read_auth(struct agent_config *c, const struct agent_source *source,
			   const struct value *v, struct mcp_config *server, struct why *why)
{
	struct str type = STR("none"), variable = STR("");
	enum fail f = json_opt_str(v, "authType", &type, why);

	if (!f)
		f = json_opt_str(v, "tokenEnvVar", &variable, why);
	if (!f)
		f = json_opt_str(v, "certFile", &server->cert_file, why);
	if (!f)
		f = json_opt_str(v, "keyFile", &server->key_file, why);
	if (!f)
		f = json_opt_str(v, "caFile", &server->ca_file, why);
	if (f || str_is(type, "none"))
		return f;
	if (str_is(type, "mtls")) {
		if (server->cert_file.len && server->key_file.len)
			return FAIL_NONE;
		return failf(why, FAIL_INPUT, "authType mtls: certFile or keyFile is missing");
	}
	if (!str_is(type, "bearer"))
		return failf(why, FAIL_INPUT, "authType: expected none, bearer or mtls");
	if (!variable.len)
		variable = arena_printf(&c->arena, "AGENT_MCP_TOKEN_%.*s",
					STR_ARG(variable_part(&c->arena, server->name)));
	if (!config_variable(source, arena_str(&c->arena, variable).ptr, &server->token))
		return failf(why, FAIL_INPUT, "authType bearer: %.*s is not set",
			     STR_ARG(variable));
	server->token = arena_str(&c->arena, server->token);
	return FAIL_NONE;
}

static enum fail read_server(struct agent_config *c, const struct agent_source *source,
			     const struct value *v, struct mcp_config *ret, struct why *why)
{
	struct str transport = STR("auto");
	enum fail f = json_need_str(v, "name", &ret->name, why);

	if (!f)
		f = need_url(v, &ret->url, why);
	if (!f)
		f = json_opt_str(v, "transport", &transport, why);
	if (!f && !transport_of(transport, &ret->transport))
		f = failf(why, FAIL_INPUT, "transport: '%.*s' is none", STR_ARG(transport));
	if (!f)
		f = read_auth(c, source, v, ret, why);
	if (!f)
		f = read_headers(c, source, v, &ret->headers, &ret->header_count, why);
	return f;
}

static enum fail load_servers(struct agent_config *c, const struct agent_source *source,
			      struct why *why)
{
	struct value list;
	enum fail f = read_list(c, source, "AGENT_MCP_SERVERS", SERVERS_MAX, &list, why);

	if (f)
		return f;
	c->mcp_servers = ARENA_ARRAY(&c->arena, value_count(&list), struct mcp_config);
	for (size_t i = 0; i < value_count(&list); i++) {
		struct mcp_config *s = &c->mcp_servers[i];

		f = read_server(c, source, value_at(&list, i), s, why);
		for (size_t k = 0; !f && k < i; k++)
			if (str_eq(c->mcp_servers[k].name, s->name))
				f = failf(why, FAIL_INPUT, "name: there are two of it");
		if (f)
			return fail_in(why, f, "AGENT_MCP_SERVERS[%zu]", i);
		c->mcp_server_count++;
	}
	return FAIL_NONE;
}

/* --- tools[] ---------------------------------------------------------------------------- */

/* The schema as text or object (SPEC 6.4). */
static enum fail read_schema(struct agent_config *c, const struct value *v,
			     struct webhook_tool *ret, struct why *why)
{
	const struct value *schema = value_get(v, STR("inputSchema"));
	enum fail f;

	if (value_is_nil(schema) || (schema->kind == VALUE_STR && !value_text(schema).len))
		ret->input_schema = STR("{\"type\":\"object\"}");
	else if (schema->kind == VALUE_STR)
		ret->input_schema = schema->string.text;
	else
		ret->input_schema = json_text(&c->arena, schema);
	f = schema_compile_text(&c->arena, ret->input_schema, NULL, &ret->schema, why);
	return f ? fail_in(why, f, "inputSchema") : FAIL_NONE;
}

static enum fail read_tool(struct agent_config *c, const struct agent_source *source,
			   const struct value *v, struct webhook_tool *ret, struct why *why)
{
	static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", NULL};
	const char *const *method = methods;
	enum fail f = json_need_str(v, "name", &ret->name, why);

	ret->method = STR("POST");
	if (!f && tool_is_builtin_name(ret->name))
		f = failf(why, FAIL_INPUT, "name: '%.*s' is a built-in tool",
			  STR_ARG(ret->name));
	if (!f)
		f = json_opt_str(v, "description", &ret->description, why);
	if (!f)
		f = need_url(v, &ret->url, why);
	if (!f)
		f = json_opt_str(v, "method", &ret->method, why);
	if (f)
		return f;
	while (*method && !str_is(ret->method, *method))
		method++;
	if (!*method)
		return failf(why, FAIL_INPUT, "method: expected GET, POST, PUT or PATCH");
	f = read_headers(c, source, v, &ret->headers, &ret->header_count, why);
	return f ? f : read_schema(c, v, ret, why);
}

static enum fail load_tools(struct agent_config *c, const struct agent_source *source,
			    struct why *why)
{
	struct value list;
	enum fail f = read_list(c, source, "AGENT_WEBHOOK_TOOLS", TOOLS_MAX, &list, why);

	if (f)
		return f;
	c->webhook_tools = ARENA_ARRAY(&c->arena, value_count(&list), struct webhook_tool);
	for (size_t i = 0; i < value_count(&list); i++) {
		f = read_tool(c, source, value_at(&list, i), &c->webhook_tools[i], why);
		for (size_t k = 0; !f && k < i; k++)
			if (str_eq(c->webhook_tools[k].name, c->webhook_tools[i].name))
				f = failf(why, FAIL_INPUT, "name: there are two of it");
		c->webhook_tool_count++; /* also one that failed: its schema is released */
		if (f)
			return fail_in(why, f, "AGENT_WEBHOOK_TOOLS[%zu]", i);
	}
	return FAIL_NONE;
}

/* --- policy ----------------------------------------------------------------------------- */

static enum fail read_patterns(struct agent_config *c, const struct value *v, const char *key,
			       const struct str **ret, size_t *ret_count, bool *ret_set,
			       struct why *why)
{
	const struct value *list = NULL;
	struct str *patterns;
	enum fail f = json_opt_list(v, key, &list, why);
	size_t count = value_count(list);

	if (f)
		return f;
	if (count > PATTERNS_MAX)
		return failf(why, FAIL_INPUT, "%s: more than %d", key, PATTERNS_MAX);
	patterns = ARENA_ARRAY(&c->arena, count, struct str);
	for (size_t i = 0; i < count; i++) {
		patterns[i] = value_text(value_at(list, i));
		if (!tool_pattern_valid(patterns[i]))
			return failf(why, FAIL_INPUT,
				     "%s[%zu]: expected <server>/<tool>, "
				     "<server>/* or tools/<name>",
				     key, i);
	}
	*ret = patterns;
	*ret_count = count;
	*ret_set = list != NULL;
	return FAIL_NONE;
}

static enum fail load_policy(struct agent_config *c, const struct agent_source *source,
			     struct why *why)
{
	struct tool_policy *p = &c->policy;
	struct value v;
	bool deny_set;
	enum fail f = read_json(c, source, "AGENT_TOOL_POLICY", &v, why);

	if (f || v.kind == VALUE_NIL)
		return f;
	if (v.kind != VALUE_MAP)
		return failf(why, FAIL_INPUT, "AGENT_TOOL_POLICY: expected an object");
	f = read_patterns(c, &v, "allow", &p->allow, &p->allow_count, &p->allow_set, why);
	if (!f)
		f = read_patterns(c, &v, "deny", &p->deny, &p->deny_count, &deny_set, why);
	return f ? fail_in(why, f, "AGENT_TOOL_POLICY") : FAIL_NONE;
}

enum fail config_load_lists(struct agent_config *c, const struct agent_source *source,
			    struct why *why)
{
	enum fail f = load_servers(c, source, why);

	if (!f)
		f = load_tools(c, source, why);
	return f ? f : load_policy(c, source, why);
}
