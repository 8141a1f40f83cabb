#include "gateway/event_id.h"

#include <inttypes.h>
#include <stdio.h>

static bool is_canonical(struct str s)
{
	return s.len == 1 || (s.len && s.ptr[0] != '0');
}

bool event_id_parse(struct str s, struct event_id *ret)
{
	struct str ms, seq;
	struct event_id id;

	if (!str_cut(s, '-', &ms, &seq) || !is_canonical(ms) || !is_canonical(seq) ||
	    !str_to_u64(ms, &id.ms) || !str_to_u64(seq, &id.seq))
		return false;
	*ret = id;
	return true;
}

const char *event_id_text(struct event_id id, char out[EVENT_ID_TEXT_BYTES])
{
	(void)snprintf(out, EVENT_ID_TEXT_BYTES, "%" PRIu64 "-%" PRIu64, id.ms, id.seq);
	return out;
}

struct event_id event_id_before(struct event_id id)
{
	if (id.seq)
		return (struct event_id){id.ms, id.seq - 1};
	return (struct event_id){id.ms - 1, UINT64_MAX};
}

bool event_id_is_zero(struct event_id id)
{
	return !id.ms && !id.seq;
}

int event_id_cmp(struct event_id a, struct event_id b)
{
	if (a.ms != b.ms)
		return a.ms < b.ms ? -1 : 1;
	return a.seq == b.seq ? 0 : a.seq < b.seq ? -1 : 1;
}
