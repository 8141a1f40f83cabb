#include "process/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/limits.h"
#include "process/clock.h"

struct child {
	struct supervisor *owner;
	struct child *next; /* newest first */
	char *name, *log_path, **argv, **env;
	bool restart;
	bool stopping;
	pid_t pid; /* -1: not running */
	int64_t started_ms, wait_ms;
	struct event *timer; /* to start it again, or, while stopping, to kill it */
};

struct supervisor {
	struct event_base *base;
	struct event *sigchld;
	struct event *idle; /* calls done when there was nothing to stop */
	struct child *children;
	void (*report)(void *arg, const struct child_report *r);
	void *arg;
	bool stopping;
	void (*done)(void *arg);
	void *done_arg;
};

/* --- small things */

static char **copy_list(const char *const *list)
{
	size_t n = 0;
	char **copy;

	while (list[n])
		n++;
	copy = xcalloc(n + 1, sizeof(*copy));
	for (size_t i = 0; i < n; i++)
		copy[i] = xstrndup(str_of(list[i]));
	return copy;
}

static void free_list(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

static struct timeval after(int64_t ms)
{
	return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

static struct child *child_free(struct child *c)
{
	if (c->timer)
		event_free(c->timer);
	free(c->name);
	free(c->log_path);
	free_list(c->argv);
	free_list(c->env);
	free(c);
	return NULL;
}

static void tell(struct child *c, enum child_event event, pid_t pid, int status,
		 int64_t restart_ms)
{
	const struct child_report r = {
		.event = event,
		.name = str_of(c->name),
		.pid = pid,
		.status = status,
		.restart_ms = restart_ms,
	};

	if (c->owner->report)
		c->owner->report(c->owner->arg, &r);
}

/* --- starting */

/* In the child, between fork and exec: system calls only. Tells its errno through `tell_fd`, which
 * a successful exec closes. */
static _Noreturn void become(const struct child *c, pid_t parent, int tell_fd)
{
	sigset_t none;
	int fd, failed;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(1); /* it died before the line above */
	/* What we ignore or handle is no affair of the program. */
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	fd = open("/dev/null", O_RDONLY);
	if (fd >= 0)
		dup2(fd, STDIN_FILENO);
	if (c->log_path) {
		fd = open(c->log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
		if (fd < 0)
			goto failed;
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
	}
	close_range(STDERR_FILENO + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC);
	execve(c->argv[0], c->argv, c->env);
failed:
	failed = errno;
	while (write(tell_fd, &failed, sizeof(failed)) < 0 && errno == EINTR)
		;
	_exit(127);
}

static enum fail spawn(struct child *c, struct why *why)
{
	pid_t parent = getpid(), pid;
	int tell_fds[2], failed;
	ssize_t n;

	if (pipe2(tell_fds, O_CLOEXEC) != 0)
		return failf(why, FAIL_BUSY, "%s: %s", c->name, strerror(errno));
	pid = fork();
	if (pid == 0)
		become(c, parent, tell_fds[1]);
	close(tell_fds[1]);
	if (pid < 0) {
		close(tell_fds[0]);
		return failf(why, FAIL_BUSY, "%s: %s", c->name, strerror(errno));
	}
	setpgid(pid, pid); /* whoever comes first, child or parent */
	do
		n = read(tell_fds[0], &failed, sizeof(failed));
	while (n < 0 && errno == EINTR);
	close(tell_fds[0]);
	if (n == (ssize_t)sizeof(failed)) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		return failf(why, FAIL_INPUT, "%s: %s: %s", c->name, c->argv[0],
			     strerror(failed));
	}
	c->pid = pid;
	c->started_ms = process_mono_ms();
	tell(c, CHILD_STARTED, pid, 0, -1);
	return FAIL_NONE;
}

/* Waits 1 s, 2 s, 4 s, ... (SPEC 2.12) and says how long. */
static int64_t start_later(struct child *c)
{
	int64_t wait_ms = c->wait_ms ? 2 * c->wait_ms : SECOND_MS;
	struct timeval t;

	c->wait_ms = wait_ms < LIMIT_RESTART_MS ? wait_ms : LIMIT_RESTART_MS;
	t = after(c->wait_ms);
	evtimer_add(c->timer, &t);
	return c->wait_ms;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct child *c = arg;

	(void)fd;
	(void)what;
	if (c->pid > 0) {
		if (c->stopping)
			kill(c->pid, SIGKILL);
		return;
	}
	/* A program that cannot be executed now (as while it is being installed) may be later. */
	if (!c->stopping && spawn(c, NULL))
		tell(c, CHILD_DIED, -1, 0, start_later(c));
}

enum fail supervisor_start(struct supervisor *s, const struct child_plan *plan, struct why *why)
{
	struct child *c;
	enum fail f;

	PROMISE(!s->stopping);
	c = xmalloc(sizeof(*c));
	c->owner = s;
	c->pid = -1;
	c->name = xstrndup(plan->name);
	c->log_path = plan->log_path.len ? xstrndup(plan->log_path) : NULL;
	c->argv = copy_list(plan->argv);
	c->env = copy_list(plan->env);
	c->restart = plan->restart;
	c->timer = evtimer_new(s->base, on_timer, c);
	PROMISE(c->timer);
	c->next = s->children;
	s->children = c;
	f = spawn(c, why);
	if (f) {
		s->children = c->next;
		child_free(c);
	}
	return f;
}

/* --- dying */

/* When all are gone after supervisor_stop. */
static void check_done(struct supervisor *s)
{
	void (*done)(void *arg) = s->done;

	if (!s->stopping || supervisor_running(s) || !done)
		return;
	s->done = NULL;
	done(s->done_arg);
}

static void on_death(struct child *c, int status)
{
	pid_t pid = c->pid;

	c->pid = -1;
	evtimer_del(c->timer);
	if (c->stopping) {
		tell(c, CHILD_STOPPED, pid, status, -1);
		return;
	}
	if (process_mono_ms() - c->started_ms >= LIMIT_RESTART_MS)
		c->wait_ms = 0;
	tell(c, CHILD_DIED, pid, status, c->restart ? start_later(c) : -1);
}

static void on_sigchld(evutil_socket_t fd, short what, void *arg)
{
	struct supervisor *s = arg;
	int status;

	(void)fd;
	(void)what;
	/* Each by its id: other code may wait for children of its own. A report may add children,
	 * but none goes from the list. */
	for (struct child *c = s->children; c; c = c->next)
		if (c->pid > 0 && waitpid(c->pid, &status, WNOHANG) == c->pid)
			on_death(c, status);
	/* As process 1 of a container we are the parent of every orphan, too. */
	if (getpid() == 1) {
		siginfo_t info = {.si_pid = 0};

		while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
		       info.si_pid) {
			bool ours = false;

			for (struct child *c = s->children; c; c = c->next)
				ours = ours || c->pid == info.si_pid;
			if (ours)
				break; /* died just now: the next SIGCHLD is for it */
			waitpid(info.si_pid, NULL, 0);
			info.si_pid = 0;
		}
	}
	check_done(s);
}

/* --- stopping */

static void stop_child(struct child *c, int64_t deadline_ms)
{
	struct timeval t = after(deadline_ms);

	if (c->stopping)
		return;
	c->stopping = true;
	if (c->pid <= 0) {
		evtimer_del(c->timer);
		return;
	}
	kill(c->pid, SIGTERM);
	evtimer_add(c->timer, &t);
}

static void on_idle(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	check_done(arg);
}

void supervisor_stop(struct supervisor *s, int64_t deadline_ms, void (*done)(void *arg),
		     void *arg)
{
	const struct timeval now = {0, 0};

	s->stopping = true;
	s->done = done;
	s->done_arg = arg;
	for (struct child *c = s->children; c; c = c->next)
		stop_child(c, deadline_ms);
	if (!supervisor_running(s))
		evtimer_add(s->idle, &now);
}

static struct child *find(const struct supervisor *s, struct str name)
{
	for (struct child *c = s->children; c; c = c->next)
		if (str_is(name, c->name))
			return c;
	return NULL;
}

bool supervisor_stop_one(struct supervisor *s, struct str name, int64_t deadline_ms)
{
	struct child *c = find(s, name);

	if (c)
		stop_child(c, deadline_ms);
	return c;
}

pid_t supervisor_pid(const struct supervisor *s, struct str name)
{
	const struct child *c = find(s, name);

	return c ? c->pid : -1;
}

size_t supervisor_running(const struct supervisor *s)
{
	size_t n = 0;

	for (const struct child *c = s->children; c; c = c->next)
		n += c->pid > 0;
	return n;
}

struct supervisor *supervisor_new(struct event_base *base,
				  void (*report)(void *arg, const struct child_report *r),
				  void *arg)
{
	struct supervisor *s = xmalloc(sizeof(*s));

	s->base = base;
	s->report = report;
	s->arg = arg;
	s->sigchld = evsignal_new(base, SIGCHLD, on_sigchld, s);
	s->idle = evtimer_new(base, on_idle, s);
	PROMISE(s->sigchld && s->idle && event_add(s->sigchld, NULL) == 0);
	return s;
}

struct supervisor *supervisor_free(struct supervisor *s)
{
	if (!s)
		return NULL;
	event_free(s->sigchld);
	event_free(s->idle);
	for (struct child *c = s->children, *next; c; c = next) {
		next = c->next;
		if (c->pid > 0) {
			kill(c->pid, SIGKILL);
			while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
				;
		}
		child_free(c);
	}
	free(s);
	return NULL;
}
