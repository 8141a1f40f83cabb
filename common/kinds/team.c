#include "kinds/team.h"

#include <string.h>

#include "base/buf.h"
#include "kinds/check.h"
#include "kinds/shared.h"
#include "kinds/team_read.h"
#include "lang/name.h"

const char *team_mode_name(enum team_mode m)
{
	switch (m) {
	case TEAM_DYNAMIC: return "dynamic";
	case TEAM_PIPELINE: return "pipeline";
	case TEAM_ROUTED: return "routed";
	}
	return "?";
}

const char *input_type_name(enum input_type t)
{
	switch (t) {
	case INPUT_STRING: return "string";
	case INPUT_NUMBER: return "number";
	case INPUT_BOOLEAN: return "boolean";
	case INPUT_OBJECT: return "object";
	case INPUT_ARRAY: return "array";
	}
	return "?";
}

size_t team_role(const struct team *t, struct str name)
{
	for (size_t i = 0; i < t->role_count; i++) {
		if (str_eq(t->roles[i].name, name))
			return i;
	}
	return TEAM_NONE;
}

size_t team_step(const struct team *t, struct str name)
{
	for (size_t i = 0; i < t->step_count; i++) {
		if (str_eq(t->steps[i].name, name))
			return i;
	}
	return TEAM_NONE;
}

struct str team_agent_name(struct arena *a, struct str team, struct str role)
{
	return name_shorten(a, arena_printf(a, "%.*s-%.*s", STR_ARG(team), STR_ARG(role)));
}

/* A value of a query: what is not unreserved (RFC 3986), '/' or ':' is escaped. */
static void add_query(struct buf *b, const char *name, struct str value)
{
	static const char hex[] = "0123456789ABCDEF";

	if (value.len == 0)
		return;
	buf_addc(b, str_chr(buf_str(b), '?', 0) == STR_NONE ? '?' : '&');
	buf_addf(b, "%s=", name);
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || (c && strchr("-._~/:", c))) {
			buf_addc(b, (char)c);
		} else {
			buf_addc(b, '%');
			buf_addc(b, hex[c >> 4]);
			buf_addc(b, hex[c & 15]);
		}
	}
}

struct str team_artifact_url(struct arena *a, const struct artifact_store *store)
{
	AUTO_BUF url = BUF(8192);

	switch (store->type) {
	case ARTIFACTS_NONE: return STR("");
	case ARTIFACTS_LOCAL: buf_addf(&url, "file://%.*s", STR_ARG(store->path)); break;
	case ARTIFACTS_S3:
	case ARTIFACTS_GCS:
		buf_addf(&url, "%s://%.*s", store->type == ARTIFACTS_S3 ? "s3" : "gcs",
			 STR_ARG(store->bucket));
		if (store->prefix.len)
			buf_addf(&url, "/%.*s", STR_ARG(store->prefix));
		add_query(&url, "region", store->region);
		add_query(&url, "endpoint", store->endpoint);
		break;
	}
	return arena_str(a, buf_str(&url));
}

/* ---- loading ---- */

static enum fail link_role(const struct role *r, struct why *why)
{
	for (size_t i = 0; i < r->can_delegate_count; i++) {
		if (r->can_delegate[i].at == TEAM_NONE)
			return failf(why, FAIL_INPUT,
				     "role '%.*s': canDelegate: no role '%.*s'",
				     STR_ARG(r->name), STR_ARG(r->can_delegate[i].name));
	}
	return FAIL_NONE;
}

static enum fail link_step(const struct step *s, struct why *why)
{
	if (s->role == TEAM_NONE && !s->lookup.present)
		return failf(why, FAIL_INPUT, "step '%.*s': no role of that name",
			     STR_ARG(s->name));
	for (size_t i = 0; i < s->depends_on_count; i++) {
		if (s->depends_on[i].at == TEAM_NONE)
			return failf(why, FAIL_INPUT, "step '%.*s': dependsOn: no step '%.*s'",
				     STR_ARG(s->name), STR_ARG(s->depends_on[i].name));
	}
	return FAIL_NONE;
}

enum fail team_links(const struct team *t, struct why *why)
{
	enum fail f = FAIL_NONE;

	for (size_t i = 0; i < t->role_count && !f; i++)
		f = link_role(&t->roles[i], why);
	for (size_t i = 0; i < t->step_count && !f; i++)
		f = link_step(&t->steps[i], why);
	if (!f && t->mode == TEAM_DYNAMIC && t->entry == TEAM_NONE)
		return failf(why, FAIL_INPUT, "entry does not name a role");
	return f;
}

enum fail team_load(struct arena *a, const struct value *spec, struct team *ret,
		    struct why *why)
{
	struct view v = {a, &table_team, spec};
	struct team t;
	enum fail f;

	f = check_structure(a, &table_team, spec, "spec", why);
	if (f)
		return f;
	team_read(&v, &t);
	f = team_links(&t, why);
	if (f)
		return fail_in(why, f, "spec");
	*ret = t;
	return FAIL_NONE;
}

/* ---- snapshot, SPEC 9.1 ---- */

static void copy_member(struct value_builder *to, const struct value *from, const char *name)
{
	const struct value *v = value_get(from, str_of(name));

	if (!value_is_nil(v))
		value_map_add(to, str_of(name), *v);
}

static struct value snapshot_role(struct arena *a, struct str team, const struct value *role)
{
	struct value_builder b;
	struct str name = value_text(value_get(role, STR("name")));

	value_map_begin(&b, a);
	value_map_add(&b, STR("name"), value_str(name));
	if (value_is_nil(value_get(role, STR("arkTeam"))) &&
	    value_is_nil(value_get(role, STR("arkAgent"))))
		value_map_add(&b, STR("arkAgent"), value_str(team_agent_name(a, team, name)));
	copy_member(&b, role, "arkAgent");
	copy_member(&b, role, "arkTeam");
	copy_member(&b, role, "model");
	copy_member(&b, role, "canDelegate");
	return value_map_done(&b);
}

struct value team_snapshot(struct arena *a, struct str team, int64_t generation,
			   const struct value *spec)
{
	static const char *const copied[] = {"pipeline", "routing",	   "inputs",   "output",
					     "entry",	 "timeoutSeconds", "maxTokens"};
	const struct value *roles = value_get(spec, STR("roles"));
	struct value_builder b;

	value_map_begin(&b, a);
	value_map_add(&b, STR("teamGeneration"), value_int(generation));
	if (value_is(roles, VALUE_LIST)) {
		struct value *items = ARENA_ARRAY(a, roles->list.count, struct value);

		for (size_t i = 0; i < roles->list.count; i++)
			items[i] = snapshot_role(a, team, &roles->list.items[i]);
		value_map_add(&b, STR("roles"), value_list(items, roles->list.count));
	}
	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		copy_member(&b, spec, copied[i]);
	return value_map_done(&b);
}
