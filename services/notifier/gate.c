#include "notifier/gate.h"

#include "base/hash.h"

static int64_t later_of(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int64_t gate_ask(struct gate *g, struct str url, int64_t now_ms, int64_t interval_ms,
		 bool *ret_come_back)
{
	size_t at = (size_t)(hash_fast(url, 0) % GATE_PLACES);
	int64_t turn = later_of(g->places[at].next_ms, now_ms), back;

	*ret_come_back = turn - now_ms > GATE_WAIT_MS;
	if (!*ret_come_back) {
		g->places[at].next_ms = turn + interval_ms;
		return turn - now_ms;
	}
	back = later_of(g->places[at].later_ms, turn);
	g->places[at].later_ms = back + interval_ms;
	return back - now_ms;
}
