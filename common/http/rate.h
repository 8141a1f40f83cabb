/*
 * Token buckets by client address (SPEC 13.1). Pure: time is an argument, memory is bounded.
 *
 * The table is set-associative: an address has eight places, and when all are taken the
 * fullest bucket goes, which is the one whose owner loses least. IPv6 clients are counted by
 * their /64, since one host owns that many addresses.
 */
#ifndef ARK_HTTP_RATE_H
#define ARK_HTTP_RATE_H

#include "http/ip.h"

enum { RATE_MAX_CLIENTS = 16384 };

struct rate;

/* per_second 0 = no limit (SPEC 13.1). clients is the size of the table, rounded up to a power
 * of two, at least 8. seed: random bits that nobody outside knows. */
struct rate *rate_new(unsigned per_second, unsigned burst, size_t clients, uint64_t seed);
void rate_free(struct rate *r);

/* Takes one token; false when there is none, and then *ret_wait_ms (may be NULL) is when there
 * will be one. now_ms is monotonic. */
bool rate_take(struct rate *r, const struct ip *client, int64_t now_ms, int64_t *ret_wait_ms);
/* Whether rate_take would succeed; takes nothing. For limits on failures: ask before, take
 * after the failure. */
bool rate_peek(struct rate *r, const struct ip *client, int64_t now_ms, int64_t *ret_wait_ms);

#endif
