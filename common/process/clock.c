#include "process/clock.h"

#include <stddef.h>
#include <sys/time.h>
#include <time.h>

#include <event2/event.h>

static struct {
	struct event_base *base;
	struct timeval turn; /* libevent's time of the turn in which the two below were taken */
	int64_t now_ms, mono_ms;
} clock_state;

void clock_attach(struct event_base *base)
{
	clock_state.base = base;
	clock_state.turn = (struct timeval){0, 0};
}

static int64_t read_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* libevent notes the time once per turn, after it has waited; a new note is a new turn. Outside
 * of a turn it asks the system, which is a new note at each call. */
static void refresh(void)
{
	struct timeval turn = {0, 0};

	if (clock_state.base) {
		event_base_gettimeofday_cached(clock_state.base, &turn);
		if (turn.tv_sec == clock_state.turn.tv_sec &&
		    turn.tv_usec == clock_state.turn.tv_usec)
			return;
	}
	clock_state.turn = turn;
	clock_state.now_ms = read_ms(CLOCK_REALTIME);
	clock_state.mono_ms = read_ms(CLOCK_MONOTONIC);
}

int64_t process_now_ms(void)
{
	refresh();
	return clock_state.now_ms;
}

int64_t process_mono_ms(void)
{
	refresh();
	return clock_state.mono_ms;
}
