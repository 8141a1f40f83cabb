/* The function library (library.lua) in a server: the programs carry its text and load it. */
#ifndef ARK_STREAM_LIBRARY_H
#define ARK_STREAM_LIBRARY_H

#include "redis/redis.h"

/* Its text, made from library.lua by the Makefile. */
extern const char library_lua[];

/* Loads the library unless the server has it. fn gets FAIL_NONE when it is there now. Only the
 * control plane may do this (SPEC 2.11); workers wait until it has. */
void library_load(struct redis *r, void (*fn)(void *arg, enum fail f, const struct why *why),
		  void *arg);

/* Makes stream and group, from the beginning of the stream, unless they are there; then it makes
 * sure that Redis knows how much the group has read. fn may be NULL. */
void group_make(struct redis *r, struct str stream, struct str group,
		void (*fn)(void *arg, enum fail f, const struct why *why), void *arg);

#endif
