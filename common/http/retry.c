#include "http/retry.h"

#include "http/http_date.h"

enum retry_class retry_class_of(int status)
{
	if (status >= 200 && status <= 299)
		return RETRY_FINE;
	switch (status) {
	case 0:
	case 408:
	case 429:
	case 500:
	case 502:
	case 503:
	case 504: return RETRY_LATER;
	default: return RETRY_NEVER;
	}
}

/* Evenly from 0 to max, both included; the error of the modulo is below max / 2^64. */
static int64_t up_to(int64_t max, uint64_t random)
{
	return (int64_t)(random % ((uint64_t)max + 1));
}

int64_t retry_backoff_ms(unsigned attempt, int64_t base_ms, int64_t max_ms, uint64_t random)
{
	int64_t ceiling = base_ms < max_ms ? base_ms : max_ms;

	for (unsigned i = 0; i < attempt && ceiling < max_ms; i++)
		ceiling = ceiling > max_ms / 2 ? max_ms : ceiling * 2;
	return up_to(ceiling, random);
}

bool retry_after_parse(struct str value, int64_t now_s, int64_t *ret_ms)
{
	int64_t at_s, ms;
	bool digits = value.len > 0;

	value = str_trim(value);
	for (size_t i = 0; i < value.len && digits; i++)
		digits = value.ptr[i] >= '0' && value.ptr[i] <= '9';
	if (digits && value.len) {
		uint64_t s;

		/* More digits than fit 64 bits are a number all the same. */
		if (!str_to_u64(value, &s) || s > RETRY_AFTER_MAX_MS / 1000)
			s = RETRY_AFTER_MAX_MS / 1000;
		ms = (int64_t)s * 1000;
	} else if (http_date_parse(value, now_s, &at_s)) {
		ms = at_s <= now_s				? 0
		     : at_s - now_s > RETRY_AFTER_MAX_MS / 1000 ? RETRY_AFTER_MAX_MS
								: (at_s - now_s) * 1000;
	} else {
		return false;
	}
	*ret_ms = ms;
	return true;
}

int64_t retry_after_wait_ms(int64_t after_ms, int64_t max_ms, uint64_t random)
{
	int64_t wait = after_ms < 0 ? 0 : after_ms > max_ms ? max_ms : after_ms;
	int64_t jitter = wait / 10 > 100 ? wait / 10 : 100;

	return wait + up_to(jitter, random);
}
