/*
 * A small world of objects for tests of what is made of them: with cmocka, whose order of includes
 * matters, and short makers.
 */
#ifndef ARK_TESTS_WORKERS_WORLD_H
#define ARK_TESTS_WORKERS_WORLD_H

/* Before cmocka, whose macro fail() would stand in the way of functions that return enum fail. */
#include "base/json.h"
#include "workers/variables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define assert_str(got, want) assert_str_at((got), (want), __FILE__, __LINE__)
static inline void assert_str_at(struct str got, const char *want, const char *file, int line)
{
	if (str_is(got, want))
		return;
	print_error("got:  %.*s\nwant: %s\n", STR_ARG(got), want);
	_fail(file, line);
}

#define must(f, why) must_at((f), (why), __FILE__, __LINE__)
static inline void must_at(enum fail f, const struct why *why, const char *file, int line)
{
	if (!f)
		return;
	print_error("failed: %s\n", why->text);
	_fail(file, line);
}

struct world {
	struct arena arena;
	struct object objects[8];
	size_t count;
};

static inline void add(struct world *w, const char *json)
{
	struct value *v = ARENA_NEW(&w->arena, struct value);
	struct why why;

	must(json_parse(&w->arena, str_of(json), JSON_STRICT, JSON_MAX_DEPTH, v, &why), &why);
	must(object_load(v, &w->objects[w->count++], &why), &why);
}

static inline const struct object *find(void *arg, enum kind kind, struct str namespace,
					struct str name)
{
	struct world *w = arg;

	for (size_t i = 0; i < w->count; i++)
		if (w->objects[i].kind == kind && str_eq(w->objects[i].name, name) &&
		    str_eq(w->objects[i].namespace, namespace))
			return &w->objects[i];
	return NULL;
}

static inline void each(void *arg, enum kind kind, struct str namespace,
			void (*fn)(void *arg, const struct object *o), void *fn_arg)
{
	struct world *w = arg;

	for (size_t i = 0; i < w->count; i++)
		if (w->objects[i].kind == kind && str_eq(w->objects[i].namespace, namespace))
			fn(fn_arg, &w->objects[i]);
}

/* Sealed with a key that is easy to remember. */
static inline bool open_secret(void *arg, struct arena *a, const struct object *secret,
			       struct str key, struct str *ret)
{
	const struct value *v = value_get(value_get(secret->value, STR("sealed")), key);

	(void)arg;
	if (!value_is(v, VALUE_STR) || !str_starts(value_text(v), STR("sealed:")))
		return false;
	*ret = arena_str(a, str_from(value_text(v), 7));
	return true;
}

#define SECRET(name, sealed)                                                                   \
	"{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"" name            \
	"\"},\"sealed\":" sealed "}"
#define ARK(kind, name, spec)                                                                  \
	"{\"apiVersion\":\"arkonis.dev/v1alpha1\",\"kind\":\"" kind                            \
	"\",\"metadata\":{\"name\":\"" name "\",\"labels\":{\"arkonis.dev/team\":\"blog\","    \
	"\"arkonis.dev/role\":\"edit\"}},\"spec\":" spec "}"

#endif
