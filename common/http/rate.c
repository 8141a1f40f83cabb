#include "http/rate.h"

#include <stdlib.h>
#include <string.h>

enum { WAYS = 8 };

struct bucket {
	uint64_t key[2];
	int64_t at_ms;	/* when tokens was right */
	int64_t tokens; /* thousandths; a rate of n/s adds n of them per millisecond */
	bool used;
};

struct rate {
	int64_t per_ms, burst; /* thousandths of a token */
	uint64_t seed;
	size_t sets;		/* a power of two */
	struct bucket *buckets; /* sets * WAYS */
};

struct rate *rate_new(unsigned per_second, unsigned burst, size_t clients, uint64_t seed)
{
	struct rate *r = xcalloc(1, sizeof(*r));

	r->per_ms = per_second;
	r->burst = (int64_t)(burst ? burst : 1) * 1000;
	r->seed = seed;
	r->sets = 1;
	while (r->sets * WAYS < clients)
		r->sets *= 2;
	r->buckets = xcalloc(r->sets * WAYS, sizeof(*r->buckets));
	return r;
}

void rate_free(struct rate *r)
{
	if (!r)
		return;
	free(r->buckets);
	free(r);
}

static uint64_t mix(uint64_t x)
{
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

static int64_t tokens_at(const struct rate *r, const struct bucket *b, int64_t now_ms)
{
	int64_t passed = now_ms > b->at_ms ? now_ms - b->at_ms : 0;

	if (!b->used || passed >= r->burst)
		return r->burst;
	passed *= r->per_ms;
	return passed >= r->burst - b->tokens ? r->burst : b->tokens + passed;
}

static struct bucket *bucket_of(struct rate *r, const struct ip *client, int64_t now_ms)
{
	struct bucket *set, *fullest;
	uint64_t key[2];

	memcpy(key, client->b, sizeof(key));
	if (!ip_is_v4(client))
		key[1] = 0;
	set = &r->buckets[(mix(mix(key[0] ^ r->seed) ^ key[1]) & (r->sets - 1)) * WAYS];
	fullest = set;
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].used && memcmp(set[i].key, key, sizeof(key)) == 0)
			return &set[i];
		if (tokens_at(r, &set[i], now_ms) > tokens_at(r, fullest, now_ms))
			fullest = &set[i];
	}
	*fullest = (struct bucket){
		.key = {key[0], key[1]}, .at_ms = now_ms, .tokens = r->burst, .used = true};
	return fullest;
}

static bool allow(struct rate *r, const struct ip *client, int64_t now_ms, int64_t cost,
		  int64_t *ret_wait_ms)
{
	struct bucket *b;

	if (r->per_ms == 0)
		return true;
	b = bucket_of(r, client, now_ms);
	b->tokens = tokens_at(r, b, now_ms);
	b->at_ms = now_ms;
	if (b->tokens < 1000) {
		if (ret_wait_ms)
			*ret_wait_ms = (1000 - b->tokens + r->per_ms - 1) / r->per_ms;
		return false;
	}
	b->tokens -= cost;
	return true;
}

bool rate_take(struct rate *r, const struct ip *client, int64_t now_ms, int64_t *ret_wait_ms)
{
	return allow(r, client, now_ms, 1000, ret_wait_ms);
}

bool rate_peek(struct rate *r, const struct ip *client, int64_t now_ms, int64_t *ret_wait_ms)
{
	return allow(r, client, now_ms, 0, ret_wait_ms);
}
