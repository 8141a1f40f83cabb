/* What the end of a child means for the suite. */
#include "cli/suite_inner.h"

#include <stdio.h>
#include <sys/wait.h>

static void ended_words(struct buf *out, const struct child_report *r)
{
	bool killed = WIFSIGNALED(r->status);

	buf_addf(out, "%.*s ended with %s %d", STR_ARG(r->name), killed ? "signal" : "status",
		 killed ? WTERMSIG(r->status) : WEXITSTATUS(r->status));
}

static bool is_setting_refused(const struct child_report *r)
{
	return WIFEXITED(r->status) && WEXITSTATUS(r->status) == EXIT_USAGE;
}

/*
 * What ends the suite: a child that is not started again; a Redis that cannot start; a daemon that
 * ends with code 2 before all were ready, since its settings are the same the next time (SPEC 2.5).
 */
static bool is_final(const struct suite *s, const struct child_report *r)
{
	return r->restart_ms < 0 || !s->launched || (!s->was_ready && is_setting_refused(r));
}

/* Nobody may have had its port when we looked, and somebody when it wanted it. */
static bool has_lost_port(const struct suite *s, const struct child_report *r)
{
	for (size_t i = 0; i < suite_daemon_count; i++)
		if (str_is(r->name, suite_daemons[i].name))
			return !s->plan.temporary &&
			       !suite_port_is_free(s->plan.port_base + suite_daemons[i].port);
	return false;
}

static void fail_ended(struct suite *s, const struct child_report *r)
{
	bool setting = is_setting_refused(r) && s->launched && !has_lost_port(s, r);
	int code = setting ? EXIT_USAGE : EXIT_MISSING;
	struct str log = suite_log_of(s, r->name);
	AUTO_BUF words = BUF(WHY_MAX_BYTES);

	ended_words(&words, r);
	/* The reason before the consequence. */
	log_tail_look(s->tail);
	if (str_is(r->name, REDIS_NAME)) /* the others were followed */
		log_show_last(log);
	if (s->plan.temporary)
		suite_fail(s, code, "%s", buf_cstr(&words));
	else
		suite_fail(s, code, "%s; its log is %.*s", buf_cstr(&words), STR_ARG(log));
}

void suite_on_child(void *arg, const struct child_report *r)
{
	struct suite *s = arg;
	AUTO_BUF words = BUF(WHY_MAX_BYTES);

	if (r->event == CHILD_STARTED)
		return;
	if (s->stopping) {
		if (!suite_daemons_run(s))
			suite_stop_redis(s);
		return;
	}
	if (is_final(s, r)) {
		fail_ended(s, r);
		return;
	}
	ended_words(&words, r);
	fprintf(stderr, "%s; it is started again in %lld s\n", buf_cstr(&words),
		(long long)r->restart_ms / 1000);
}
