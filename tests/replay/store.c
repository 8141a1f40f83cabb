#include "store.h"

#include <string.h>

#include "stream/keys.h"

struct store_pair *store_find(struct store_list *l, struct str key)
{
	for (size_t i = 0; i < l->count; i++)
		if (!l->items[i].gone && str_eq(l->items[i].key, key))
			return &l->items[i];
	return NULL;
}

static struct store_pair *put(struct store *s, struct store_list *l, struct str key)
{
	struct store_pair *p = store_find(l, key);

	if (p)
		return p;
	l->items = arena_grow(s->arena, l->items, l->count, &l->cap, sizeof(*l->items));
	p = &l->items[l->count++];
	*p = (struct store_pair){.key = arena_str(s->arena, key)};
	return p;
}

static void take_out(struct store_list *l, struct str key)
{
	struct store_pair *p = store_find(l, key);

	if (p)
		p->gone = true;
}

static size_t size(const struct store_list *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++)
		n += !l->items[i].gone;
	return n;
}

struct str store_field(const struct store_entry *e, const char *name)
{
	for (size_t i = 0; i + 1 < e->count; i += 2)
		if (str_is(e->pairs[i], name))
			return e->pairs[i + 1];
	return STR("");
}

static void append(struct store *s, struct store_stream *to, const struct str *fields, size_t n)
{
	struct str *pairs = ARENA_ARRAY(s->arena, n + 2, struct str);

	to->entries =
		arena_grow(s->arena, to->entries, to->count, &to->cap, sizeof(*to->entries));
	for (size_t i = 0; i < n; i++)
		pairs[i < 2 ? i : i + 2] = arena_str(s->arena, fields[i]);
	pairs[2] = STR("at");
	pairs[3] = arena_printf(s->arena, "%lld", (long long)s->now_ms);
	to->entries[to->count++] = (struct store_entry){
		.id = arena_printf(s->arena, "%lld-%llu", (long long)s->now_ms,
				   (unsigned long long)s->ids++),
		.pairs = pairs,
		.count = n + 2,
		.holder = -1,
	};
}

static struct store_stream *stream_of(struct store *s, struct str name)
{
	if (str_is(name, STREAM_RUNS))
		return &s->runs;
	if (str_is(name, STREAM_EVENTS))
		return &s->events;
	PROMISE(str_starts(name, STR("tasks:")));
	return &s->tasks;
}

static int64_t number(struct str text)
{
	int64_t n;

	PROMISE(str_to_i64(text, &n));
	return n;
}

static struct store_list *set_of(struct store *s, struct str name)
{
	return str_is(name, KEY_RUNS_ACTIVE)	? &s->active
	       : str_is(name, KEY_RUNS_WAITING) ? &s->waiting
						: &s->ended;
}

/* --- operations: what each takes, how it refuses, what it writes ------------------------------------------------ */

static enum store_verdict look_version(struct store *s, const struct str *a)
{
	const struct store_pair *p = store_find(&s->states, a[0]);
	int64_t version = p ? p->number : 0;

	return version == number(a[1]) || s->mutant == MUTANT_VERSION ? STORE_OK
								      : STORE_CONFLICT;
}

static enum store_verdict look_free(struct store *s, const struct str *a)
{
	return s->mutant != MUTANT_ONCE &&
			       (store_find(&s->states, a[0]) || store_find(&s->texts, a[0]))
		       ? STORE_EXISTS
		       : STORE_OK;
}

static enum store_verdict look_enter(struct store *s, const struct str *a)
{
	return (int64_t)size(&s->active) >= number(a[1]) && !store_find(&s->active, a[0]) &&
			       s->mutant != MUTANT_PLACES
		       ? STORE_FULL
		       : STORE_OK;
}

static enum store_verdict look_wait(struct store *s, const struct str *a)
{
	return (int64_t)size(&s->active) < number(a[1]) ? STORE_CONFLICT : STORE_OK;
}

static void write_state(struct store *s, const struct str *a)
{
	struct store_pair *p = put(s, &s->states, a[0]);

	p->number = number(a[1]) + 1;
	p->value = arena_str(s->arena, a[2]);
}

static void write_text(struct store *s, const struct str *a)
{
	put(s, &s->texts, a[0])->value = arena_str(s->arena, a[2]);
}

static void write_once(struct store *s, const struct str *a)
{
	put(s, &s->texts, a[0])->value = arena_str(s->arena, a[2]);
}

static void write_mark(struct store *s, const struct str *a)
{
	put(s, &s->states, a[0])->number++;
}

static void write_drop(struct store *s, const struct str *a)
{
	take_out(&s->texts, a[0]);
}

static void write_count(struct store *s, const struct str *a)
{
	put(s, &s->counts, a[1])->number += number(a[2]);
}

static void write_after(struct store *s, const struct str *a)
{
	put(s, &s->timers, a[1])->number = s->now_ms + number(a[2]);
}

static void write_untimer(struct store *s, const struct str *a)
{
	take_out(&s->timers, a[1]);
}

