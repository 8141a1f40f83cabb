/* Children: start, log, die, start again, stop; and none outlives its supervisor. SPEC 2.12. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/file.h"
#include "process/clock.h"
#include "process/supervise.h"

#include <cmocka.h>

enum { DEADLINE_MS = 15000 };

static struct event_base *base;
static struct supervisor *supervisor;
static struct child_report reports[32];
static size_t report_count;
static bool done;

static void note(void *arg, const struct child_report *r)
{
	(void)arg;
	assert_true(report_count < 32);
	reports[report_count++] = *r;
}

static void note_done(void *arg)
{
	*(bool *)arg = true;
}

static int setup(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	base = event_base_new();
	supervisor = supervisor_new(base, note, NULL);
	report_count = 0;
	done = false;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	supervisor_free(supervisor);
	event_base_free(base);
	return 0;
}

/* Turns the loop until `count` reports came (or stopping is done, when count is 0). */
static void turn_until(size_t count)
{
	const struct timeval step = {0, 20000};
	int64_t end = process_mono_ms() + DEADLINE_MS;

	while (count ? report_count < count : !done) {
		assert_true(process_mono_ms() < end);
		event_base_loopexit(base, &step);
		event_base_dispatch(base);
	}
}

static const char *const no_env[] = {"LANG=C", NULL};

static enum fail start(const char *script, const char *log_path, bool restart, struct why *why)
{
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};
	const struct child_plan plan = {
		.name = STR("child"),
		.argv = argv,
		.env = no_env,
		.log_path = str_of(log_path),
		.restart = restart,
	};

	return supervisor_start(supervisor, &plan, why);
}

static void output_goes_to_its_file(void **state)
{
	char path[] = "/tmp/ark-test-supervise-XXXXXX";
	int fd = mkstemp(path);
	AUTO_BUF text = BUF(1000);
	struct why why;

	(void)state;
	/* The last eight digits are signals 1 to 32; 32 and more libc keeps for itself. */
	assert_int_equal(start("echo out; echo err >&2; echo $LANG; sed -n "
			       "'s/^SigIgn:.*\\([0-9a-f]\\{8\\}\\)$/\\1/; s/^[8-f]/0/; "
			       "/^[0-9a-f]\\{8\\}$/p' /proc/self/status; exit 3",
			       path, false, &why),
			 0);
	turn_until(2);
	assert_int_equal(reports[0].event, CHILD_STARTED);
	assert_int_equal(reports[1].event, CHILD_DIED);
	assert_int_equal(WEXITSTATUS(reports[1].status), 3);
	assert_int_equal(reports[1].restart_ms, -1);
	assert_int_equal(file_read(str_of(path), &text, &why), 0);
	/* what we ignore the child does not */
	assert_string_equal(buf_cstr(&text), "out\nerr\nC\n00000000\n");
	close(fd);
	unlink(path);
}

static void what_dies_is_started_again(void **state)
{
	struct why why;

	(void)state;
	assert_int_equal(start("exit 1", "/dev/null", true, &why), 0);
	turn_until(4);
	assert_int_equal(reports[1].event, CHILD_DIED);
	assert_int_equal(reports[1].restart_ms, 1000);
	assert_int_equal(reports[2].event, CHILD_STARTED);
	assert_int_not_equal(reports[2].pid, reports[0].pid);
	assert_int_equal(reports[3].event, CHILD_DIED);
	assert_int_equal(reports[3].restart_ms, 2000);
	assert_int_equal(supervisor_pid(supervisor, STR("child")), -1);
	/* what waits to be started again has stopped already */
	supervisor_stop(supervisor, 1000, note_done, &done);
	assert_false(done);
	turn_until(0);
	assert_int_equal(report_count, 4);
}

