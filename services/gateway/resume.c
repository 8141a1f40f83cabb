#include "gateway/resume.h"

struct resume resume_decide(const struct resume_facts *f)
{
	struct resume r = {.nothing = false};

	/* A finished run whose events are gone has one event, as old as its end. */
	if (f->is_over && !f->has_any) {
		r.nothing = f->asks && f->is_id && f->last.ms >= (uint64_t)f->end_ms;
		r.gap = f->asks && !r.nothing;
		r.flow_only = !r.nothing;
		return r;
	}
	if (!f->asks)
		return r;
	if (!f->is_id || !f->is_kept) {
		r.gap = true;
		return r;
	}
	r.nothing = f->is_over && !f->has_next;
	r.after = f->last;
	return r;
}
