/* The shell of a daemon, as a real process: signals, health, settings, ending. SPEC 2.3-2.5, 2.13. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/file.h"
#include "process/process.h"
#include "process/process_inner.h"

#include <cmocka.h>

enum { DEADLINE_S = 20 };

/* --- the daemon under test ---------------------------------------------------------------- */

enum behaviour {
	DRAINS_AT_ONCE,
	DRAINS_LATER, /* after 50 ms */
	NEVER_DRAINS,
	HANGS_IN_DRAIN,
	FAILS_AS_INPUT,
	FAILS_AS_BUSY,
};

static enum behaviour behaviour;
static struct condition *warm;

static enum fail daemon_start(struct process *p, void *arg, struct why *why)
{
	(void)arg;
	warm = process_condition(p, "cache");
	condition_missing(warm, STR("still\nloading"));
	metrics_counter(p->metrics, "ark_test_total", "Of the test.", NULL);
	if (behaviour == FAILS_AS_INPUT)
		return failf(why, FAIL_INPUT, "bad input");
	if (behaviour == FAILS_AS_BUSY)
		return failf(why, FAIL_BUSY, "nobody there");
	return FAIL_NONE;
}

static void drained_later(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	process_drained(arg);
}

static void daemon_drain(struct process *p, void *arg)
{
	const struct timeval later = {0, 50000};

	(void)arg;
	switch (behaviour) {
	case DRAINS_AT_ONCE: process_drained(p); break;
	case DRAINS_LATER:
		event_base_once(p->base, -1, EV_TIMEOUT, drained_later, p, &later);
		break;
	case NEVER_DRAINS: break;
	case HANGS_IN_DRAIN:
		for (;;)
			pause();
	case FAILS_AS_INPUT:
	case FAILS_AS_BUSY: break;
	}
}

static void daemon_reload(struct process *p, void *arg)
{
	(void)p;
	(void)arg;
	condition_met(warm);
	log_info("was reloaded");
}

static void daemon_stop(struct process *p, void *arg)
{
	(void)p;
	(void)arg;
	log_info("was stopped");
}

static const struct process_plan plan = {
	.name = "ark-test",
	.about = "a daemon to test.",
	.drain_ms = 300,
	.start = daemon_start,
	.drain = daemon_drain,
	.reload = daemon_reload,
	.stop = daemon_stop,
};

/* --- running it ---------------------------------------------------------------------------- */

struct run {
	pid_t pid;
	int out; /* its stdout and stderr */
	struct buf text;
	int port;
};

static struct run run_start(const char *flag1, const char *flag2)
{
	struct run r = {.text = BUF(1 << 20)};
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	fflush(stdout);
	r.pid = fork();
	if (r.pid == 0) {
		char *argv[] = {strdup("ark-test"), strdup(flag1 ? flag1 : ""),
				strdup(flag2 ? flag2 : ""), NULL};
		char parent[32];
		int code;

		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		snprintf(parent, sizeof(parent), "%d", (int)getppid());
		setenv("ARK_PARENT_PID", parent, 1); /* it ends with this test */
		code = process_main(&plan, 1 + (flag1 != NULL) + (flag2 != NULL), argv);
		fflush(stdout);
		_exit(code);
	}
	close(fds[1]);
	r.out = fds[0];
	return r;
}

/* Reads its output until `text` was in it. */
static void run_wait_text(struct run *r, const char *text)
{
	while (!strstr(buf_cstr(&r->text), text)) {
		char chunk[1000];
		ssize_t n = read(r->out, chunk, sizeof(chunk));

		if (n <= 0)
			fail_msg("no '%s' in: %s", text, buf_cstr(&r->text));
		buf_add(&r->text, str_n(chunk, (size_t)n));
	}
}

