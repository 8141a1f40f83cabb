/*
 * The forms that names and short texts must have.
 *
 * Each form is written twice: as a regular expression for the CRDs, which the API server checks,
 * and as a function, because compiling an expression for every field would cost more than the
 * rest of a check. tests/unit/kinds/test_pattern.c holds the two against each other.
 */
#ifndef ARK_KINDS_PATTERN_H
#define ARK_KINDS_PATTERN_H

#include "base/str.h"

enum { MODEL_MAX_BYTES = 256 }; /* as a message carries it */

struct pattern {
	const char *regex; /* RE2, anchored where it needs to be */
	const char *words; /* "must be <words>" */
	bool (*fits)(struct str s);
	uint32_t max_bytes; /* a limit of its length that `fits` need not know; 0 = none */
};

extern const struct pattern pattern_label;	  /* a DNS label */
extern const struct pattern pattern_header;	  /* name of an HTTP header */
extern const struct pattern pattern_header_value; /* no control characters but tabs */
extern const struct pattern pattern_model;	  /* id of a model */
extern const struct pattern pattern_server;	  /* name of an MCP server */
extern const struct pattern pattern_tool;	  /* name of a tool */
extern const struct pattern
	pattern_tool_policy;		      /* <server>/<tool>, <server>/ *, tools/<name> */
extern const struct pattern pattern_variable; /* environment variable */
extern const struct pattern pattern_artifact; /* name of an artifact */
extern const struct pattern pattern_artifact_source; /* <step>.<artifact> */
extern const struct pattern pattern_currency;	     /* ISO 4217 */
extern const struct pattern pattern_quantity;	     /* of Kubernetes: 100m, 1.5Gi, 1e3 */
extern const struct pattern pattern_absolute;	     /* a path from the root */
extern const struct pattern pattern_relative;	     /* a path that is not, without `..` */

extern const struct pattern pattern_url; /* http or https, with a host */
extern const struct pattern pattern_host_port;
extern const struct pattern pattern_duration; /* SPEC 1.4, more than zero */
extern const struct pattern pattern_money;    /* SPEC 1.5, as text */

#endif
