#include "base/json.h"
#include "gateway/gateway.h"

bool gateway_may_log_in(struct gateway *g, struct exchange *x)
{
	int64_t wait_ms;

	if (rate_peek(g->failures, exchange_client(x), process_mono_ms(), &wait_ms))
		return true;
	exchange_reply_retry(x, 429, wait_ms, "too many failed logins (auth-failure-rate)");
	return false;
}

void gateway_refuse_login(struct gateway *g, struct exchange *x, const char *words)
{
	(void)rate_take(g->failures, exchange_client(x), process_mono_ms(), NULL);
	exchange_reply_error(x, 401, "%s", words);
}

void gateway_refuse_away(struct exchange *x)
{
	exchange_reply_retry(x, 503, 1000, "the store is not reachable; try again");
}

size_t run_headers(struct str runs, bool replayed, struct http_field out[2])
{
	out[0] = (struct http_field){STR("Ark-Run"), runs};
	out[1] = (struct http_field){STR("Idempotency-Replayed"), STR("true")};
	return replayed ? 2 : 1;
}

void run_refuse(struct exchange *x, int status, struct str run, const char *words)
{
	AUTO_BUF json = BUF(WHY_MAX_BYTES * 8);
	struct http_field headers[2];
	size_t n = run_headers(run, false, headers);

	json_open(&json, '{');
	json_member_str(&json, "error", str_of(words));
	json_close(&json, '}');
	exchange_reply(x, status, "application/json", buf_str(&json), headers, n);
}
