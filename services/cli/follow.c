#include "cli/follow.h"

#include <signal.h>
#include <stdio.h>

#include "cli/out.h"
#include "cli/run_report.h"
#include "cli/run_watch.h"
#include "process/clock.h"
#include "stream/entry.h"
#include "stream/keys.h"

enum {
	BLOCK_MS = 1000, /* how long an interrupt may wait, too */
	BLOCK_SLACK_MS = 5000,
	BATCH = 512,
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

/* --- the end ---------------------------------------------------------------------------------- */

static int print_report(struct cli *c, struct redis_sync *r, const struct run *run,
			struct str output)
{
	struct str *steps = ARENA_ARRAY(&c->arena, run->step_count, struct str);
	struct run_texts texts = {output, steps};
	struct value report;

	for (size_t i = 0; i < run->step_count; i++) {
		int code = store_text(c, r, &run->steps[i].output, &steps[i], NULL);

		if (code)
			return code;
	}
	report = run_report(&c->arena, run, &texts);
	out_value(c, &report);
	return EXIT_GOOD;
}

int follow_print_end(struct cli *c, struct redis_sync *r, struct str namespace, struct str run,
		     enum follow_shows shows)
{
	struct run_record record;
	struct str output;
	bool gone;
	int code = store_run(c, r, namespace, run, &record);

	if (code)
		return code;
	if (record.found == RUN_NOT_THERE)
		return cli_fail(c, EXIT_NOT_FOUND, "run '%.*s' is no longer kept",
				STR_ARG(run));
	code = store_text(c, r, &record.run.output, &output, &gone);
	if (!code && c->common.output != OUTPUT_TEXT)
		code = print_report(c, r, &record.run, output);
	if (code)
		return code;
	if (record.run.phase != RUN_SUCCEEDED)
		return cli_fail(c, EXIT_BAD, "run %.*s failed: %.*s%s%.*s", STR_ARG(run),
				STR_ARG(record.run.reason), record.run.message.len ? ": " : "",
				STR_ARG(record.run.message));
	if (gone)
		return cli_fail(c, EXIT_NOT_FOUND, "the output is no longer kept");
	if (c->common.output == OUTPUT_TEXT) {
		if (shows == FOLLOW_STEPS)
			out_text(STR("Output:\n"));
		if (shows == FOLLOW_TOKENS)
			out_text(STR("\n"));
		else
			out_line(output);
	}
	return EXIT_GOOD;
}

/* --- on the way ------------------------------------------------------------------------------- */

static void show(const struct cli *c, enum follow_shows shows, const struct message *m)
{
	AUTO_BUF text = BUF(OUT_MAX_BYTES);

	if (c->common.output != OUTPUT_TEXT)
		return;
	if (shows == FOLLOW_STEPS)
		run_watch_add(&text, m);
	else if (shows == FOLLOW_TOKENS && m->type == MSG_TOKEN)
		buf_add(&text, m->token);
	out_text(buf_str(&text));
	fflush(stdout);
}

/* Reads what came after *last; true when the attempt ended. */
static int read_some(struct cli *c, struct redis_sync *r, struct str stream, struct str *last,
		     enum follow_shows shows, bool *ret_ended)
{
	struct command read = command_begin(&c->arena, "XREAD");
	const struct reply *reply;
	struct entry *entries;
	size_t count;
	struct why why;
	enum fail f;

	command_adds(&read, "COUNT");
	command_addi(&read, BATCH);
	command_adds(&read, "BLOCK");
	command_addi(&read, BLOCK_MS);
	command_adds(&read, "STREAMS");
	command_add(&read, stream);
	command_add(&read, *last);
	f = redis_sync_send(r, &c->arena, &read, BLOCK_MS + BLOCK_SLACK_MS, &reply, &why);
	if (!f)
		f = reply_check(reply, &why);
	if (!f)
		f = entries_read_streams(&c->arena, reply, &entries, &count, &why);
	if (f)
		return cli_fail(c, EXIT_MISSING, "Redis: %s", why.text);
	for (size_t i = 0; i < count && !*ret_ended; i++) {
		struct message m;

		*last = entries[i].id;
		if (entry_decode(&entries[i], &m, &why))
			return cli_fail(c, EXIT_BAD, "event of the run: %s", why.text);
		show(c, shows, &m);
		*ret_ended = run_watch_is_end(&m);
	}
	return EXIT_GOOD;
}

/* An end may stand before a retry: what counts is the state (SPEC 9.19). */
static int has_ended(struct cli *c, struct redis_sync *r, struct str namespace, struct str run,
		     bool *ret)
{
	struct run_record record;
	int code = store_run(c, r, namespace, run, &record);

	if (code)
		return code;
	if (record.found == RUN_NOT_THERE)
		return cli_fail(c, EXIT_NOT_FOUND, "there is no run '%.*s' in %.*s",
				STR_ARG(run), STR_ARG(namespace));
	*ret = record.found == RUN_THERE && run_is_terminal(&record.run);
	return EXIT_GOOD;
}

int follow_run(struct cli *c, struct redis_sync *r, struct str namespace, struct str run,
	       enum follow_shows shows, int64_t timeout_ms)
{
	const struct sigaction on_int = {.sa_handler = on_interrupt};
	struct str stream = key_full(&c->arena, key_run_stream(&c->arena, namespace, run));
	struct str last = STR("0");
	int64_t until_ms = process_mono_ms() + timeout_ms;
	int code = EXIT_GOOD;

	sigaction(SIGINT, &on_int, NULL);
	for (;;) {
		bool ended = false, terminal = false;
		struct str before = last;

		code = read_some(c, r, stream, &last, shows, &ended);
		/* A finished run may have no events any more (SPEC 13.14). */
		if (!code && (ended || str_eq(before, last)))
			code = has_ended(c, r, namespace, run, &terminal);
		if (code)
			return code;
		if (terminal)
			return follow_print_end(c, r, namespace, run, shows);
		if (interrupted)
			return EXIT_INTERRUPTED;
		if (timeout_ms && process_mono_ms() >= until_ms)
			return cli_fail(c, EXIT_LATE,
					"run %.*s goes on; it was not done within the timeout",
					STR_ARG(run));
	}
}
