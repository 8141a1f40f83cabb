/*
 * An agent as its tasks see it: configuration, mock script and tools, read once and shared by all
 * tasks that started with it. A changed agent is a new setup; tasks keep the one they started with
 * (SPEC 2.12).
 */
#ifndef ARK_AGENT_AGENT_SETUP_H
#define ARK_AGENT_AGENT_SETUP_H

#include "agent/agent_config.h"
#include "agent/mock_script.h"

struct agent_setup {
	unsigned refs;
	struct agent_config config;
	struct mock_script script;
	struct arena arena;
	struct tool_set tools;	  /* what this agent may call */
	struct tool_set no_tools; /* of a validation call (SPEC 10.13) */
};

/* Reads the variables of SPEC 7.1. FAIL_INPUT as agent_config_load and mock_script_load. The caller
 * holds the first reference. */
enum fail agent_setup_new(const struct agent_source *source, struct agent_setup **ret,
			  struct why *why) MUST_CHECK;
struct agent_setup *agent_setup_ref(struct agent_setup *s);
/* Gives a reference back; the last one frees. NULL is fine. */
void agent_setup_unref(struct agent_setup *s);

#endif