static int run_end(struct run *r)
{
	char chunk[1000];
	int status;
	ssize_t n;

	while ((n = read(r->out, chunk, sizeof(chunk))) > 0)
		buf_add(&r->text, str_n(chunk, (size_t)n));
	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	close(r->out);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static struct run run_ready(enum behaviour b)
{
	struct run r;
	const char *port;

	behaviour = b;
	r = run_start("--http-addr", "127.0.0.1:0");
	run_wait_text(&r, "\"msg\":\"started\"");
	run_wait_text(&r, "}\n");
	port = strstr(buf_cstr(&r.text), "\"port\":");
	assert_non_null(port);
	assert_int_equal(sscanf(port, "\"port\":%d", &r.port), 1);
	return r;
}

/* The whole answer to a GET. */
static struct buf get(int port, const char *path, const char *accept)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct buf out = BUF(1 << 20);
	AUTO_BUF request = BUF(1000);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char chunk[4096];
	ssize_t n;

	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	buf_addf(&request,
		 "GET %s HTTP/1.1\r\nHost: x\r\nAccept: %s\r\nConnection: close\r\n\r\n", path,
		 accept);
	assert_int_equal(write(fd, request.ptr, request.len), request.len);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(&out, str_n(chunk, (size_t)n));
	close(fd);
	return out;
}

static void assert_answer(int port, const char *path, const char *start, const char *end)
{
	struct buf answer = get(port, path, "*/*");

	if (!str_starts(buf_str(&answer), str_of(start)) ||
	    !str_ends(buf_str(&answer), str_of(end)))
		fail_msg("%s: %s", path, buf_cstr(&answer));
	buf_release(&answer);
}

static void assert_text(const struct run *r, const char *text)
{
	if (!strstr(buf_cstr(&r->text), text))
		fail_msg("no '%s' in: %s", text, buf_cstr(&r->text));
}

/* --- tests --------------------------------------------------------------------------------- */

static void the_first_signal_drains(void **state)
{
	static const int signals[] = {SIGTERM, SIGINT};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct run r = run_ready(i ? DRAINS_AT_ONCE : DRAINS_LATER);

		kill(r.pid, signals[i]);
		assert_int_equal(run_end(&r), 0);
		assert_text(&r, "\"msg\":\"draining\"");
		assert_text(&r, "\"msg\":\"was stopped\"");
		buf_release(&r.text);
	}
}

static void the_second_signal_ends_at_once(void **state)
{
	struct run r = run_ready(HANGS_IN_DRAIN);

	(void)state;
	kill(r.pid, SIGTERM);
	run_wait_text(&r, "draining");
	kill(r.pid, SIGINT);
	assert_int_equal(run_end(&r), 1);
	buf_release(&r.text);
}

static void draining_has_a_deadline(void **state)
{
	struct run r = run_ready(NEVER_DRAINS);

	(void)state;
	kill(r.pid, SIGTERM);
	run_wait_text(&r, "draining");
	assert_answer(r.port, "/healthz", "HTTP/1.1 200 ", "\r\n\r\nok");
	assert_answer(r.port, "/readyz", "HTTP/1.1 503 ",
		      "\r\n\r\ndraining; cache: still loading");
	assert_int_equal(run_end(&r), 0);
	assert_text(&r, "drain took too long");
	buf_release(&r.text);
}

