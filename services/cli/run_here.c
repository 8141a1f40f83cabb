#include "cli/run_here.h"

#include <ftw.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/file.h"
#include "base/hash.h"
#include "cli/out.h"
#include "cli/redis_at.h"
#include "cli/run_report.h"
#include "cli/run_watch.h"
#include "cli/store.h"
#include "cli/suite.h"
#include "process/clock.h"
#include "runs/run_admit.h"
#include "stream/entry.h"
#include "stream/keys.h"

enum {
	TOKEN_BYTES = 16,
	BLOCK_MS = 5000,
	BLOCK_SLACK_MS = 10000,
	OPEN_FILES = 16, /* of nftw */
};

#define RUN_NAME "local" /* SPEC 21.24 */

/*
 * The steps: the suite starts; the watcher has told every object that a run may need; the run is
 * admitted; its stream is read to its end; what it left is printed; all stops.
 */
struct here {
	const struct run_here *plan;
	struct cli *cli;
	struct arena turn; /* of one answer */
	struct event_base *base;
	struct suite *suite;
	struct redis_url url;
	struct redis *commands, *reads;
	struct str dir;
	struct str stream; /* that is read, without prefix */
	struct str last;   /* id of the last entry that was read */
	char last_text[64];
	bool admitted;
	size_t told, wanted; /* agents and teams that the watcher has told, of all */
	struct event *deadline;
	int code;
	int signals;
	bool stopping;
};

/* --- the end ---------------------------------------------------------------------------------- */

static void on_stopped(void *arg)
{
	struct here *h = arg;

	event_base_loopbreak(h->base);
}

static void stop(struct here *h, int code)
{
	if (h->stopping)
		return;
	h->stopping = true;
	h->code = code;
	redis_free(h->commands);
	redis_free(h->reads);
	h->commands = h->reads = NULL;
	suite_stop(h->suite, on_stopped, h);
}

static void give_up(struct here *h, int code, const struct why *why)
{
	if (h->stopping)
		return;
	cli_fail(h->cli, code, "%s", why->text);
	stop(h, code);
}

static int read_texts(struct here *h, struct redis_sync *r, const struct run *run,
		      struct run_texts *ret)
{
	struct str *steps = ARENA_ARRAY(&h->cli->arena, run->step_count, struct str);
	int code = store_text(h->cli, r, &run->output, &ret->output, NULL);

	for (size_t i = 0; !code && i < run->step_count; i++)
		code = store_text(h->cli, r, &run->steps[i].output, &steps[i], NULL);
	ret->steps = steps;
	return code;
}

static void print_text(struct here *h, const struct run *run, struct str output)
{
	if (run->phase == RUN_SUCCEEDED) {
		if (h->plan->watch)
			out_text(STR("Output:\n"));
		out_line(output);
	} else {
		cli_fail(h->cli, EXIT_BAD, "%.*s%s%.*s", STR_ARG(run->reason),
			 run->message.len ? ": " : "", STR_ARG(run->message));
	}
}

/* The whole run is in Redis now: an answer is printed from there, in full. */
static int print_run(struct here *h)
{
	const struct redis_options options = {.url = &h->url, .name = STR("ark-run")};
	struct redis_sync *r = redis_sync_new(&options);
	struct run_record record;
	struct run_texts texts = {.steps = NULL};
	struct value report;
	int code = store_run(h->cli, r, h->plan->target->namespace, STR(RUN_NAME), &record);

	if (!code && record.found == RUN_NOT_THERE)
		code = cli_fail(h->cli, EXIT_BAD, "the run is gone");
	if (!code)
		code = read_texts(h, r, &record.run, &texts);
	redis_sync_free(r);
	if (code)
		return code;
	if (h->cli->common.output == OUTPUT_TEXT) {
		print_text(h, &record.run, texts.output);
	} else {
		report = run_report(&h->cli->arena, &record.run, &texts);
		out_value(h->cli, &report);
	}
	return record.run.phase == RUN_SUCCEEDED ? EXIT_GOOD : EXIT_BAD;
}

/* --- reading streams -------------------------------------------------------------------------- */

static void read_on(struct here *h);

static void on_run_entry(struct here *h, const struct message *m)
{
	AUTO_BUF text = BUF(OUT_MAX_BYTES);

	if (h->plan->watch && h->cli->common.output == OUTPUT_TEXT) {
		run_watch_add(&text, m);
		out_text(buf_str(&text));
		fflush(stdout);
	}
	if (run_watch_is_end(m))
		stop(h, print_run(h));
}

