/*
 * Signals, also for a process with id 1 in a container (for which those without a handler have no
 * effect) and for one whose loop hangs: the second SIGTERM or SIGINT ends the process in the
 * handler itself, not in the loop. SPEC 2.4.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "process/process_inner.h"

static volatile sig_atomic_t stop_seen, stop_taken, reload_seen;
static volatile int wake_fd = -1;

static void on_signal(int number)
{
	int saved = errno;
	uint64_t one = 1;

	if (number == SIGHUP) {
		reload_seen = 1;
	} else {
		if (stop_seen)
			_exit(1);
		stop_seen = 1;
	}
	/* It cannot be full, and if it were, it would be readable already. */
	if (write(wake_fd, &one, sizeof(one)) < 0)
		errno = 0;
	errno = saved;
}

int signals_start(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	stop_seen = stop_taken = reload_seen = 0;
	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	PROMISE(wake_fd >= 0);
	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN); /* a peer that leaves is an error of write() */
	if (getpid() == 1)
		signal(SIGCHLD, SIG_IGN); /* orphans are ours to reap: the kernel does it */
	return wake_fd;
}

void signals_take(bool *ret_stop, bool *ret_reload)
{
	uint64_t count;
	sig_atomic_t stop;

	if (read(wake_fd, &count, sizeof(count)) < 0)
		count = 0; /* nothing came */
	stop = stop_seen;
	*ret_stop = stop && !stop_taken;
	stop_taken = stop;
	/* Cleared before the files are read: what comes later is a reload of its own. */
	*ret_reload = reload_seen;
	if (*ret_reload)
		reload_seen = 0;
}

void signals_end(void)
{
	signal(SIGHUP, SIG_IGN);
	close(wake_fd);
	wake_fd = -1;
}