static void write_index(struct store *s, const struct str *a)
{
	put(s, set_of(s, a[0]), a[1])->number = number(a[2]);
}

static void write_enter(struct store *s, const struct str *a)
{
	put(s, &s->active, a[0])->number = s->now_ms;
	s->full = s->full || (int64_t)size(&s->active) > number(a[1]);
}

static void write_wait(struct store *s, const struct str *a)
{
	put(s, &s->waiting, a[0])->number = s->now_ms;
}

/* Who waits longest is given the place at once. */
static void write_leave(struct store *s, const struct str *a)
{
	take_out(&s->active, a[0]);
	take_out(&s->waiting, a[0]);
	put(s, &s->ended, a[0])->number = s->now_ms;
	while ((int64_t)size(&s->active) < number(a[1])) {
		struct store_pair *next = NULL;
		struct str namespace, run;

		for (size_t i = 0; i < s->waiting.count; i++)
			if (!s->waiting.items[i].gone &&
			    (!next || s->waiting.items[i].number < next->number))
				next = &s->waiting.items[i];
		if (!next)
			return;
		next->gone = true;
		put(s, &s->active, next->key)->number = s->now_ms;
		PROMISE(str_cut(next->key, '.', &namespace, &run));
		append(s, &s->runs,
		       (const struct str[]){STR("type"), STR("run.admitted"), STR("namespace"),
					    namespace, STR("run"), run},
		       6);
	}
}

static void write_nothing(struct store *s, const struct str *a)
{
	(void)s;
	(void)a;
}

/* With an entry: the number of its texts is the last argument, and they follow. */
static const struct {
	const char *name;
	size_t args;
	bool entry;
	enum store_verdict (*look)(struct store *s, const struct str *a);
	void (*write)(struct store *s, const struct str *a);
} operations[] = {
	{"state", 3, false, look_version, write_state},
	{"check", 2, false, look_version, write_nothing},
	{"free", 1, false, look_free, write_nothing},
	{"once", 3, false, look_free, write_once},
	{"enter", 2, false, look_enter, write_enter},
	{"wait", 2, false, look_wait, write_wait},
	{"leave", 2, false, NULL, write_leave},
	{"append", 1, true, NULL, NULL},
	{"show", 3, true, NULL, NULL},
	{"wake", 1, true, NULL, write_nothing},
	{"text", 3, false, NULL, write_text},
	{"drop", 1, false, NULL, write_drop},
	{"ttl", 2, false, NULL, write_nothing},
	{"count", 3, false, NULL, write_count},
	{"mark", 2, false, NULL, write_mark},
	{"after", 3, false, NULL, write_after},
	{"untimer", 2, false, NULL, write_untimer},
	{"index", 3, false, NULL, write_index},
	{"unindex", 2, false, NULL, write_nothing},
	{"account", 2, false, NULL, write_nothing},
	{"keep", 0, false, NULL, write_nothing},
};

static size_t operation_of(struct str name)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (str_is(name, operations[i].name))
			return i;
	BROKEN("an operation that the store of the histories does not know");
}

/* One round over the operations: first all that may refuse, then what is written. */
static enum store_verdict go_through(struct store *s, const struct commit *c, bool write)
{
	const struct str *argv = c->command.argv;

	for (size_t i = 7; i < c->command.argc;) {
		size_t o = operation_of(argv[i]), n = 0;
		const struct str *a = &argv[i + 1];
		enum store_verdict v = STORE_OK;

		if (operations[o].entry)
			n = (size_t)number(a[operations[o].args]) + 1;
		if (!write && operations[o].look)
			v = operations[o].look(s, a);
		if (v != STORE_OK)
			return v;
		if (write && operations[o].write)
			operations[o].write(s, a);
		else if (write)
			append(s, operations[o].args == 1 ? stream_of(s, a[0]) : &s->shown,
			       &a[operations[o].args + 1], n - 1);
		i += 1 + operations[o].args + n;
	}
	return STORE_OK;
}

enum store_verdict store_commit(struct store *s, const struct commit *c, int holder,
				struct store_stream *of, size_t entry)
{
	enum store_verdict v;

	if (of && of->entries[entry].holder != holder && s->mutant != MUTANT_PENDING)
		return STORE_LOST;
	if (of && s->mutant == MUTANT_ACK)
		of->entries[entry].holder = -2;
	v = go_through(s, c, false);
	if (v != STORE_OK)
		return v;
	(void)go_through(s, c, true);
	if (of && !c->keeps)
		of->entries[entry].holder = -2;
	return STORE_OK;
}

void store_fire(struct store *s)
{
	for (size_t i = 0; i < s->timers.count; i++) {
		struct store_pair *t = &s->timers.items[i];

		if (t->gone || t->number > s->now_ms)
			continue;
		t->gone = true;
		append(s, &s->runs,
		       (const struct str[]){STR("type"), STR("timer.fired"), STR("timer"),
					    t->key},
		       4);
	}
}
