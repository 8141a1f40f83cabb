#include "http/egress.h"

#include <string.h>

enum fail egress_init(struct egress *e, struct str cidrs, bool allow_loopback, struct why *why)
{
	struct cidr_set deny;
	enum fail f = cidr_set_parse(cidrs, &deny, why);

	if (f)
		return f;
	*e = (struct egress){.deny = deny, .allow_loopback = allow_loopback};
	return FAIL_NONE;
}

void egress_release(struct egress *e)
{
	cidr_set_release(&e->deny);
	*e = (struct egress){0};
}

void egress_deny_host(struct egress *e, struct ip ip, uint16_t port)
{
	for (unsigned i = 0; i < e->host_count; i++)
		if (ip_eq(&e->hosts[i].ip, &ip) && e->hosts[i].port == port)
			return;
	if (e->host_count == EGRESS_MAX_HOSTS)
		memmove(e->hosts, e->hosts + 1, --e->host_count * sizeof(e->hosts[0]));
	e->hosts[e->host_count++] = (struct egress_host){.ip = ip, .port = port};
}

/* The IPv4 address inside an IPv4-compatible (::a.b.c.d) or NAT64 (RFC 6052) spelling, which a
 * gateway or an old stack may turn back into it. */
static bool inner_v4(const struct ip *ip, struct ip *ret_ip)
{
	static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};
	static const uint8_t compatible[12] = {0};

	if (memcmp(ip->b, nat64, 12) != 0 &&
	    (memcmp(ip->b, compatible, 12) != 0 || (ip->b[12] | ip->b[13]) == 0))
		return false;
	*ret_ip = (struct ip){{[10] = 0xff, [11] = 0xff}};
	memcpy(ret_ip->b + 12, ip->b + 12, 4);
	return true;
}

static const char *refusal(const struct egress *e, const struct ip *ip, uint16_t port)
{
	static const struct ip v6_loopback = {{[15] = 1}}, v6_unspecified = {{0}};
	const uint8_t *v4 = ip_is_v4(ip) ? ip->b + 12 : NULL;

	if (ip_eq(ip, &v6_unspecified) || (v4 && v4[0] == 0))
		return "an unspecified address";
	if (ip->b[0] == 0xff || (v4 && v4[0] >= 224))
		return "a multicast or reserved address";
	if (!e->allow_loopback && (ip_eq(ip, &v6_loopback) || (v4 && v4[0] == 127)))
		return "a loopback address";
	for (unsigned i = 0; i < e->host_count; i++)
		if (ip_eq(&e->hosts[i].ip, ip) &&
		    (e->hosts[i].port == 0 || e->hosts[i].port == port))
			return "an address of the suite itself";
	if (cidr_set_has(&e->deny, ip))
		return "an address in ARK_EGRESS_DENY_CIDRS";
	return NULL;
}

const char *egress_refusal(const struct egress *e, const struct ip *ip, uint16_t port)
{
	const char *words = refusal(e, ip, port);
	struct ip inner;

	if (!words && inner_v4(ip, &inner))
		words = refusal(e, &inner, port);
	return words;
}
