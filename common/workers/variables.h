/*
 * The variables of a worker (SPEC 7.1, 20.6), put together from the objects: for the local pool,
 * which reads them itself, and for the pods, which ark-reconciler gives them to. Pure but for the
 * lookups that it is given.
 */
#ifndef ARK_WORKERS_VARIABLES_H
#define ARK_WORKERS_VARIABLES_H

#include "kinds/agent.h"
#include "kinds/object.h"

enum { VARIABLES_PROMPT_MAX_BYTES = 1 << 20 }; /* assembled: own prompt and fragments */

struct variable {
	struct str name, value;
	bool secret; /* it is or may hold a secret: a pod gets it by reference (SPEC 20.6) */
};

/* Later ones win over earlier ones of the same name. */
struct variables {
	struct arena *arena;
	struct variable *items;
	size_t count, cap;
	struct str prompt;  /* the agent's own, references resolved (SPEC 6.9) */
	const char *reason; /* after a failure: the condition's reason (SPEC 3.6) */
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
	/* For a pod: certificates are mounted (SPEC 20.4), and a server that cannot be had is an
	 * error; in the pool it only takes away its own tools. */
	bool pod;
	struct str mcp_url; /* ARK_MCP_URL, for arkAgentRef; empty: there is no endpoint */
};

#define VARIABLES_CERTIFICATES "/var/secrets/mcp/" /* then the server's name */

void variables_set(struct variables *v, struct str name, struct str value);
void variables_set_secret(struct variables *v, struct str name, struct str value);
/* False when it is not set. */
bool variables_get(const struct variables *v, struct str name, struct str *ret);

/* The variables of Secrets and ConfigMaps that an agent takes as a whole: `ark-api-keys`, envFrom
 * and apiKeyRef, weakest first. FAIL_INPUT names what is missing. */
enum fail variables_add_sources(struct variables *v, const struct object *object,
				const struct agent *agent, const struct variables_world *w,
				struct why *why) MUST_CHECK;
/* Then what the suite sets itself; AGENT_SYSTEM_PROMPT is the assembled prompt. FAIL_INPUT, naming
 * what is missing: the agent cannot work. */
enum fail variables_add_own(struct variables *v, const struct object *object,
			    const struct agent *agent, const struct variables_world *w,
			    struct why *why) MUST_CHECK;

/* Where the value of an ArkSecret is for a worker (SPEC 19.4): the variable's name and the key of a
 * Secret. False: there is no such ArkSecret, or it cannot be read. */
bool variables_ark_secret(const struct variables_world *w, struct arena *a,
			  struct str namespace, struct str ark_secret, struct str *ret_variable,
			  struct key_ref *ret_key);

/* AGENT_MCP_TOKEN_<SERVER> and the like: upper case, other characters `_`. */
struct str variable_part(struct arena *a, struct str name);

#endif
