/*
 * ArkTeam (SPEC 8), as the daemons read it. See parts.h for what a view is.
 *
 * The snapshot of a team inside an ArkRun (SPEC 9.1) has the same shape and is read by the same
 * functions, so a run does not care where its plan came from.
 */
#ifndef ARK_KINDS_TEAM_H
#define ARK_KINDS_TEAM_H

#include "base/fail.h"
#include "kinds/parts.h"

/* SPEC 8.1 */
enum team_mode { TEAM_DYNAMIC, TEAM_PIPELINE, TEAM_ROUTED };
/* "dynamic", "pipeline", "routed" */
const char *team_mode_name(enum team_mode m);

/* Index of a role or step that does not exist. Never in what team_load gives, except where a
 * comment says so. */
#define TEAM_NONE ((size_t)-1)

/* SPEC 8.3 */
enum input_type { INPUT_STRING, INPUT_NUMBER, INPUT_BOOLEAN, INPUT_OBJECT, INPUT_ARRAY };
/* "string", "number", ... */
const char *input_type_name(enum input_type t);

struct input {
	struct str name, description;
	enum input_type type;
	bool required;
	const struct value
		*fallback; /* `default` as written (SPEC 9.6 types it); NULL = none */
};

/* SPEC 8.4 */
enum role_kind {
	ROLE_AGENT,  /* an ArkAgent that exists on its own */
	ROLE_TEAM,   /* an ArkTeam: a child run */
	ROLE_INLINE, /* makes the ArkAgent `<team>-<role>`; its fields are in source */
};

/* A name that stands for a role or step, and where that is. */
struct team_link {
	struct str name;
	size_t at; /* index */
	const struct value *source;
};

struct role {
	struct str name;
	enum role_kind kind;
	/* ArkAgent or ArkTeam. Of an inline role empty: see team_agent_name. In a snapshot inline
	 * roles are ROLE_AGENT with the generated name. */
	struct str target;
	struct str model;		      /* of inline roles and in snapshots; else empty */
	const struct team_link *can_delegate; /* to roles */
	size_t can_delegate_count;
	const struct value *source; /* the role as written */
};

/* SPEC 10.5 */
struct step_loop {
	bool present;
	struct str condition; /* template */
	int64_t max_iterations;
};

/* SPEC 10.10; texts that are empty are not asked for. */
struct step_validate {
	struct str_list reject_patterns; /* RE2 */
	struct str contains;		 /* RE2 */
	struct str schema;		 /* JSON text */
	struct str semantic;		 /* template */
	struct str semantic_model;
	bool retry;	     /* onFailure: retry */
	int64_t max_retries; /* re-runs; 0 unless retry */
};

/* SPEC 8.5, 11.16 */
enum lookup_strategy { LOOKUP_LEAST_BUSY, LOOKUP_ROUND_ROBIN, LOOKUP_RANDOM };
struct step_lookup {
	bool present;
	struct str capability;
	struct str_list tags;
	enum lookup_strategy strategy;
	struct str registry; /* empty = the registry in force (17.9) */
	struct str fallback; /* a role, else an agent; empty = none */
};

struct output_artifact {
	struct str name, description, content_type;
};

struct step {
	struct str name; /* = its role */
	size_t role;	 /* index; TEAM_NONE when found by lookup alone */
	bool has_inputs;
	struct pair_list inputs;	    /* templates, in the order of SPEC 5.6 */
	const struct team_link *depends_on; /* to steps */
	size_t depends_on_count;
	bool has_condition; /* `if` is written: an empty text is falsy */
	struct str condition;
	struct step_loop loop;
	struct str output_schema; /* JSON text (SPEC 5.8); empty = none */
	struct step_validate validate;
	const struct output_artifact *output_artifacts;
	size_t output_artifact_count;
	struct pair_list input_artifacts; /* local name, `<step>.<artifact>` */
	struct step_lookup lookup;
	const struct value *source; /* the step as written */
};

/* SPEC 8.6 */
struct team_routing {
	struct str registry;	  /* empty = the team's */
	struct str model;	  /* empty = the default model (ARK_DEFAULT_MODEL) */
	struct str system_prompt; /* template; the text of SPEC 11.14 by default */
	struct str fallback;	  /* ArkAgent; empty = none */
};

/* SPEC 8.7 */
enum artifact_type { ARTIFACTS_NONE, ARTIFACTS_LOCAL, ARTIFACTS_S3, ARTIFACTS_GCS };
struct artifact_store {
	enum artifact_type type;
	struct str path, claim;			     /* local */
	struct str bucket, region, prefix, endpoint; /* s3, gcs */
	struct str credentials;			     /* Secret */
};

struct team {
	enum team_mode mode;
	const struct role *roles;
	size_t role_count;
	const struct step *steps; /* pipeline; empty in the other modes */
	size_t step_count;
	struct team_routing routing; /* routed only */
	size_t entry;		     /* role of a dynamic run; TEAM_NONE when none is named */
	bool has_output;
	struct str output; /* template; without it SPEC 8.8 */
	const struct input *inputs;
	size_t input_count;
	const struct value *input;	     /* default input; NULL = none */
	int64_t timeout_seconds;	     /* 0 = none */
	int64_t max_tokens;		     /* 0 = none */
	int64_t max_daily_tokens;	     /* 0 = none */
	int64_t keep_succeeded, keep_failed; /* history limits */
	struct str retain_for;		     /* duration; empty = none */
	struct str notify, budget;	     /* names; empty = none */
	struct str registry;		     /* "default" by default */
	struct artifact_store artifacts;
	bool autoscaling, scale_to_zero;
	int64_t scale_to_zero_after_seconds;
};

/* Also fails when a name does not stand for a role or step of the team, so every index is good.
 * Cycles and the rest of SPEC 8.9 are team_check's. */
enum fail team_load(struct arena *a, const struct value *spec, struct team *ret,
		    struct why *why) MUST_CHECK;

/* Index of a role or step by name, or TEAM_NONE. */
size_t team_role(const struct team *t, struct str name);
size_t team_step(const struct team *t, struct str name);

/* The ArkAgent that an inline role makes: `<team>-<role>`, shortened by SPEC 1.8. */
struct str team_agent_name(struct arena *a, struct str team, struct str role);

/* The URL of an artifact store (SPEC 8.7); empty when there is none. */
struct str team_artifact_url(struct arena *a, const struct artifact_store *store);

/* The members that SPEC 9.1 fixes for a run (teamGeneration, pipeline, roles, routing, inputs,
 * output, entry, timeoutSeconds, maxTokens), as they go into the ArkRun's spec. Borrows from
 * spec. */
struct value team_snapshot(struct arena *a, struct str team, int64_t generation,
			   const struct value *spec);

#endif
