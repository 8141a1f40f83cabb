/*
 * One time for each turn of the loop: all callbacks of a turn see the same now.
 *
 * Outside of a turn, and before clock_attach, each call asks the system.
 */
#ifndef ARK_PROCESS_CLOCK_H
#define ARK_PROCESS_CLOCK_H

#include <stdint.h>

struct event_base;

void clock_attach(struct event_base *base); /* NULL detaches */
/* Milliseconds since 1970 in UTC: for what people see and what is stored. May step. */
int64_t process_now_ms(void);
/* Milliseconds since some moment: for how long things took. Never steps back. */
int64_t process_mono_ms(void);

#endif
