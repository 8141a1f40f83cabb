#include "notifier/rate_limit.h"

#include <string.h>

#include "base/json.h"

enum { STATE_MAX_BYTES = 64 << 10 };
#define MS_MAX (INT64_MAX / 4)

enum fail rate_limit_decode(struct arena *a, struct str text, struct rate_limit *ret,
			    struct why *why)
{
	struct rate_limit r = {.times_ms = ARENA_ARRAY(a, RATE_LIMIT_TIMES, int64_t)};
	const struct value *list = NULL;
	struct value v = value_nil;
	enum fail f = FAIL_NONE;

	if (text.len)
		f = json_parse(a, text, JSON_STRICT, JSON_MAX_DEPTH, &v, why);
	if (!f && text.len)
		f = json_need_list(&v, "times", &list, why);
	if (!f && text.len)
		f = json_need_int(&v, "suppressed", 0, MS_MAX, &r.suppressed, why);
	for (size_t i = 0; !f && i < value_count(list) && i < RATE_LIMIT_TIMES; i++) {
		const struct value *t = value_at(list, i);

		if (t->kind != VALUE_INT)
			return failf(why, FAIL_INPUT, "times: expected integers");
		r.times_ms[r.count++] = t->integer;
	}
	if (!f)
		*ret = r;
	return f;
}

struct str rate_limit_encode(struct arena *a, const struct rate_limit *r)
{
	AUTO_BUF b = BUF(STATE_MAX_BYTES);

	json_open(&b, '{');
	json_key(&b, "times");
	json_open(&b, '[');
	for (size_t i = 0; i < r->count; i++) {
		json_next(&b);
		buf_addi(&b, r->times_ms[i]);
	}
	json_close(&b, ']');
	json_member_int(&b, "suppressed", r->suppressed);
	json_close(&b, '}');
	return arena_str(a, buf_str(&b));
}

bool rate_limit_take(struct rate_limit *r, int64_t window_ms, int64_t most, int64_t now_ms,
		     int64_t *ret_suppressed)
{
	size_t old = 0, limit = most < RATE_LIMIT_TIMES ? (size_t)most : RATE_LIMIT_TIMES;

	while (old < r->count && r->times_ms[old] <= now_ms - window_ms)
		old++;
	r->count -= old;
	memmove(r->times_ms, r->times_ms + old, r->count * sizeof(*r->times_ms));
	if (r->count >= limit) {
		r->suppressed++;
		return false;
	}
	r->times_ms[r->count++] = now_ms;
	*ret_suppressed = r->suppressed;
	r->suppressed = 0;
	return true;
}
