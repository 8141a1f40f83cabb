#include "redis/reply.h"

#include <string.h>

/* --- errors ---------------------------------------------------------------------------------
 */

static const struct {
	struct str prefix; /* whole words from the start of the text */
	enum reply_error error;
} prefixes[] = {
	{STR_INIT("REFUSED"), REPLY_ERROR_REFUSED},
	{STR_INIT("BUSYGROUP"), REPLY_ERROR_BUSYGROUP},
	{STR_INIT("NOGROUP"), REPLY_ERROR_NOGROUP},
	{STR_INIT("UNBLOCKED"), REPLY_ERROR_UNBLOCKED},
	{STR_INIT("OOM"), REPLY_ERROR_FULL},
	{STR_INIT("MISCONF"), REPLY_ERROR_FULL},
	{STR_INIT("NOREPLICAS"), REPLY_ERROR_FULL},
	{STR_INIT("LOADING"), REPLY_ERROR_AWAY},
	{STR_INIT("MASTERDOWN"), REPLY_ERROR_AWAY},
	{STR_INIT("TRYAGAIN"), REPLY_ERROR_AWAY},
	{STR_INIT("CLUSTERDOWN"), REPLY_ERROR_AWAY},
	{STR_INIT("READONLY"), REPLY_ERROR_READONLY},
	{STR_INIT("MOVED"), REPLY_ERROR_CLUSTER},
	{STR_INIT("ASK"), REPLY_ERROR_CLUSTER},
	{STR_INIT("BUSY"), REPLY_ERROR_BUSY},
	{STR_INIT("NOAUTH"), REPLY_ERROR_DENIED},
	{STR_INIT("WRONGPASS"), REPLY_ERROR_DENIED},
	{STR_INIT("NOPERM"), REPLY_ERROR_DENIED},
	{STR_INIT("WRONGTYPE"), REPLY_ERROR_BUG},
	{STR_INIT("CROSSSLOT"), REPLY_ERROR_BUG},
	{STR_INIT("ERR Function not found"), REPLY_ERROR_NO_FUNCTION},
	{STR_INIT("ERR syntax"), REPLY_ERROR_BUG},
	{STR_INIT("ERR unknown command"), REPLY_ERROR_BUG},
};

enum reply_error reply_error(const struct reply *r)
{
	if (!r || r->kind != REPLY_ERROR)
		return REPLY_ERROR_NONE;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		struct str p = prefixes[i].prefix;
		char end;

		if (!str_starts(r->text, p))
			continue;
		end = r->text.len > p.len ? r->text.ptr[p.len] : ' ';
		if (end == ' ' || end == ',' || end == ':')
			return prefixes[i].error;
	}
	return REPLY_ERROR_OTHER;
}

struct str reply_error_prefix(const struct reply *r)
{
	struct str word = {NULL, 0};

	if (r && r->kind == REPLY_ERROR)
		str_cut(r->text, ' ', &word, NULL);
	return word;
}

const char *reply_error_name(enum reply_error e)
{
	switch (e) {
	case REPLY_ERROR_NONE: return "none";
	case REPLY_ERROR_REFUSED: return "refused";
	case REPLY_ERROR_BUSYGROUP: return "busygroup";
	case REPLY_ERROR_NOGROUP: return "nogroup";
	case REPLY_ERROR_UNBLOCKED: return "unblocked";
	case REPLY_ERROR_FULL: return "full";
	case REPLY_ERROR_AWAY: return "away";
	case REPLY_ERROR_READONLY: return "readonly";
	case REPLY_ERROR_CLUSTER: return "cluster";
	case REPLY_ERROR_BUSY: return "busy";
	case REPLY_ERROR_DENIED: return "denied";
	case REPLY_ERROR_NO_FUNCTION: return "no-function";
	case REPLY_ERROR_BUG: return "bug";
	case REPLY_ERROR_OTHER: return "other";
	}
	return "?";
}