static void admit(struct here *h);

static void on_object_entry(struct here *h, const struct message *m)
{
	if (m->type != MSG_OBJECT_CHANGED ||
	    (!str_is(m->kind, kind_name(KIND_AGENT)) && !str_is(m->kind, kind_name(KIND_TEAM))))
		return;
	h->told++;
	admit(h);
}

static void on_entries(void *arg, const struct reply *reply)
{
	struct here *h = arg;
	struct entry *entries;
	size_t count;
	struct why why;
	enum fail f = reply_check(reply, &why);
	struct str stream = h->stream;

	arena_reset(&h->turn);
	if (!f)
		f = entries_read_streams(&h->turn, reply, &entries, &count, &why);
	for (size_t i = 0; !f && i < count && !h->stopping; i++) {
		struct message m;

		PROMISE(entries[i].id.len < sizeof(h->last_text));
		memcpy(h->last_text, entries[i].id.ptr, entries[i].id.len);
		h->last = str_n(h->last_text, entries[i].id.len);
		f = entry_decode(&entries[i], &m, &why);
		if (f)
			break;
		if (str_is(stream, STREAM_OBJECTS))
			on_object_entry(h, &m);
		else
			on_run_entry(h, &m);
		if (!str_eq(stream, h->stream))
			break; /* the run is admitted: what else is told does not matter */
	}
	if (f)
		give_up(h, EXIT_BAD, &why);
	else if (!h->stopping)
		read_on(h);
}

static void read_on(struct here *h)
{
	struct command c = command_begin(&h->turn, "XREAD");

	command_adds(&c, "BLOCK");
	command_addi(&c, BLOCK_MS);
	command_adds(&c, "STREAMS");
	command_add(&c, key_full(&h->turn, h->stream));
	command_add(&c, h->last);
	redis_call_deadline(h->reads, c.argv, c.argc, BLOCK_MS + BLOCK_SLACK_MS, on_entries, h);
}

static void read_stream(struct here *h, struct str stream)
{
	h->stream = stream;
	h->last = STR("0");
}

/* --- admission -------------------------------------------------------------------------------- */

static void on_admitted(void *arg, const struct commit_result *r)
{
	struct here *h = arg;
	struct why why;

	if (r->verdict == COMMITTED)
		return;
	why_write(&why, "the run was not accepted (%d) %s", (int)r->verdict,
		  r->verdict >= COMMIT_UNKNOWN ? r->why.text : "");
	give_up(h, EXIT_BAD, &why);
}

/* Once, when every agent and team was told. */
static void admit(struct here *h)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct object *target = h->plan->target;
	unsigned char random[TOKEN_BYTES];
	char token[2 * TOKEN_BYTES + 1];
	struct run_admission run = {
		.namespace = target->namespace,
		.name = STR(RUN_NAME),
		.team = target->kind == KIND_TEAM ? target->name : STR(""),
		.agent = target->kind == KIND_AGENT ? target->name : STR(""),
		.input = h->plan->input,
		.prompt = h->plan->prompt,
		.by = STR("cli"),
		.now_ms = process_now_ms(),
		.stream_tokens = h->plan->watch, /* SPEC 13.16 */
	};
	struct commit c;

	if (h->admitted || h->told < h->wanted)
		return;
	h->admitted = true;
	random_bytes(random, sizeof(random));
	hex_text(str_n((const char *)random, sizeof(random)), token);
	run.token = str_of(token);
	commit_begin(&c, &a, ADMIT, NULL);
	run_admit(&c, &run, 1, 0);
	commit_send(&c, h->commands, on_admitted, h);
	read_stream(h, key_run_stream(&h->cli->arena, target->namespace, STR(RUN_NAME)));
}

/* --- connections ------------------------------------------------------------------------------ */

static void on_lost(void *arg, const struct why *why)
{
	give_up(arg, EXIT_MISSING, why);
}

static struct redis *dial(struct here *h,
			  void (*up)(void *arg, const struct redis_server *server))
{
	const struct redis_options options = {.url = &h->url, .name = STR("ark-run")};
	struct redis *r = redis_new(h->base, &options);

	redis_on_state(r, up, on_lost, h);
	return r;
}

static void on_reads_up(void *arg, const struct redis_server *server)
{
	struct here *h = arg;

	(void)server;
	read_stream(h, STR(STREAM_OBJECTS));
	read_on(h);
}

