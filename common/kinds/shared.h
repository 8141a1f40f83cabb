/* Tables that several kinds use. */
#ifndef ARK_KINDS_SHARED_H
#define ARK_KINDS_SHARED_H

#include "kinds/fields.h"

/* SPEC 1.2 */
extern const struct table table_ref;	    /* {name} */
extern const struct table table_secret_key; /* {name, key, optional}, key required */
/* {name, key} of a Secret where SPEC gives the key a default */
extern const struct table table_secret_ref;
extern const struct field item_text; /* a text of a list or map */
extern const struct field item_ref;  /* a ref of a list */
extern const struct field item_any;  /* any JSON value */
extern const struct field item_template;

/* SPEC 6.3; T_MAP | T_LIST, with these as values and items. */
extern const struct field header_value, header_item;
/* A header of a list, but for its valueFrom, which the table on top of this one has. */
extern const struct table table_header;

/* SPEC 6.3, 6.4, 6.1 */
extern const struct field field_mcp_server, field_tool;
extern const struct table table_tool_policy;

/* SPEC 6: what an ArkAgent and an inline role have in common. */
extern const struct table table_agent_common;
/* SPEC 8.4, 9.1: what a role is in an ArkTeam and in the snapshot of it in an ArkRun. */
enum { ROLE_FIELDS = 4 };
extern const struct field role_fields[ROLE_FIELDS];
/* SPEC 8: what an ArkTeam and the snapshot in an ArkRun have in common, but for roles. */
extern const struct table table_team_common;

extern const struct table table_agent, table_team, table_run, table_event, table_budget,
	table_notify, table_registry, table_settings, table_memory, table_secret;
extern const struct kind_info kind_agent, kind_team, kind_run, kind_event, kind_budget,
	kind_notify, kind_registry, kind_settings, kind_memory, kind_secret;

extern const char *const http_methods[];    /* GET, POST, PUT, PATCH */
extern const char *const memory_backends[]; /* in-context, redis, vector-store */

/* The names of tools that the suite itself offers (SPEC 7.22). */
extern const char *const builtin_tools[];

#endif
