#include "http/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool ip_parse(struct str s, struct ip *ret_ip)
{
	char text[IP_TEXT_BYTES];
	struct ip ip;

	if (s.len == 0 || s.len >= sizeof(text) || memchr(s.ptr, '\0', s.len))
		return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	memcpy(ip.b, mapped, sizeof(mapped));
	if (inet_pton(AF_INET, text, ip.b + 12) != 1 && inet_pton(AF_INET6, text, ip.b) != 1)
		return false;
	*ret_ip = ip;
	return true;
}

bool ip_of_sockaddr(const struct sockaddr *sa, struct ip *ret_ip, uint16_t *ret_port)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	uint16_t port;

	/* Copied, since the caller's memory may be aligned for struct sockaddr only. */
	if (sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof(v4));
		memcpy(ret_ip->b, mapped, sizeof(mapped));
		memcpy(ret_ip->b + 12, &v4.sin_addr, 4);
		port = v4.sin_port;
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&v6, sa, sizeof(v6));
		memcpy(ret_ip->b, &v6.sin6_addr, 16);
		port = v6.sin6_port;
	} else {
		return false;
	}
	if (ret_port)
		*ret_port = ntohs(port);
	return true;
}

bool ip_eq(const struct ip *a, const struct ip *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool ip_is_v4(const struct ip *ip)
{
	return memcmp(ip->b, mapped, sizeof(mapped)) == 0;
}

const char *ip_text(const struct ip *ip, char out[IP_TEXT_BYTES])
{
	if (ip_is_v4(ip))
		inet_ntop(AF_INET, ip->b + 12, out, IP_TEXT_BYTES);
	else
		inet_ntop(AF_INET6, ip->b, out, IP_TEXT_BYTES);
	return out;
}

bool ip_listen_parse(struct str s, struct ip *ret_ip, uint16_t *ret_port, bool *ret_any)
{
	size_t colon = str_rchr(s, ':');
	struct str host, digits;
	struct ip ip = {{0}};
	uint64_t port;

	if (colon == STR_NONE)
		return false;
	host = str_sub(s, 0, colon);
	digits = str_from(s, colon + 1);
	if (digits.len > 5 || !str_to_u64(digits, &port) || port > UINT16_MAX)
		return false;
	if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']') {
		host = str_sub(host, 1, host.len - 1);
		if (!ip_parse(host, &ip) || str_chr(host, ':', 0) == STR_NONE)
			return false;
	} else if (str_is(host, "localhost")) {
		ip_parse(STR("127.0.0.1"), &ip);
	} else if (host.len && (!ip_parse(host, &ip) || !ip_is_v4(&ip))) {
		return false;
	}
	*ret_ip = ip;
	*ret_port = (uint16_t)port;
	*ret_any = host.len == 0;
	return true;
}

bool cidr_parse(struct str s, struct cidr *ret_cidr)
{
	struct str addr, digits;
	bool has_bits = str_cut(s, '/', &addr, &digits);
	bool v4 = str_chr(addr, ':', 0) == STR_NONE;
	uint64_t bits = v4 ? 32 : 128;
	struct cidr c;

	if (!ip_parse(addr, &c.net))
		return false;
	if (has_bits &&
	    (digits.len > 3 || !str_to_u64(digits, &bits) || bits > (v4 ? 32 : 128)))
		return false;
	c.bits = (unsigned)bits + (v4 ? 96 : 0);
	*ret_cidr = c;
	return true;
}

bool cidr_has(const struct cidr *c, const struct ip *ip)
{
	unsigned whole = c->bits / 8, rest = c->bits % 8;

	if (memcmp(c->net.b, ip->b, whole) != 0)
		return false;
	return rest == 0 || (c->net.b[whole] ^ ip->b[whole]) >> (8 - rest) == 0;
}

enum fail cidr_set_parse(struct str list, struct cidr_set *ret_set, struct why *why)
{
	struct cidr_set set = {0};
	struct str item;

	set.items = xcalloc(CIDR_SET_MAX, sizeof(*set.items));
	while (str_next(&list, ',', &item)) {
		item = str_trim(item);
		if (item.len == 0)
			continue;
		if (set.count == CIDR_SET_MAX) {
			cidr_set_release(&set);
			return failf(why, FAIL_INPUT, "more than %d networks", CIDR_SET_MAX);
		}
		if (!cidr_parse(item, &set.items[set.count])) {
			cidr_set_release(&set);
			return failf(why, FAIL_INPUT,
				     "'%.*s' is no network (such as 10.0.0.0/8)",
				     STR_ARG(item));
		}
		set.count++;
	}
	*ret_set = set;
	return FAIL_NONE;
}

void cidr_set_release(struct cidr_set *set)
{
	free(set->items);
	*set = (struct cidr_set){0};
}

bool cidr_set_has(const struct cidr_set *set, const struct ip *ip)
{
	for (size_t i = 0; i < set->count; i++)
		if (cidr_has(&set->items[i], ip))
			return true;
	return false;
}

/* Proxies write "a", "a:port", "[v6]" and "[v6]:port". */
static bool hop_parse(struct str s, struct ip *ret_ip)
{
	size_t end;

	s = str_trim(s);
	if (s.len && s.ptr[0] == '[') {
		end = str_chr(s, ']', 0);
		return end != STR_NONE && ip_parse(str_sub(s, 1, end), ret_ip);
	}
	if (ip_parse(s, ret_ip))
		return true;
	return str_cut(s, ':', &s, NULL) && ip_parse(s, ret_ip);
}

struct ip ip_forwarded(struct ip peer, struct str forwarded, const struct cidr_set *trusted)
{
	struct ip ip = peer, hop;
	size_t comma;

	while (forwarded.len && cidr_set_has(trusted, &ip)) {
		comma = str_rchr(forwarded, ',');
		if (!hop_parse(str_from(forwarded, comma == STR_NONE ? 0 : comma + 1), &hop))
			break;
		ip = hop;
		forwarded = str_sub(forwarded, 0, comma == STR_NONE ? 0 : comma);
	}
	return ip;
}
