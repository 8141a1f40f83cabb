/* ArkSettings (SPEC 18.1), as the daemons read it: promptFragments become fragments. See parts.h
 * for what a view is. */
#ifndef ARK_KINDS_SETTINGS_H
#define ARK_KINDS_SETTINGS_H

#include "base/fail.h"
#include "kinds/parts.h"

struct fragment {
	struct str name, text;
	bool prepend;
};

enum memory_backend { MEMORY_IN_CONTEXT, MEMORY_REDIS, MEMORY_VECTOR_STORE };
const char *memory_backend_name(enum memory_backend b);

struct ark_settings {
	struct str temperature;	  /* digits as written; empty = not set */
	struct str output_format; /* empty = not set */
	bool has_memory_backend;
	enum memory_backend memory_backend;
	const struct fragment *fragments;
	size_t fragment_count;
	struct str_list mcp_allowlist;
	bool require_mcp_auth;
};

enum fail ark_settings_load(struct arena *a, const struct value *spec, struct ark_settings *ret,
			    struct why *why) MUST_CHECK;

/* Several settings as one (SPEC 18.3, 5.4): of the scalars the last one that sets it wins; a
 * fragment whose name was seen keeps its place and takes the later text and position. The
 * allow list and requireMCPAuth are joined (SPEC 18.6). */
struct ark_settings ark_settings_compose(struct arena *a, const struct ark_settings *list,
					 size_t count);

#endif