static void a_killed_child_is_started_again(void **state)
{
	struct why why;

	(void)state;
	assert_int_equal(start("exec sleep 100", "", true, &why), 0);
	assert_int_equal(kill(supervisor_pid(supervisor, STR("child")), SIGKILL), 0);
	turn_until(3);
	assert_true(WIFSIGNALED(reports[1].status));
	assert_int_equal(supervisor_running(supervisor), 1);
}

static void stopping_is_gentle_then_not(void **state)
{
	struct why why;
	char byte;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	/* The child says on its stdout that it ignores SIGTERM from now on. */
	fflush(stdout);
	int saved = dup(STDOUT_FILENO);
	dup2(fds[1], STDOUT_FILENO);
	assert_int_equal(start("exec sleep 100", "/dev/null", true, &why), 0);
	assert_int_equal(start("trap '' TERM; echo x; exec sleep 100", "", true, &why), 0);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_int_equal(supervisor_running(supervisor), 2);

	supervisor_stop(supervisor, 100, note_done, &done);
	turn_until(0);
	assert_int_equal(supervisor_running(supervisor), 0);
	assert_int_equal(report_count, 4);
	assert_int_equal(reports[2].event, CHILD_STOPPED);
	assert_int_equal(WTERMSIG(reports[2].status), SIGTERM);
	assert_int_equal(reports[3].event, CHILD_STOPPED);
	assert_int_equal(WTERMSIG(reports[3].status), SIGKILL);
	close(fds[0]);
	close(fds[1]);
}

static void one_can_be_stopped(void **state)
{
	struct why why;

	(void)state;
	assert_int_equal(start("exec sleep 100", "/dev/null", true, &why), 0);
	assert_true(supervisor_stop_one(supervisor, STR("child"), 5000));
	assert_false(supervisor_stop_one(supervisor, STR("nobody"), 5000));
	turn_until(2);
	assert_int_equal(reports[1].event, CHILD_STOPPED);
	assert_int_equal(reports[1].restart_ms, -1);
}

static void a_missing_program_is_named(void **state)
{
	const char *const argv[] = {"/nonexistent/program", NULL};
	const struct child_plan plan = {.name = STR("x"), .argv = argv, .env = no_env};
	struct why why;

	(void)state;
	assert_int_equal(supervisor_start(supervisor, &plan, &why), FAIL_INPUT);
	assert_string_equal(why.text, "x: /nonexistent/program: No such file or directory");
	assert_int_equal(supervisor_running(supervisor), 0);
	assert_int_equal(start("exit 0", "/nonexistent/log", false, &why), FAIL_INPUT);
}

static void each_has_its_own_process_group(void **state)
{
	struct why why;
	pid_t pid;

	(void)state;
	assert_int_equal(start("exec sleep 100", "/dev/null", false, &why), 0);
	pid = supervisor_pid(supervisor, STR("child"));
	assert_int_equal(getpgid(pid), pid);
}

/* The child holds the writing end of a pipe as its stdout: when we read the end of the pipe, both
 * the supervisor and its child are gone. */
static void none_outlives_its_supervisor(void **state)
{
	char byte;
	pid_t pid;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct why why;

		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		if (start("echo x; exec sleep 100", "", true, &why))
			_exit(1);
		for (;;)
			pause();
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_int_equal(read(fds[0], &byte, 1), 1); /* the newline */
	assert_int_equal(kill(pid, SIGKILL), 0);
	alarm(DEADLINE_MS / 1000); /* instead of waiting for ever */
	assert_int_equal(read(fds[0], &byte, 1), 0);
	alarm(0);
	waitpid(pid, NULL, 0);
	close(fds[0]);
}

#define SUPERVISED(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUPERVISED(output_goes_to_its_file),
		SUPERVISED(what_dies_is_started_again),
		SUPERVISED(a_killed_child_is_started_again),
		SUPERVISED(stopping_is_gentle_then_not),
		SUPERVISED(one_can_be_stopped),
		SUPERVISED(a_missing_program_is_named),
		SUPERVISED(each_has_its_own_process_group),
		SUPERVISED(none_outlives_its_supervisor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
