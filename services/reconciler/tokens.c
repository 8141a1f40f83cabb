#include "reconciler/tokens.h"

#include "base/file.h"
#include "base/hash.h"
#include "kinds/event.h"

struct str token_wanted(struct arena *a, const struct object *o)
{
	struct event event;

	if (o->kind == KIND_AGENT)
		return STR("ark-mcp-token");
	if (o->kind != KIND_EVENT || event_load(a, o->spec, &event, NULL) ||
	    event.type != EVENT_WEBHOOK)
		return STR("");
	return arena_printf(a, "%.*s-webhook-token", STR_ARG(o->name));
}

enum fail token_make(struct str state_dir, struct str namespace, struct str secret,
		     bool *ret_made, struct why *why)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str folder = arena_printf(&a, "%.*s/secrets/%.*s/%.*s", STR_ARG(state_dir),
					 STR_ARG(namespace), STR_ARG(secret));
	char text[2 * TOKEN_BYTES + 1];
	unsigned char random[TOKEN_BYTES];
	enum fail f = folder_make(folder, 0700, why);

	if (f)
		return f;
	random_bytes(random, sizeof(random));
	hex_text(str_n((const char *)random, sizeof(random)), text);
	f = file_create(arena_printf(&a, "%.*s/token", STR_ARG(folder)), str_of(text), 0600,
			ret_made, why);
	wipe(random, sizeof(random));
	wipe(text, sizeof(text));
	return f;
}
