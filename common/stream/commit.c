#include "stream/commit.h"

#include <stdlib.h>

#include "stream/keys.h"

static void add(struct commit *c, struct str s)
{
	PROMISE(c->command.argc < COMMIT_MAX_TEXTS);
	command_add(&c->command, s);
}

static void addi(struct commit *c, int64_t v)
{
	PROMISE(c->command.argc < COMMIT_MAX_TEXTS);
	command_addi(&c->command, v);
}

static void op(struct commit *c, const char *name)
{
	add(c, str_of(name));
}

void commit_begin(struct commit *c, struct arena *a, enum commit_kind kind,
		  const struct claim *claim)
{
	static const struct claim none = {STR_INIT("-"), STR_INIT("-"), STR_INIT("-"),
					  STR_INIT("-")};

	*c = (struct commit){
		.command = command_begin(a, "FCALL"),
		.claim = claim ? *claim : none,
		.kind = kind,
		.text_ttl_ms = LIMIT_OUTPUT_RETENTION_MS,
		.soonest_ms = -1,
	};
	op(c, kind == ADMIT ? "ark_1_admit" : "ark_1_commit");
	addi(c, 0);
	add(c, c->claim.stream);
	add(c, c->claim.group);
	add(c, c->claim.me);
	add(c, c->claim.id);
}

/* --- operations ------------------------------------------------------------------------------ */

static void op_state(struct commit *c, const char *name, struct str key, uint64_t version)
{
	op(c, name);
	add(c, key);
	addi(c, (int64_t)version);
}

void commit_state(struct commit *c, struct str key, uint64_t version, struct str data)
{
	c->states = arena_grow(c->command.arena, c->states, c->state_count, &c->state_cap,
			       sizeof(*c->states));
	c->states[c->state_count++] =
		(struct commit_state){.key = key, .data = data, .version = version};
	op_state(c, "state", key, version);
	add(c, data);
}

void commit_state_last(struct commit *c, struct str key, uint64_t version, struct str data)
{
	commit_state(c, key, version, data);
	c->states[c->state_count - 1].last = true;
}

void commit_check(struct commit *c, struct str key, uint64_t version)
{
	op_state(c, "check", key, version);
}

void commit_forget(struct commit *c, struct str key, uint64_t version)
{
	op_state(c, "forget", key, version);
}

void commit_free(struct commit *c, struct str key)
{
	op(c, "free");
	add(c, key);
}

void commit_once(struct commit *c, struct str key, int64_t ttl_ms, struct str value)
{
	op(c, "once");
	add(c, key);
	addi(c, ttl_ms);
	add(c, value);
}

void commit_below(struct commit *c, const char *hash, const char *field, int64_t limit)
{
	op(c, "below");
	op(c, hash);
	op(c, field);
	addi(c, limit);
}

static void op_place(struct commit *c, const char *name, struct str run, int64_t limit)
{
	op(c, name);
	add(c, run);
	addi(c, limit);
}

void commit_enter(struct commit *c, struct str run, int64_t limit)
{
	op_place(c, "enter", run, limit);
}

void commit_wait(struct commit *c, struct str run, int64_t limit)
{
	op_place(c, "wait", run, limit);
}

void commit_leave(struct commit *c, struct str run, int64_t limit)
{
	op_place(c, "leave", run, limit);
}

void commit_displace(struct commit *c, struct str zset)
{
	op(c, "displace");
	add(c, zset);
}

struct spill {
	struct commit *commit;
	const struct message *message;
};

/* Keeps a long text beside its entry. Who it belongs to is in the key, so that people find it and
 * the end of a run can drop it; the entry that led to it makes the key unique. */
static struct str spill_text(void *arg, const char *field, struct str text)
{
	struct spill *s = arg;
	struct commit *c = s->commit;
	struct arena *a = c->command.arena;
	struct str owner = s->message->task.len ? s->message->task
						: arena_printf(a, "%.*s.%.*s",
							       STR_ARG(s->message->namespace),
							       STR_ARG(s->message->run));
	struct str what =
		arena_printf(a, "%s-%.*s-%zu", field, STR_ARG(c->claim.id), c->spilled++);
	struct str key = key_text(a, owner, what);

	commit_text(c, key, c->text_ttl_ms, text);
	return key;
}

/* The fields of a message, after texts that must be kept beside it. The operation that they
 * belong to is written by `head`, since each operation must be whole. */
