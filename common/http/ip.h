/*
 * Internet addresses and sets of networks. Pure.
 *
 * An IPv4 address is held as its IPv4-mapped IPv6 form ::ffff:a.b.c.d, so that both spellings
 * of one host are one value and no check can be passed by the other spelling (INTERFACES 1.7).
 */
#ifndef ARK_HTTP_IP_H
#define ARK_HTTP_IP_H

#include <sys/socket.h>

#include "base/buf.h"
#include "base/fail.h"

struct ip {
	uint8_t b[16]; /* network order */
};

enum { IP_TEXT_BYTES = 46 }; /* the longest text with its NUL */

/* "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"; no brackets, port or zone. */
bool ip_parse(struct str s, struct ip *ret_ip);
/* False for other families than AF_INET and AF_INET6. port may be NULL. */
bool ip_of_sockaddr(const struct sockaddr *sa, struct ip *ret_ip, uint16_t *ret_port);
bool ip_eq(const struct ip *a, const struct ip *b);
bool ip_is_v4(const struct ip *ip);
/* The usual text, ended by a NUL; IPv4 as dotted decimals. Returns out. */
const char *ip_text(const struct ip *ip, char out[IP_TEXT_BYTES]);

/* A listen address of SPEC 2.5: ":8092" (all addresses; any is set), "127.0.0.1:0",
 * "[::1]:80", "localhost:80" (127.0.0.1). */
bool ip_listen_parse(struct str s, struct ip *ret_ip, uint16_t *ret_port, bool *ret_any);

/* A network. bits counts from the front of the 16 bytes: 10.0.0.0/8 has 104. */
struct cidr {
	struct ip net;
	unsigned bits;
};

/* "10.0.0.0/8", "fd00::/8", or a single address. Bits behind the prefix are ignored. */
bool cidr_parse(struct str s, struct cidr *ret_cidr);
bool cidr_has(const struct cidr *c, const struct ip *ip);

enum { CIDR_SET_MAX = 256 };
struct cidr_set {
	struct cidr *items; /* owned */
	size_t count;
};

/* A comma list, blanks around members allowed, empty = no networks. FAIL_INPUT names the bad
 * member. At most CIDR_SET_MAX networks. */
MUST_CHECK enum fail cidr_set_parse(struct str list, struct cidr_set *ret_set, struct why *why);
void cidr_set_release(struct cidr_set *set);
bool cidr_set_has(const struct cidr_set *set, const struct ip *ip);

/* The client behind trusted proxies (SPEC 2.5 ARK_TRUSTED_PROXIES). peer is who is connected,
 * forwarded the joined X-Forwarded-For. Walks the list from its end while the hop that wrote
 * the member is trusted; what does not parse ends the walk. */
struct ip ip_forwarded(struct ip peer, struct str forwarded, const struct cidr_set *trusted);

#endif