static void health_readiness_and_metrics_are_served(void **state)
{
	struct run r = run_ready(DRAINS_AT_ONCE);
	struct buf text;

	(void)state;
	assert_answer(r.port, "/healthz", "HTTP/1.1 200 ", "\r\n\r\nok");
	assert_answer(r.port, "/readyz", "HTTP/1.1 503 ", "\r\n\r\ncache: still loading");
	assert_answer(r.port, "/nothing", "HTTP/1.1 404 ", "");
	kill(r.pid, SIGHUP);
	run_wait_text(&r, "was reloaded");
	assert_answer(r.port, "/readyz", "HTTP/1.1 200 ", "\r\n\r\nok");
	text = get(r.port, "/metrics", "text/plain");
	assert_non_null(strstr(buf_cstr(&text),
			       "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
	assert_non_null(strstr(buf_cstr(&text), "\nark_test_total 0\n"));
	assert_non_null(strstr(buf_cstr(&text), "process=\"ark-test\""));
	buf_release(&text);
	text = get(r.port, "/metrics", "application/openmetrics-text;version=1.0.0");
	assert_true(str_ends(buf_str(&text), STR("# EOF\n")));
	buf_release(&text);
	kill(r.pid, SIGTERM);
	assert_int_equal(run_end(&r), 0);
	buf_release(&r.text);
}

static int exit_code_of(const char *flag1, const char *flag2, struct run *ret)
{
	*ret = run_start(flag1, flag2);
	return run_end(ret);
}

static void health_asks_the_running_process(void **state)
{
	struct run r = run_ready(DRAINS_AT_ONCE), asked;
	char flag[64];

	(void)state;
	snprintf(flag, sizeof(flag), "--http-addr=127.0.0.1:%d", r.port);
	assert_int_equal(exit_code_of("--health", flag, &asked), 0);
	buf_release(&asked.text);
	kill(r.pid, SIGTERM);
	assert_int_equal(run_end(&r), 0);
	assert_int_equal(exit_code_of("--health", flag, &asked), 1);
	buf_release(&asked.text);
	assert_int_equal(exit_code_of("--health", "--http-addr=", &asked), 1);
	buf_release(&asked.text);
	buf_release(&r.text);
}

static void flags_that_do_not_run(void **state)
{
	static const struct {
		const char *flag1, *flag2;
		int code;
		const char *text;
	} cases[] = {
		{"--check", NULL, 0, ""},
		{"--check", "--mode=here", 2,
		 "ark-test: --mode: 'here' is not one of cluster, local\n"},
		{"--mode=here", NULL, 2, "\"error\":\"--mode: 'here' is not one of"},
		{"--http-adr", "x", 2, "did you mean --http-addr?"},
		{"--version", NULL, 0, "ark-test " ARK_VERSION "\n"},
		{"--help", "--mode=here", 0, "Usage: ark-test "},
		{"--reference", NULL, 0, "| `ARK_REDIS_URL`"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run r;

		assert_int_equal(exit_code_of(cases[i].flag1, cases[i].flag2, &r),
				 cases[i].code);
		assert_text(&r, cases[i].text);
		buf_release(&r.text);
	}
}

static void a_failed_start_says_why(void **state)
{
	struct run r;

	(void)state;
	behaviour = FAILS_AS_INPUT;
	assert_int_equal(exit_code_of("--http-addr", "", &r), 2);
	assert_text(&r, "\"msg\":\"cannot start\",\"error\":\"bad input\"");
	assert_text(&r, "was stopped");
	buf_release(&r.text);
	behaviour = FAILS_AS_BUSY;
	assert_int_equal(exit_code_of("--http-addr", "", &r), 1);
	buf_release(&r.text);
}

/* A process whose id the daemon follows. Direct: it is also the daemon's parent. */
static void ends_with_its_parent(bool direct)
{
	struct run r = {.text = BUF(1 << 20)};
	int fds[2], out[2];
	char byte, text[32];
	pid_t parent;

	behaviour = DRAINS_AT_ONCE;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(pipe(out), 0);
	fflush(stdout);
	parent = fork();
	if (parent == 0) {
		snprintf(text, sizeof(text), "%d", (int)getpid());
		setenv("ARK_PARENT_PID", text, 1);
		dup2(out[1], STDERR_FILENO);
		close(out[0]);
		close(out[1]);
		if (fork() == 0) {
			char *argv[] = {strdup("ark-test"), strdup("--http-addr="), NULL};

			if (direct || fork() == 0)
				_exit(process_main(&plan, 2, argv));
			_exit(0);
		}
		for (;;)
			pause();
	}
	close(out[1]);
	r.out = out[0];
	run_wait_text(&r, "\"msg\":\"started\"");
	assert_int_equal(kill(parent, SIGKILL), 0);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	run_wait_text(&r, "\"msg\":\"stopped\"");
	while (read(r.out, &byte, 1) > 0)
		; /* its end closes the pipe */
	close(r.out);
	close(fds[0]);
	close(fds[1]);
	buf_release(&r.text);
}

static void ends_with_a_direct_parent(void **state)
{
	(void)state;
	ends_with_its_parent(true);
}

static void ends_with_a_far_parent(void **state)
{
	(void)state;
	ends_with_its_parent(false);
}

static void changed_files_are_noticed(void **state)
{
	struct process_inner inner = {.plan = &plan};
	struct process p = {.name = "ark-test", .inner = &inner};
	char path[] = "/tmp/ark-test-process-XXXXXX", link[64], target[64];
	struct why why;
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	snprintf(link, sizeof(link), "%s.link", path);
	snprintf(target, sizeof(target), "%s.new", path);
	assert_int_equal(symlink(path, link), 0);
	log_to(-1);
	process_watch_file(&p, str_of(link));
	process_watch_file(&p, str_of(link));
	assert_null(inner.files->next);
	assert_false(files_changed(&p));
	/* same length, another file: as Kubernetes does it, behind the link */
	assert_int_equal(file_replace(str_of(target), STR(""), 0600, &why), 0);
	unlink(link);
	assert_false(files_changed(&p)); /* gone is not changed */
	assert_int_equal(symlink(target, link), 0);
	assert_true(files_changed(&p));
	assert_false(files_changed(&p));
	assert_int_equal(file_replace(str_of(target), STR("x"), 0600, &why), 0);
	assert_true(files_changed(&p));
	files_free(&p);
	log_to(STDERR_FILENO);
	unlink(link);
	unlink(target);
	unlink(path);
}

static int64_t seen_ms[3];

static void note_time(evutil_socket_t fd, short what, void *arg)
{
	int64_t *ms = arg;
	int64_t first = process_mono_ms(), start = first;

	(void)fd;
	(void)what;
	/* until the system's clock has moved on: the turn's has not */
	while (first - start < 5) {
		struct timespec t;

		clock_gettime(CLOCK_MONOTONIC, &t);
		first = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
	}
	*ms = process_mono_ms();
	assert_int_equal(*ms, start);
}

static void a_turn_has_one_time(void **state)
{
	struct event_base *base = event_base_new();
	const struct timeval now = {0, 0}, later = {0, 30000};

	(void)state;
	clock_attach(base);
	event_base_once(base, -1, EV_TIMEOUT, note_time, &seen_ms[0], &now);
	event_base_once(base, -1, EV_TIMEOUT, note_time, &seen_ms[1], &now);
	event_base_once(base, -1, EV_TIMEOUT, note_time, &seen_ms[2], &later);
	event_base_dispatch(base);
	assert_int_equal(seen_ms[0], seen_ms[1]);
	assert_true(seen_ms[2] > seen_ms[0]);
	assert_true(process_mono_ms() > seen_ms[2]);
	assert_true(llabs((long long)process_now_ms() - (long long)time(NULL) * 1000) < 2000);
	clock_attach(NULL);
	event_base_free(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_signal_drains),
		cmocka_unit_test(the_second_signal_ends_at_once),
		cmocka_unit_test(draining_has_a_deadline),
		cmocka_unit_test(health_readiness_and_metrics_are_served),
		cmocka_unit_test(health_asks_the_running_process),
		cmocka_unit_test(flags_that_do_not_run),
		cmocka_unit_test(a_failed_start_says_why),
		cmocka_unit_test(ends_with_a_direct_parent),
		cmocka_unit_test(ends_with_a_far_parent),
		cmocka_unit_test(changed_files_are_noticed),
		cmocka_unit_test(a_turn_has_one_time),
	};

	alarm(DEADLINE_S); /* whatever waits for ever ends here */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