/* Reading begins when the run can be asked for: what is read then leads to that at once. */
static void on_commands_up(void *arg, const struct redis_server *server)
{
	struct here *h = arg;

	(void)server;
	h->reads = dial(h, on_reads_up);
}

static void on_started(void *arg)
{
	struct here *h = arg;
	struct why why;

	if (redis_url_parse(&h->cli->arena, suite_redis_url(h->suite), &h->url, &why))
		give_up(h, EXIT_MISSING, &why);
	else
		h->commands = dial(h, on_commands_up);
}

static void on_failed(void *arg, int code, const struct why *why)
{
	give_up(arg, code, why);
}

/* --- signals and time ------------------------------------------------------------------------- */

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	struct here *h = arg;

	(void)number;
	(void)what;
	if (h->signals++)
		event_base_loopbreak(h->base);
	else
		stop(h, EXIT_INTERRUPTED);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct here *h = arg;
	struct why why;

	(void)fd;
	(void)what;
	why_write(&why, "timed out after %lld ms", (long long)h->plan->timeout_ms);
	give_up(h, EXIT_LATE, &why);
}

/* --- the folder ------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

static enum fail make_folder(struct here *h, struct str *ret_objects, struct why *why)
{
	char dir[] = "/tmp/ark-run-XXXXXX";
	AUTO_BUF text = BUF(FILES_MAX_BYTES);

	if (!mkdtemp(dir))
		return failf(why, FAIL_BUSY, "%s: %s", dir, strerror(errno));
	h->dir = arena_str(&h->cli->arena, str_of(dir));
	run_copy_add(h->plan->files, &text);
	if (text.full)
		return failf(why, FAIL_BUSY, "the files are too large");
	*ret_objects = arena_printf(&h->cli->arena, "%s/objects.yaml", dir);
	return file_replace(*ret_objects, buf_str(&text), 0600, why);
}

/* --- all of it -------------------------------------------------------------------------------- */

static size_t count_wanted(const struct manifest *all)
{
	size_t n = 0;

	for (size_t i = 0; i < all->count; i++)
		n += all->objects[i].kind == KIND_AGENT || all->objects[i].kind == KIND_TEAM;
	return n;
}

static struct event *signal_event(struct here *h, int number)
{
	struct event *e = evsignal_new(h->base, number, on_signal, h);

	PROMISE(e && event_add(e, NULL) == 0);
	return e;
}

static int loop(struct here *h, const struct suite_plan *plan)
{
	const struct timeval t = {.tv_sec = h->plan->timeout_ms / 1000,
				  .tv_usec = h->plan->timeout_ms % 1000 * 1000};
	struct event *interrupt, *terminate, *deadline;
	struct why why;

	h->base = event_base_new();
	PROMISE(h->base);
	if (suite_new(h->base, &h->cli->arena, plan, &h->suite, &why)) {
		event_base_free(h->base);
		return cli_fail(h->cli, EXIT_MISSING, "%s", why.text);
	}
	interrupt = signal_event(h, SIGINT);
	terminate = signal_event(h, SIGTERM);
	deadline = evtimer_new(h->base, on_deadline, h);
	PROMISE(deadline);
	if (h->plan->timeout_ms)
		event_add(deadline, &t);
	event_base_dispatch(h->base);
	redis_free(h->commands);
	redis_free(h->reads);
	suite_free(h->suite);
	event_free(interrupt);
	event_free(terminate);
	event_free(deadline);
	event_base_free(h->base);
	return h->code;
}

int run_here(const struct run_here *plan)
{
	struct here h = {.plan = plan, .cli = plan->cli, .wanted = count_wanted(plan->all)};
	struct suite_plan suite = {
		.temporary = true,
		.env = plan->env,
		.quiet = !plan->cli->common.verbose,
		.started = on_started,
		.failed = on_failed,
		.arg = &h,
	};
	struct why why;
	int code;

	if (make_folder(&h, &suite.objects, &why)) {
		code = cli_fail(plan->cli, EXIT_MISSING, "%s", why.text);
	} else {
		suite.dir = h.dir;
		code = loop(&h, &suite);
	}
	if (h.dir.len)
		nftw(h.dir.ptr, remove_one, OPEN_FILES, FTW_DEPTH | FTW_PHYS);
	arena_release(&h.turn);
	return code;
}
