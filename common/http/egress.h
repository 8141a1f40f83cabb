/*
 * Which addresses we never connect to for a URL that a user wrote: SPEC 2.5
 * (ARK_EGRESS_DENY_CIDRS), INTERFACES 1.7. Pure: the client asks for the address that it is
 * about to connect to, after the name was resolved.
 */
#ifndef ARK_HTTP_EGRESS_H
#define ARK_HTTP_EGRESS_H

#include "http/ip.h"

#define EGRESS_DENY_DEFAULT                                                                    \
	"169.254.0.0/16,fe80::/10,fd00:ec2::254/128,100.100.100.200/32,168.63.129.16/32"

enum { EGRESS_MAX_HOSTS = 64 };

struct egress_host {
	struct ip ip;
	uint16_t port; /* 0 = every port */
};

/* Set up once, then only read by requests in flight; it must outlive them. A zeroed struct
 * refuses multicast, unspecified and loopback addresses only. */
struct egress {
	struct cidr_set deny;
	bool allow_loopback; /* local mode */
	struct egress_host hosts[EGRESS_MAX_HOSTS];
	unsigned host_count;
};

/* cidrs is the value of ARK_EGRESS_DENY_CIDRS. FAIL_INPUT as cidr_set_parse. */
MUST_CHECK enum fail egress_init(struct egress *e, struct str cidrs, bool allow_loopback,
				 struct why *why);
void egress_release(struct egress *e);
/* Never this host: Redis, the API server. port 0 = every port. A host that is already there
 * changes nothing; beyond EGRESS_MAX_HOSTS the oldest goes. */
void egress_deny_host(struct egress *e, struct ip ip, uint16_t port);
/* Why the address is refused, as a constant text; NULL when it may be connected to. Looks
 * through IPv4-mapped, IPv4-compatible and NAT64 (64:ff9b::/96) spellings. */
const char *egress_refusal(const struct egress *e, const struct ip *ip, uint16_t port);

#endif
