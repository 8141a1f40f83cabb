#include "runner/roll.h"

#include <stdlib.h>

void roll_release(struct roll *r)
{
	arena_release(&r->arena);
	arena_release(&r->before);
	*r = (struct roll){.count = 0};
}

static int by_name(const void *a, const void *b)
{
	const struct roll_member *one = a, *other = b;
	int c = str_cmp(one->name, other->name);

	/* Without a heartbeat comes last, and is dropped below. */
	return c ? c : str_eq(one->sign, ROLL_NO_SIGN) - str_eq(other->sign, ROLL_NO_SIGN);
}

static int by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

struct roll_member *roll_find(const struct roll *r, struct str name)
{
	const struct roll_member wanted = {.name = name};

	for (size_t from = 0, to = r->count; from < to;) {
		size_t middle = from + (to - from) / 2;
		int c = str_cmp(wanted.name, r->members[middle].name);

		if (!c)
			return &r->members[middle];
		if (c < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return NULL;
}

bool roll_serves(const struct roll *r, struct str agent)
{
	return r->anyone || (r->served_count && bsearch(&agent, r->served, r->served_count,
							sizeof(agent), by_text));
}

/* What was heard, sorted, each name once; as if for the first time. */
static void enter(struct roll *r, const struct roll_heard *heard, size_t count, int64_t now)
{
	size_t kept = 0;

	r->members = ARENA_ARRAY(&r->arena, count, struct roll_member);
	for (size_t i = 0; i < count; i++) {
		struct roll_member *m = &r->members[i];

		m->name = arena_str(&r->arena, heard[i].name);
		m->sign = arena_str(&r->arena, heard[i].sign);
		str_cut(m->sign, ' ', NULL, &m->serves);
		m->since_mono_ms = now;
	}
	if (count)
		qsort(r->members, count, sizeof(*r->members), by_name);
	for (size_t i = 0; i < count; i++)
		if (!kept || !str_eq(r->members[kept - 1].name, r->members[i].name))
			r->members[kept++] = r->members[i];
	r->count = kept;
}

/* Whose sign is the old one is as old as it was. */
static void compare(struct roll *r, const struct roll *old)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct roll_member *o = roll_find(old, r->members[i].name);

		if (!o || !str_eq(o->sign, r->members[i].sign))
			continue;
		r->members[i].since_mono_ms = o->since_mono_ms;
		r->members[i].tried_mono_ms = o->tried_mono_ms;
	}
}

static void judge(struct roll *r, int64_t now, int64_t lease_ms)
{
	r->served = ARENA_ARRAY(&r->arena, r->count, struct str);
	r->served_count = 0;
	r->anyone = false;
	for (size_t i = 0; i < r->count; i++) {
		struct roll_member *m = &r->members[i];
		bool beats = !str_eq(m->sign, ROLL_NO_SIGN);

		m->dead = now - m->since_mono_ms >= lease_ms;
		if (m->dead || !beats)
			continue;
		if (m->serves.len)
			r->served[r->served_count++] = m->serves;
		else
			r->anyone = true;
	}
	if (r->served_count)
		qsort(r->served, r->served_count, sizeof(*r->served), by_text);
}

void roll_call(struct roll *r, const struct roll_heard *heard, size_t count,
	       int64_t now_mono_ms, int64_t lease_ms)
{
	struct roll old = *r;
	bool unbroken = r->called && now_mono_ms - r->called_mono_ms <= ROLL_GAP_MS;

	r->arena = old.before;
	r->before = old.arena;
	arena_reset(&r->arena);
	enter(r, heard, count, now_mono_ms);
	if (unbroken)
		compare(r, &old);
	judge(r, now_mono_ms, lease_ms);
	r->called = true;
	r->called_mono_ms = now_mono_ms;
}
