/*
 * Text for the readers of a run, as it is generated (SPEC 13.12, 13.13).
 *
 * A text goes out with the turn of the loop that brought it; the next one waits until WORK_TEXT_MS
 * have passed and Redis has answered. So a reader sees it within milliseconds, and texts that come
 * fast, or while Redis is busy, share an event.
 *
 * Everything said since the last reset is kept: when an answer of Redis was lost, nobody knows
 * what the readers have, so they are told to forget, and all of it is said again.
 */
#include "agent/worker_inner.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "process/clock.h"
#include "stream/keys.h"

enum { PIECE_BYTES = ENTRY_INLINE_BYTES };

struct tokens {
	struct work *work;
	struct event *timer;
	struct buf said;
	size_t sent;
	unsigned due;	      /* answers of Redis */
	int64_t sent_mono_ms; /* the last time */
	bool reset;	      /* a token.reset goes first */
};

static void add(struct command *c, const struct work *w, const struct message *m)
{
	const struct limits *limits = &w->worker->process->limits;
	struct str pairs[2 * ENTRY_MAX_FIELDS];
	struct why why;
	size_t n;

	if (message_encode(c->arena, m, pairs, &n, &why))
		BROKEN("a token beyond the limit of an entry");
	command_adds(c, "show");
	command_add(c, key_run(c->arena, w->m->namespace, w->m->run));
	command_addi(c, limits->run_stream_bytes);
	command_addi(c, limits->run_token_events);
	command_addi(c, (int64_t)n);
	for (size_t i = 0; i < n; i++)
		command_add(c, pairs[i]);
}

static void arm(struct tokens *t, int ms)
{
	const struct timeval tv = {0, ms * 1000};

	if (!event_pending(t->timer, EV_TIMEOUT, NULL))
		event_add(t->timer, &tv);
}

/* What was said goes out when it may. */
static void arm_next(struct tokens *t)
{
	int64_t left = t->sent_mono_ms + WORK_TEXT_MS - process_mono_ms();

	arm(t, left > 0 ? (int)left : 0);
}

static bool has_more(const struct tokens *t)
{
	return t->reset || t->said.len > t->sent;
}

/* SPEC 13.13: refused when the claim is lost, or the step has ended. */
static void on_told(void *arg, const struct reply *r)
{
	struct work *w = arg;
	struct tokens *t = w->job ? w->tokens : NULL;
	struct commit_result result;

	if (!t) {
		work_unref(w);
		return;
	}
	t->due--;
	commit_read(r, &result);
	if (result.verdict == COMMIT_CONFLICT) {
		work_read(w);
	} else if (result.verdict == COMMIT_LOST) {
		if (!w->sent) /* else the commit under way says so */
			work_lost(w);
	} else if (result.verdict != COMMITTED) {
		t->reset = true;
		t->sent = 0;
		if (w->worker->up) /* else worker_up goes on */
			arm(t, WORK_RETRY_MS);
	} else if (has_more(t)) {
		arm_next(t);
	}
	work_unref(w);
}

void tokens_flush(struct tokens *t)
{
	struct work *w = t->work;
	struct str rest = str_from(buf_str(&t->said), t->sent);
	struct message m = {.type = MSG_TOKEN_RESET, .step = w->m->step};
	AUTO_ARENA a = ARENA_INIT;
	struct command c;

	event_del(t->timer);
	if (!has_more(t) || !w->worker->up)
		return;
	c = command_begin(&a, "FCALL");
	command_adds(&c, "ark_1_tell");
	command_addi(&c, 0);
	command_add(&c, w->job->claim.stream);
	command_add(&c, w->job->claim.group);
	command_add(&c, w->job->claim.me);
	command_add(&c, w->job->claim.id);
	command_add(&c, w->state_key);
	if (t->reset)
		add(&c, w, &m);
	m.type = MSG_TOKEN;
	while (rest.len) {
		m.token = utf8_cut(rest, PIECE_BYTES);
		rest = str_from(rest, m.token.len);
		add(&c, w, &m);
	}
	t->reset = false;
	t->sent = t->said.len;
	t->sent_mono_ms = process_mono_ms();
	t->due++;
	redis_send(w->worker->plan.commands, &c, on_told, work_ref(w));
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct tokens *t = arg;

	(void)fd;
	(void)what;
	if (!t->due) /* else on_told goes on */
		tokens_flush(t);
}

void tokens_say(struct tokens *t, struct str text)
{
	buf_add(&t->said, text);
	arm_next(t);
}

void tokens_reset(struct tokens *t)
{
	/* What nobody was told need not be forgotten; a task that was taken over cannot know. */
	t->reset = t->reset || t->sent || !t->said.len;
	t->sent = 0;
	buf_clear(&t->said);
	arm_next(t);
}

struct tokens *tokens_new(struct work *w)
{
	struct tokens *t = xcalloc(1, sizeof(*t));

	t->work = w;
	t->said = BUF(w->spec.limits.conversation_bytes);
	t->timer = event_new(w->worker->process->base, -1, 0, on_timer, t);
	return t;
}

void tokens_free(struct tokens *t)
{
	if (!t)
		return;
	event_free(t->timer);
	buf_release(&t->said);
	free(t);
}
