#include "kinds/settings.h"

#include "base/json.h"
#include "kinds/check.h"
#include "kinds/read.h"
#include "kinds/shared.h"

const char *memory_backend_name(enum memory_backend b)
{
	return memory_backends[b];
}

/* ---- one ArkSettings ---- */

/* SPEC 18.2: `persona` first, the others after it in byte order; `outputRules` is one of the
 * others by position and comes first of them. */
static void load_short_fragments(const struct view *v, struct ark_settings *ret)
{
	struct pair_list pairs = read_pairs(v, "promptFragments");
	struct fragment *list = ARENA_ARRAY(v->arena, pairs.count, struct fragment);
	size_t n = 0;

	for (int turn = 0; turn < 3; turn++) {
		for (size_t i = 0; i < pairs.count; i++) {
			const struct pair *p = &pairs.items[i];
			int its = str_is(p->name, "persona")	   ? 0
				  : str_is(p->name, "outputRules") ? 1
								   : 2;

			if (its == turn)
				list[n++] = (struct fragment){p->name, p->text, its == 0};
		}
	}
	ret->fragments = list;
	ret->fragment_count = n;
}

static void load_fragments(const struct view *v, struct ark_settings *ret)
{
	size_t n = read_count(v, "fragments");
	struct fragment *list = ARENA_ARRAY(v->arena, n, struct fragment);

	for (size_t i = 0; i < n; i++) {
		struct view f = read_item(v, "fragments", i);

		list[i] = (struct fragment){read_text(&f, "name"), read_text(&f, "text"),
					    str_is(read_text(&f, "position"), "prepend")};
	}
	ret->fragments = list;
	ret->fragment_count = n;
}

/* The digits as somebody wrote them: they go to the provider as they are. */
static struct str temperature(const struct view *v)
{
	const struct value *t = read_value(v, "temperature");

	if (!t)
		return STR("");
	return t->kind == VALUE_STR ? str_trim(t->string.text) : json_text(v->arena, t);
}

enum fail ark_settings_load(struct arena *a, const struct value *spec, struct ark_settings *ret,
			    struct why *why)
{
	struct view v = {a, &table_settings, spec};
	struct view security;
	enum fail f;

	f = check_structure(a, &table_settings, spec, "spec", why);
	if (f)
		return f;
	security = read_object(&v, "security");
	*ret = (struct ark_settings){
		.temperature = temperature(&v),
		.output_format = read_text(&v, "outputFormat"),
		.has_memory_backend = read_given(&v, "memoryBackend"),
		.memory_backend = (enum memory_backend)read_choice(&v, "memoryBackend"),
		.mcp_allowlist = read_texts(&security, "mcpAllowlist"),
		.require_mcp_auth = read_bool(&security, "requireMCPAuth"),
	};
	if (read_given(&v, "fragments"))
		load_fragments(&v, ret);
	else
		load_short_fragments(&v, ret);
	return FAIL_NONE;
}

/* ---- several ---- */

static void put_fragment(struct fragment *list, size_t *n, const struct fragment *f)
{
	for (size_t i = 0; i < *n; i++) {
		if (str_eq(list[i].name, f->name)) {
			list[i] = *f;
			return;
		}
	}
	list[(*n)++] = *f;
}

struct ark_settings ark_settings_compose(struct arena *a, const struct ark_settings *list,
					 size_t count)
{
	struct ark_settings all = {0};
	size_t fragments = 0, allowed = 0;
	struct fragment *f;
	struct str *urls;

	for (size_t i = 0; i < count; i++) {
		fragments += list[i].fragment_count;
		allowed += list[i].mcp_allowlist.count;
	}
	f = ARENA_ARRAY(a, fragments, struct fragment);
	urls = ARENA_ARRAY(a, allowed, struct str);
	for (size_t i = 0; i < count; i++) {
		const struct ark_settings *s = &list[i];

		if (s->temperature.len)
			all.temperature = s->temperature;
		if (s->output_format.len)
			all.output_format = s->output_format;
		if (s->has_memory_backend) {
			all.has_memory_backend = true;
			all.memory_backend = s->memory_backend;
		}
		for (size_t j = 0; j < s->fragment_count; j++)
			put_fragment(f, &all.fragment_count, &s->fragments[j]);
		for (size_t j = 0; j < s->mcp_allowlist.count; j++)
			urls[all.mcp_allowlist.count++] = s->mcp_allowlist.items[j];
		all.require_mcp_auth |= s->require_mcp_auth;
	}
	all.fragments = f;
	all.mcp_allowlist.items = urls;
	return all;
}