static enum fail reaction(enum reply_error e)
{
	switch (e) {
	case REPLY_ERROR_NONE:
	case REPLY_ERROR_BUSYGROUP: return FAIL_NONE;
	case REPLY_ERROR_REFUSED:
	case REPLY_ERROR_NOGROUP:
	case REPLY_ERROR_UNBLOCKED:
	case REPLY_ERROR_FULL:
	case REPLY_ERROR_AWAY:
	case REPLY_ERROR_READONLY:
	case REPLY_ERROR_BUSY:
	case REPLY_ERROR_DENIED:
	case REPLY_ERROR_NO_FUNCTION: return FAIL_BUSY;
	case REPLY_ERROR_CLUSTER:
	case REPLY_ERROR_BUG:
	case REPLY_ERROR_OTHER: return FAIL_BROKEN;
	}
	return FAIL_BROKEN;
}

enum fail reply_check(const struct reply *r, struct why *why)
{
	enum fail f;

	if (!r)
		return failf(
			why, FAIL_BUSY,
			"the connection to Redis was lost; whether the command was done is "
			"not known");
	f = reaction(reply_error(r));
	if (f)
		why_write(why, "Redis says: %.*s", STR_ARG(r->text));
	return f;
}

/* --- typed getters --------------------------------------------------------------------------
 */

const char *reply_kind_name(enum reply_kind k)
{
	switch (k) {
	case REPLY_NIL: return "nil";
	case REPLY_STRING: return "a string";
	case REPLY_STATUS: return "a status";
	case REPLY_INTEGER: return "an integer";
	case REPLY_ERROR: return "an error";
	case REPLY_ARRAY: return "an array";
	}
	return "?";
}

/* A reply of another kind than the command promises. */
static enum fail wrong_kind(const struct reply *r, const char *wanted, struct why *why)
{
	enum fail f = reply_check(r, why);

	if (f)
		return f;
	return failf(why, FAIL_BROKEN, "Redis answered %s where %s was expected",
		     reply_kind_name(r->kind), wanted);
}

enum fail reply_text(const struct reply *r, struct str *ret_text, struct why *why)
{
	if (!r || (r->kind != REPLY_STRING && r->kind != REPLY_STATUS))
		return wrong_kind(r, "a string", why);
	*ret_text = r->text;
	return FAIL_NONE;
}

enum fail reply_integer(const struct reply *r, int64_t *ret_value, struct why *why)
{
	if (!r || r->kind != REPLY_INTEGER)
		return wrong_kind(r, "an integer", why);
	*ret_value = r->integer;
	return FAIL_NONE;
}

enum fail reply_array(const struct reply *r, size_t min, size_t max,
		      const struct reply **ret_items, size_t *ret_count, struct why *why)
{
	if (!r || (r->kind != REPLY_ARRAY && r->kind != REPLY_NIL))
		return wrong_kind(r, "an array", why);
	if (r->count < min || r->count > max)
		return failf(why, FAIL_BROKEN,
			     "Redis answered %zu items where %zu to %zu were expected",
			     r->count, min, max);
	*ret_items = r->items;
	*ret_count = r->count;
	return FAIL_NONE;
}

const struct reply *reply_item(const struct reply *r, size_t i)
{
	return r && r->kind == REPLY_ARRAY && i < r->count ? &r->items[i] : NULL;
}

bool reply_is(const struct reply *r, const char *text)
{
	return r && (r->kind == REPLY_STRING || r->kind == REPLY_STATUS) &&
	       str_is(r->text, text);
}

bool reply_is_nil(const struct reply *r)
{
	return r && r->kind == REPLY_NIL;
}

const struct reply *reply_field(const struct reply *r, const char *name)
{
	if (!r || r->kind != REPLY_ARRAY)
		return NULL;
	for (size_t i = 0; i + 1 < r->count; i += 2)
		if (reply_is(&r->items[i], name))
			return &r->items[i + 1];
	return NULL;
}

/* Depth is bounded by REPLY_MAX_DEPTH, so recursion is too. */
static void copy_into(struct arena *a, const struct reply *from, struct reply *to)
{
	struct reply *items;

	*to = *from;
	if (from->text.ptr)
		to->text = arena_str(a, from->text);
	if (from->count == 0)
		return;
	items = ARENA_ARRAY(a, from->count, struct reply);
	for (size_t i = 0; i < from->count; i++)
		copy_into(a, &from->items[i], &items[i]);
	to->items = items;
}

const struct reply *reply_copy(struct arena *a, const struct reply *r)
{
	struct reply *copy;

	if (!r)
		return NULL;
	copy = ARENA_NEW(a, struct reply);
	copy_into(a, r, copy);
	return copy;
}
