/* What a kind's table cannot say: rules between fields and references (inside common/kinds). */
#ifndef ARK_KINDS_CHECK_KIND_H
#define ARK_KINDS_CHECK_KIND_H

#include "kinds/agent.h"
#include "kinds/check.h"

/* For an object whose structure is sound. A reference to another ark object that its kind cannot
 * do without is an error, any other, and a missing Secret or ConfigMap, a warning (SPEC 21.7). */
void check_kind(struct findings *f, const struct object *o, const struct check_world *world);

/* References of an agent's spec; path is what fields begin with. Serves inline roles too. */
void check_agent_refs(struct findings *f, const struct check_world *world, struct str namespace,
		      const struct value *spec, const char *path);

void check_agent(struct findings *f, const struct object *o, const struct check_world *world);

/* The Secrets of headers; where is the value to point at. */
void check_headers(struct findings *f, const struct check_world *world, struct str namespace,
		   const struct header_list *headers, const struct value *where,
		   const char *reason, const char *field);

/* One reference: is there an object of that name? An empty name is no reference. */
void check_ref(struct findings *f, const struct check_world *world, enum severity severity,
	       enum kind kind, struct str namespace, struct str name, const char *reason,
	       const struct value *where, const char *field, ...) PRINTF_LIKE(9, 10);

#endif
