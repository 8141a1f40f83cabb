/*
 * A process that does nothing but hold entries: the effector at the end of a pipe, for component
 * tests. Each entry is a timer.fired; after the hold time it is committed with a copy of it
 * appended to `results`. What happens goes out on stdout, one line each:
 *
 *	up, down, working
 *	start <stream> <timer> again=0		it is in hand
 *	done <timer>, lost <timer>, away <timer>
 *	mail <timer>
 *
 * Lines on stdin: "stream <name> <places>", "remove <name>", "hold <ms>", "give", "take" (places of
 * all jobs). Its name is ARK_PROCESS_NAME.
 */
#include <stdio.h>
#include <stdlib.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "process/process.h"
#include "stream/effector.h"
#include "stream/link.h"

enum { READER_WORK, READER_MAIL, READERS };

struct held {
	struct held *next;
	struct job *job;
	struct event *timer;
};

static struct process *process;
static struct link *the_link;
static struct effector *effector;
static struct bufferevent *in;
static struct held *all;
static int64_t hold_ms;

static void say(const char *what, struct str text)
{
	printf("%s %.*s\n", what, STR_ARG(text));
}

static void commit(struct held *h);

static void forget(struct held *h)
{
	for (struct held **at = &all; *at; at = &(*at)->next)
		if (*at == h) {
			*at = h->next;
			break;
		}
	event_free(h->timer);
	free(h);
}

static void on_commit(void *arg, struct job *job, const struct commit_result *r)
{
	switch (r->verdict) {
	case COMMITTED:
		say("done", job->message.timer);
		forget(arg);
		return;
	case COMMIT_LOST:
		say("lost", job->message.timer);
		forget(arg);
		job_drop(job);
		return;
	case COMMIT_AWAY:
		say("away", job->message.timer);
		commit(arg);
		return;
	case COMMIT_CONFLICT:
	case COMMIT_ONCE:
	case COMMIT_EXISTS:
	case COMMIT_FULL:
	case COMMIT_UNKNOWN:
	case COMMIT_REFUSED: BROKEN("nothing else may happen here");
	}
}

static void commit(struct held *h)
{
	AUTO_ARENA a = ARENA_INIT;
	struct commit c;

	commit_begin(&c, &a, COMMIT, &h->job->claim);
	commit_append(&c, STR("results"), &h->job->message);
	job_commit(h->job, &c, on_commit, h);
}

static void on_held(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	commit(arg);
}

static enum fail start(void *arg, struct job *job, struct why *why)
{
	const struct timeval tv = {hold_ms / 1000, (suseconds_t)(hold_ms % 1000) * 1000};
	struct held *h;

	(void)arg;
	if (str_is(job->message.timer, "wrong"))
		return failf(why, FAIL_INPUT, "a wrong one");
	printf("start %.*s %.*s again=%d\n", STR_ARG(job->claim.stream),
	       STR_ARG(job->message.timer), job->again);
	h = xmalloc(sizeof(*h));
	h->job = job;
	h->timer = event_new(process->base, -1, 0, on_held, h);
	h->next = all;
	all = h;
	job->user = h;
	event_add(h->timer, &tv);
	return FAIL_NONE;
}

static void on_lost(void *arg, struct job *job)
{
	(void)arg;
	say("lost", job->message.timer);
	forget(job->user);
	job_drop(job);
}

static void on_state(void *arg, bool working, struct str reason)
{
	(void)arg;
	say(working ? "working" : "idle", reason);
}

static void on_mail(void *arg, const struct message *m)
{
	(void)arg;
	say("mail", m->timer);
}

static void on_place(void *arg, struct job *job)
{
	(void)arg;
	say("placed", job->message.timer);
}

static void run_line(struct str line)
{
	struct str verb, name;
	uint64_t n = 0;

	PROMISE(str_next(&line, ' ', &verb));
	if (str_is(verb, "stream")) {
		PROMISE(str_next(&line, ' ', &name) && str_to_u64(line, &n));
		effector_stream(effector, name, n);
	} else if (str_is(verb, "remove")) {
		effector_stream_remove(effector, line);
	} else if (str_is(verb, "hold")) {
		PROMISE(str_to_u64(line, &n));
		hold_ms = (int64_t)n;
	} else {
		for (struct held *h = all; h; h = h->next)
			if (str_is(verb, "give"))
				job_give_place(h->job);
			else
				job_take_place(h->job, on_place, NULL);
	}
	say("ok", verb);
}

static void on_line(struct bufferevent *bev, void *arg)
{
	char *line;
	size_t n;

	(void)arg;
	while ((line = evbuffer_readln(bufferevent_get_input(bev), &n, EVBUFFER_EOL_LF))) {
		run_line(str_n(line, n));
		free(line);
	}
}

static void on_up(void *arg, bool changed)
{
	(void)arg, (void)changed;
	say("up", STR(""));
	effector_up(effector);
}

static void on_down(void *arg)
{
	(void)arg;
	say("down", STR(""));
	effector_down(effector);
}

static enum fail begin(struct process *p, void *arg, struct why *why)
{
	const struct link_plan link = {
		.readers = READERS, .loads_library = true, .up = on_up, .down = on_down};
	struct effector_plan plan = {.group = "agents",
				     .loads_library = true,
				     .start = start,
				     .lost = on_lost,
				     .state = on_state,
				     .lease_ms = p->limits.worker_lease_ms};
	enum fail f = link_new(p, &link, &the_link, why);

	(void)arg;
	if (f)
		return f;
	process = p;
	setvbuf(stdout, NULL, _IOLBF, 0);
	plan.process = link_name(the_link);
	plan.commands = link_commands(the_link);
	plan.reads = link_reader(the_link, READER_WORK);
	effector = effector_new(p->base, &plan, p->metrics);
	effector_on_mail(effector, link_reader(the_link, READER_MAIL), on_mail, NULL);
	evutil_make_socket_nonblocking(0);
	in = bufferevent_socket_new(p->base, 0, 0);
	bufferevent_setcb(in, on_line, NULL, NULL, NULL);
	bufferevent_enable(in, EV_READ);
	return FAIL_NONE;
}

static void stop(struct process *p, void *arg)
{
	(void)p, (void)arg;
	while (all)
		forget(all);
	link_free(the_link);
	effector_free(effector);
	if (in)
		bufferevent_free(in);
}

int main(int argc, char **argv)
{
	const struct process_plan plan = {.name = "effector-driver",
					  .about = "Holds entries, for tests.",
					  .start = begin,
					  .stop = stop};

	return process_main(&plan, argc, argv);
}