static void op_message(struct commit *c, const struct message *m, size_t inline_bytes,
		       void (*head)(struct commit *c, const void *arg), const void *arg)
{
	struct str pairs[2 * ENTRY_MAX_FIELDS];
	struct message copy = *m;
	struct spill s = {c, m};
	struct why why;
	size_t n;

	message_spill(&copy, inline_bytes, spill_text, &s);
	if (message_encode(c->command.arena, &copy, pairs, &n, &why))
		BROKEN("an entry beyond its limit");
	head(c, arg);
	addi(c, (int64_t)n);
	for (size_t i = 0; i < n; i++)
		add(c, pairs[i]);
}

static void head_append(struct commit *c, const void *stream)
{
	op(c, "append");
	add(c, *(const struct str *)stream);
}

void commit_append(struct commit *c, struct str stream, const struct message *m)
{
	op_message(c, m, ENTRY_INLINE_BYTES, head_append, &stream);
}

struct shown {
	struct str namespace, run;
	const struct limits *limits;
};

static void head_show(struct commit *c, const void *arg)
{
	const struct shown *s = arg;

	op(c, "show");
	add(c, key_run(c->command.arena, s->namespace, s->run));
	addi(c, s->limits->run_stream_bytes);
	addi(c, s->limits->run_token_events);
}

void commit_show(struct commit *c, struct str namespace, struct str run,
		 const struct limits *limits, const struct message *m)
{
	struct shown s = {namespace, run, limits};

	op_message(c, m, ENTRY_SHOWN_BYTES, head_show, &s);
}

static void head_wake(struct commit *c, const void *process)
{
	op(c, "wake");
	add(c, *(const struct str *)process);
}

void commit_wake(struct commit *c, struct str process, const struct message *m)
{
	op_message(c, m, ENTRY_INLINE_BYTES, head_wake, &process);
}

struct later {
	struct str stream, member;
	int64_t delay_ms;
};

static void head_later(struct commit *c, const void *arg)
{
	const struct later *l = arg;

	op(c, "later");
	add(c, l->stream);
	addi(c, l->delay_ms);
	add(c, l->member);
}

void commit_later(struct commit *c, struct str stream, int64_t delay_ms, struct str member,
		  const struct message *m)
{
	struct later l = {stream, member, delay_ms};

	op_message(c, m, ENTRY_INLINE_BYTES, head_later, &l);
}

void commit_mark(struct commit *c, struct str key, const char *word)
{
	op(c, "mark");
	add(c, key);
	op(c, word);
}

void commit_timer(struct commit *c, const char *set, struct str member, int64_t at_ms)
{
	op(c, "timer");
	op(c, set);
	add(c, member);
	addi(c, at_ms);
}

/* The loop that fires the timer need not ask Redis when it is due. */
static void note_delay(struct commit *c, int64_t delay_ms)
{
	if (c->soonest_ms < 0 || delay_ms < c->soonest_ms)
		c->soonest_ms = delay_ms;
}

void commit_after(struct commit *c, const char *set, struct str member, int64_t delay_ms)
{
	note_delay(c, delay_ms);
	op(c, "after");
	op(c, set);
	add(c, member);
	addi(c, delay_ms);
}

void commit_untimer(struct commit *c, const char *set, struct str member)
{
	op(c, "untimer");
	op(c, set);
	add(c, member);
}

void commit_text(struct commit *c, struct str key, int64_t ttl_ms, struct str text)
{
	op(c, "text");
	add(c, key);
	addi(c, ttl_ms);
	add(c, text);
}

void commit_drop(struct commit *c, struct str key)
{
	op(c, "drop");
	add(c, key);
}

void commit_ttl(struct commit *c, struct str key, int64_t ttl_ms)
{
	op(c, "ttl");
	add(c, key);
	addi(c, ttl_ms);
}

void commit_count(struct commit *c, struct str hash, struct str field, int64_t delta)
{
	op(c, "count");
	add(c, hash);
	add(c, field);
	addi(c, delta);
}

void commit_tally(struct commit *c, struct str hash, int64_t ttl_ms, const struct tally *items,
		  size_t count)
{
	PROMISE(count <= TALLY_MAX);
	if (!count)
		return;
	op(c, "tally");
	add(c, hash);
	addi(c, ttl_ms);
	addi(c, 2 * (int64_t)count);
	for (size_t i = 0; i < count; i++) {
		add(c, items[i].field);
		addi(c, items[i].delta);
	}
}

void commit_set(struct commit *c, struct str hash, struct str field, struct str text)
{
	op(c, "set");
	add(c, hash);
	add(c, field);
	add(c, text);
}

void commit_unset(struct commit *c, struct str hash, struct str field)
{
	op(c, "unset");
	add(c, hash);
	add(c, field);
}

