/*
 * Where an agent's pods may connect to (SPEC 20.12, 20.13).
 *
 *	default		everything but what ARK_EGRESS_DENY_CIDRS names
 *	strict		the hosts that the agent's own configuration names, each with its port
 */
#include "reconciler/children_inner.h"

#include "base/json.h"
#include "http/uri.h"
#include "lang/name.h"

enum { DNS_PORT = 53, HOSTS_MAX = 256 };

/* Never part of "public" (SPEC 20.13). */
static const char *const not_public[] = {
	"10.0.0.0/8",	  "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8",
	"169.254.0.0/16", "::1/128",	   "fc00::/7",	     "fe80::/10",
};

/* --- pieces of a rule ------------------------------------------------------------------------------ */

static void add_port(struct buf *b, const char *protocol, const struct value *port)
{
	json_next(b);
	json_open(b, '{');
	json_member_str(b, "protocol", str_of(protocol));
	json_member(b, "port", port);
	json_close(b, '}');
}

static void add_tcp_port(struct buf *b, const struct value *port)
{
	json_key(b, "ports");
	json_open(b, '[');
	add_port(b, "TCP", port);
	json_close(b, ']');
}

static bool is_v6(struct str cidr)
{
	return str_find(cidr, STR(":"), 0) != STR_NONE;
}

static void add_except(struct buf *b, struct str cidr, bool v6)
{
	if (is_v6(cidr) != v6)
		return;
	json_next(b);
	json_add_str(b, cidr);
}

static bool is_not_public(struct str cidr)
{
	for (size_t i = 0; i < sizeof(not_public) / sizeof(not_public[0]); i++)
		if (str_is(cidr, not_public[i]))
			return true;
	return false;
}

/* All addresses of a family, but for what is denied; with public_only also without what is not. */
static void add_everywhere(struct buf *b, const struct family *f, bool v6, bool public_only)
{
	json_next(b);
	json_open(b, '{');
	json_key(b, "ipBlock");
	json_open(b, '{');
	json_member_str(b, "cidr", v6 ? STR("::/0") : STR("0.0.0.0/0"));
	json_key(b, "except");
	json_open(b, '[');
	for (size_t i = 0; public_only && i < sizeof(not_public) / sizeof(not_public[0]); i++)
		add_except(b, str_of(not_public[i]), v6);
	for (size_t i = 0; i < f->world->deny_cidr_count; i++)
		if (!public_only || !is_not_public(f->world->deny_cidrs[i]))
			add_except(b, f->world->deny_cidrs[i], v6);
	json_close(b, ']');
	json_close(b, '}');
	json_close(b, '}');
}

static void add_block(struct buf *b, struct str cidr)
{
	json_next(b);
	json_open(b, '{');
	json_key(b, "ipBlock");
	json_open(b, '{');
	json_member_str(b, "cidr", cidr);
	json_close(b, '}');
	json_close(b, '}');
}

static void add_dns(struct buf *b)
{
	struct value port = value_int(DNS_PORT);

	json_next(b);
	json_open(b, '{');
	json_key(b, "ports");
	json_open(b, '[');
	add_port(b, "UDP", &port);
	add_port(b, "TCP", &port);
	json_close(b, ']');
	json_close(b, '}');
}

/* --- strict: which hosts ----------------------------------------------------------------------------- */

struct host {
	struct str name;
	int64_t port;
};

struct hosts {
	struct host items[HOSTS_MAX];
	size_t count;
};

static void hosts_add(struct hosts *h, struct str name, int64_t port)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->items[i].port == port && str_eq_nocase(h->items[i].name, name))
			return;
	if (h->count < HOSTS_MAX)
		h->items[h->count++] = (struct host){name, port};
}

static void hosts_add_url(struct hosts *h, struct str url)
{
	struct uri u;
	int64_t port;

	if (!uri_split(url, &u))
		return;
	if (!u.port.len || !str_to_i64(u.port, &port))
		port = str_eq_nocase(u.scheme, STR("https")) ? 443 : 80;
	hosts_add(h, u.host, port);
}

