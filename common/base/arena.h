/*
 * Memory of one batch: many small allocations, one release.
 *
 * Everything that comes from an arena lives until arena_reset or arena_release. Memory is
 * zeroed and aligned for any type. An arena keeps its largest block over a reset, so a loop
 * that resets it once per turn allocates nothing in the steady state. When memory is out the
 * process ends (STYLE: the restart loses nothing).
 */
#ifndef ARK_BASE_ARENA_H
#define ARK_BASE_ARENA_H

#include "base/fail.h"
#include "base/str.h"

struct arena_block;
struct arena {
	struct arena_block *block; /* newest first */
	size_t used; /* bytes given out since the last reset: what limits are checked against */
};

#define ARENA_INIT ((struct arena){0})
#define AUTO_ARENA __attribute__((cleanup(arena_release))) struct arena

/* Frees everything. Fine on a zeroed or released arena; the arena is usable again. */
void arena_release(struct arena *a);
/* Forgets everything and keeps one block for the next turn. */
void arena_reset(struct arena *a);

/* A point to go back to: arena_rewind forgets what came from the arena after the mark was taken.
 * Marks nest: go back to the newest first, and to none from before a reset. */
struct arena_mark {
	struct arena_block *block;
	size_t block_used, used;
};
struct arena_mark arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark mark);

void *arena_alloc(struct arena *a, size_t size);
/* count * size bytes; an overflow is a broken promise. */
void *arena_array(struct arena *a, size_t count, size_t size);
#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, count, type) ((type *)arena_array((a), (count), sizeof(type)))

/* A copy in the arena; a NUL stands after it, outside its length. */
struct str arena_str(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
struct str arena_i64(struct arena *a, int64_t v);
/* All parts, one behind the other, NULs in them too: ARENA_JOIN(a, STR("run:"), namespace, STR("."), run). */
struct str arena_join(struct arena *a, const struct str *parts, size_t count);
#define ARENA_JOIN(a, ...)                                                                     \
	arena_join((a), (const struct str[]){__VA_ARGS__},                                     \
		   sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))

/* A growing array in an arena: ensures room for one more element of size bytes; returns the
 * (moved) array. items is the number in use, *cap the room; the old array stays behind in the
 * arena. */
void *arena_grow(struct arena *a, void *array, size_t items, size_t *cap, size_t size);

#endif