void commit_index(struct commit *c, struct str zset, struct str member, int64_t score)
{
	op(c, "index");
	add(c, zset);
	add(c, member);
	addi(c, score);
}

void commit_unindex(struct commit *c, struct str zset, struct str member)
{
	op(c, "unindex");
	add(c, zset);
	add(c, member);
}

void commit_cap(struct commit *c, struct str zset, int64_t max, struct str key_prefix)
{
	op(c, "cap");
	add(c, zset);
	addi(c, max);
	add(c, key_prefix);
}

void commit_account(struct commit *c, struct str account, int64_t limit_tokens)
{
	op(c, "account");
	add(c, account);
	addi(c, limit_tokens);
}

void commit_reserve(struct commit *c, struct str call, struct str accounts,
		    int64_t input_tokens, int64_t output_cap, int64_t ttl_ms)
{
	op(c, "reserve");
	add(c, call);
	add(c, accounts);
	addi(c, input_tokens);
	addi(c, output_cap);
	addi(c, ttl_ms);
}

void commit_settle(struct commit *c, struct str call, int64_t tokens)
{
	op(c, "settle");
	add(c, call);
	addi(c, tokens);
}

void commit_lapse(struct commit *c, struct str call)
{
	op(c, "lapse");
	add(c, call);
}

void commit_keep(struct commit *c)
{
	op(c, "keep");
	c->keeps = true;
}

/* --- the answer ------------------------------------------------------------------------------ */

static int64_t number_at(const struct reply *r, size_t i)
{
	struct str text;
	int64_t v = 0;

	if (reply_text(reply_item(r, i), &text, NULL) || !str_to_i64(text, &v))
		return 0;
	return v;
}

static struct str text_at(const struct reply *r, size_t i)
{
	struct str text = {NULL, 0};

	return reply_text(reply_item(r, i), &text, NULL) ? STR("") : text;
}

/* {'granted', cap}, {'again', state, cap}, {'refused', account, limit, used} */
static void read_reservation(const struct reply *r, struct commit_result *ret)
{
	struct str word = text_at(r, 0);

	if (str_is(word, "granted")) {
		ret->reserved = true;
		ret->granted_tokens = number_at(r, 1);
	} else if (str_is(word, "again")) {
		ret->reserved = str_is(text_at(r, 1), "open");
		ret->granted_tokens = number_at(r, 2);
	} else if (str_is(word, "refused")) {
		ret->refused_by = text_at(r, 1);
		ret->limit = number_at(r, 2);
		ret->used = number_at(r, 3);
	}
}

static enum commit_verdict verdict_of_word(struct str word)
{
	static const struct {
		const char *word;
		enum commit_verdict verdict;
	} words[] = {{"ok", COMMITTED},		 {"lost", COMMIT_LOST},
		     {"once", COMMIT_ONCE},	 {"conflict", COMMIT_CONFLICT},
		     {"full", COMMIT_FULL},	 {"exists", COMMIT_EXISTS},
		     {"marked", COMMIT_CONFLICT}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_is(word, words[i].word))
			return words[i].verdict;
	return COMMIT_REFUSED;
}

void commit_read(const struct reply *r, struct commit_result *ret)
{
	enum fail f = reply_check(r, &ret->why);

	*ret = (struct commit_result){.why = ret->why};
	if (!r) {
		ret->verdict = COMMIT_UNKNOWN;
		return;
	}
	if (f) {
		ret->verdict = f == FAIL_BUSY ? COMMIT_AWAY : COMMIT_REFUSED;
		return;
	}
	ret->verdict = verdict_of_word(text_at(r, 0));
	if (ret->verdict == COMMITTED) {
		ret->now_ms = number_at(r, 1);
		read_reservation(reply_item(r, 2), ret);
	} else {
		ret->value = text_at(r, 1);
	}
}

struct pending {
	void (*fn)(void *arg, const struct commit_result *r);
	void *arg;
};

static void on_reply(void *arg, const struct reply *r)
{
	struct pending *p = arg, call = *p;
	struct commit_result result = {.verdict = COMMIT_UNKNOWN};

	free(p);
	commit_read(r, &result);
	if (call.fn)
		call.fn(call.arg, &result);
}

void commit_send(struct commit *c, struct redis *r,
		 void (*fn)(void *arg, const struct commit_result *r), void *arg)
{
	struct pending *p = xmalloc(sizeof(*p));

	*p = (struct pending){fn, arg};
	redis_send(r, &c->command, on_reply, p);
}