static void hosts_add_redis(struct hosts *h, struct arena *a, struct str url)
{
	struct redis_url r;

	if (redis_url_parse(a, url, &r, NULL))
		return;
	for (size_t i = 0; i < r.host_count; i++)
		hosts_add(h, r.hosts[i].name, r.hosts[i].port);
}

/* The member `url` of each item of a list that a variable holds as JSON. */
static void hosts_add_list(struct hosts *h, const struct family *f, const char *variable)
{
	struct str text;
	struct value list;

	if (!variables_get(&f->own, str_of(variable), &text) ||
	    json_parse(f->arena, text, JSON_STRICT, JSON_MAX_DEPTH, &list, NULL))
		return;
	for (size_t i = 0; i < value_count(&list); i++)
		hosts_add_url(h, value_text(value_get(value_at(&list, i), STR("url"))));
}

/* A variable as the worker will see it. */
static struct str in_force(const struct family *f, const char *name, const char *fallback)
{
	struct str value;

	if ((variables_get(&f->own, str_of(name), &value) ||
	     variables_get(&f->sources, str_of(name), &value)) &&
	    value.len)
		return value;
	return str_of(fallback);
}

static void hosts_add_models(struct hosts *h, const struct family *f)
{
	struct str list = object_annotation(f->object, STR(ARK_LABEL "llm-endpoints")), url;

	if (list.len) {
		while (str_next(&list, ',', &url))
			hosts_add_url(h, str_trim(url));
		return;
	}
	/* Which one a call uses is up to the worker: AGENT_PROVIDER may come with envFrom. */
	hosts_add_url(h, in_force(f, "ANTHROPIC_BASE_URL", "https://api.anthropic.com"));
	hosts_add_url(h, in_force(f, "OPENAI_BASE_URL", "https://api.openai.com/v1"));
}

static void collect(struct hosts *h, const struct family *f)
{
	hosts_add_redis(h, f->arena, f->world->redis_url);
	hosts_add_models(h, f);
	hosts_add_list(h, f, "AGENT_MCP_SERVERS");
	hosts_add_list(h, f, "AGENT_WEBHOOK_TOOLS");
	hosts_add_redis(h, f->arena, in_force(f, "AGENT_MEMORY_REDIS_URL", ""));
	hosts_add_url(h, in_force(f, "AGENT_MEMORY_VECTOR_STORE_ENDPOINT", ""));
	hosts_add_url(h, f->world->otel_endpoint);
}

/* --- strict: a rule for each ---------------------------------------------------------------------------- */

/* "svc", "svc.ns", "svc.ns.svc", "svc.ns.svc.cluster.local" */
static const struct object *service_of(const struct family *f, struct str host)
{
	struct str name, rest = host, namespace = f->object->namespace, word;

	if (!f->world->service || !str_next(&rest, '.', &name) || !name_is_label(name))
		return NULL;
	if (rest.len) {
		if (!str_next(&rest, '.', &namespace))
			return NULL;
		if (rest.len && (!str_next(&rest, '.', &word) || !str_is(word, "svc")))
			return NULL;
	}
	return f->world->service(f->world->service_arg, namespace, name);
}

/* What the pods behind the Service listen on; the port itself when it says nothing else. */
static struct value target_port(const struct object *service, int64_t port)
{
	const struct value *ports = value_get(service->spec, STR("ports"));

	for (size_t i = 0; i < value_count(ports); i++) {
		const struct value *p = value_at(ports, i);
		const struct value *number = value_get(p, STR("port"));
		const struct value *target = value_get(p, STR("targetPort"));

		if (value_is(number, VALUE_INT) && number->integer == port &&
		    (value_is(target, VALUE_INT) || value_is(target, VALUE_STR)))
			return *target;
	}
	return value_int(port);
}

static void open_rule(struct buf *b)
{
	json_next(b);
	json_open(b, '{');
	json_key(b, "to");
	json_open(b, '[');
}

static void close_rule(struct buf *b, const struct value *port)
{
	json_close(b, ']');
	add_tcp_port(b, port);
	json_close(b, '}');
}

