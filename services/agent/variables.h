/*
 * The variables of an agent, put together from the objects as they are in a pod (SPEC 2.12, 7.1,
 * 20.6): for the local pool. Pure but for the lookups that it is given.
 */
#ifndef ARK_AGENT_VARIABLES_H
#define ARK_AGENT_VARIABLES_H

#include "kinds/agent.h"
#include "kinds/object.h"

struct variable {
	struct str name, value;
};

/* Later ones win over earlier ones of the same name. */
struct variables {
	struct arena *arena;
	struct variable *items;
	size_t count, cap;
};

struct variables_world {
	/* NULL when there is no such object. */
	const struct object *(*object)(void *arg, enum kind kind, struct str namespace,
				       struct str name);
	/* Calls fn for each object of a kind in a namespace. */
	void (*each)(void *arg, enum kind kind, struct str namespace,
		     void (*fn)(void *arg, const struct object *o), void *fn_arg);
	/* Opens one value of a Secret into the arena; false when it cannot be opened. */
	bool (*open)(void *arg, struct arena *a, const struct object *secret, struct str key,
		     struct str *ret_text);
	void *arg;
};

void variables_set(struct variables *v, struct str name, struct str value);
/* False when it is not set. */
bool variables_get(const struct variables *v, struct str name, struct str *ret);

/* Adds what the objects say. FAIL_INPUT, naming what is missing: the agent cannot work. */
enum fail variables_assemble(struct variables *v, const struct object *object,
			     const struct agent *agent, const struct variables_world *w,
			     struct why *why) MUST_CHECK;

#endif