static void add_address(struct buf *b, struct arena *a, struct str address, int64_t port)
{
	struct value number = value_int(port);

	open_rule(b);
	add_block(b, arena_printf(a, "%.*s/%d", STR_ARG(address), is_v6(address) ? 128 : 32));
	close_rule(b, &number);
}

static void add_service(struct buf *b, const struct family *f, const struct object *service,
			int64_t port)
{
	const struct value *selector = value_get(service->spec, STR("selector"));
	struct str address = value_text(value_get(service->spec, STR("clusterIP")));
	struct value target = target_port(service, port);

	if (value_count(selector)) {
		open_rule(b);
		json_open(b, '{');
		json_key(b, "namespaceSelector");
		json_open(b, '{');
		json_key(b, "matchLabels");
		json_open(b, '{');
		json_member_str(b, "kubernetes.io/metadata.name", service->namespace);
		json_close(b, '}');
		json_close(b, '}');
		json_key(b, "podSelector");
		json_open(b, '{');
		json_key(b, "matchLabels");
		json_add_sorted(b, selector);
		json_close(b, '}');
		json_close(b, '}');
		close_rule(b, &target);
	}
	if (address.len && !str_is(address, "None"))
		add_address(b, f->arena, address, port);
}

/* A host outside the cluster: its addresses change, so its port is open to all that are public, or
 * to those that the agent names. */
static void add_outside(struct buf *b, const struct family *f, int64_t port)
{
	struct str list = object_annotation(f->object, STR(ARK_LABEL "egress-cidrs")), cidr;
	struct value number = value_int(port);

	open_rule(b);
	if (list.len) {
		while (str_next(&list, ',', &cidr))
			add_block(b, str_trim(cidr));
	} else {
		add_everywhere(b, f, false, true);
		add_everywhere(b, f, true, true);
	}
	close_rule(b, &number);
}

static void add_host(struct buf *b, const struct family *f, const struct host *h)
{
	const struct object *service;
	struct ip ip;

	if (ip_parse(h->name, &ip)) {
		add_address(b, f->arena, h->name, h->port);
		return;
	}
	service = service_of(f, h->name);
	if (service &&
	    !str_is(value_text(value_get(service->spec, STR("type"))), "ExternalName"))
		add_service(b, f, service, h->port);
	else
		add_outside(b, f, h->port);
}

static void add_strict(struct buf *b, const struct family *f)
{
	struct hosts h = {.count = 0};

	collect(&h, f);
	for (size_t i = 0; i < h.count; i++)
		add_host(b, f, &h.items[i]);
}

/* --- the document ------------------------------------------------------------------------------------------ */

static void add_open(struct buf *b, const struct family *f)
{
	json_next(b);
	json_open(b, '{');
	json_key(b, "to");
	json_open(b, '[');
	add_everywhere(b, f, false, false);
	add_everywhere(b, f, true, false);
	json_next(b);
	json_open(b, '{'); /* pods, which a block of addresses need not match */
	json_key(b, "namespaceSelector");
	json_open(b, '{');
	json_close(b, '}');
	json_close(b, '}');
	json_close(b, ']');
	json_close(b, '}');
}

void child_add_network_policy(struct buf *b, const struct family *f)
{
	struct value health = value_int(CHILD_HEALTH_PORT);

	json_key(b, "spec");
	json_open(b, '{');
	json_key(b, "podSelector");
	child_add_selector(b, f);
	json_key(b, "policyTypes");
	json_open(b, '[');
	json_add_str(b, STR("Ingress"));
	json_next(b);
	json_add_str(b, STR("Egress"));
	json_close(b, ']');
	json_key(b, "ingress");
	json_open(b, '[');
	json_open(b, '{');
	add_tcp_port(b, &health);
	json_close(b, '}');
	json_close(b, ']');
	json_key(b, "egress");
	json_open(b, '[');
	add_dns(b);
	if (f->agent->network_policy == NETWORK_STRICT)
		add_strict(b, f);
	else
		add_open(b, f);
	json_close(b, ']');
	json_close(b, '}');
}
