#include "agent/provider_codec.h"

#include "base/json.h"
#include "http/uri.h"

/* A new provider is a row here and a file that has its functions. */
static const struct provider *const providers[] = {
	[PROVIDER_ANTHROPIC] = &provider_anthropic,
	[PROVIDER_OPENAI] = &provider_openai,
	[PROVIDER_MOCK] = &provider_mock,
};
enum { PROVIDERS = sizeof(providers) / sizeof(providers[0]) };

const struct provider *provider_of(enum provider_kind kind)
{
	return providers[kind];
}

/* --- choosing --------------------------------------------------------------------------- */

bool provider_named(struct str name, enum provider_kind *ret_kind)
{
	for (size_t i = 0; i < PROVIDERS; i++) {
		if (!str_is(name, providers[i]->name))
			continue;
		*ret_kind = (enum provider_kind)i;
		return true;
	}
	return false;
}

const char *provider_name(enum provider_kind kind)
{
	return providers[kind]->name;
}

static bool has_prefix(const struct provider *p, struct str model)
{
	for (const char *const *prefix = p->prefixes; *prefix; prefix++)
		if (str_starts_nocase(model, str_of(*prefix)))
			return true;
	return false;
}

enum provider_kind provider_of_model(struct str model)
{
	if (str_eq_nocase(model, STR("mock")))
		return PROVIDER_MOCK;
	for (size_t i = 0; i < PROVIDERS; i++)
		if (has_prefix(providers[i], model))
			return (enum provider_kind)i;
	return PROVIDER_OPENAI;
}

bool provider_is_played(enum provider_kind kind)
{
	return !providers[kind]->request;
}

/* --- the request ------------------------------------------------------------------------ */

enum fail model_request(struct arena *a, const struct model_call *call,
			struct model_request *ret_request, struct why *why)
{
	struct model_request r = {0};
	enum fail f;

	PROMISE(!provider_is_played(call->provider));
	f = providers[call->provider]->request(a, call, &r, why);
	if (!f)
		*ret_request = r;
	return f;
}

enum fail provider_url(struct arena *a, struct str base, const char *path, struct str *ret,
		       struct why *why)
{
	struct uri uri;

	while (base.len && base.ptr[base.len - 1] == '/')
		base.len--;
	if (!uri_split(base, &uri) || uri.query.ptr)
		return failf(why, FAIL_INPUT, "the provider's base URL is no http(s) URL");
	*ret = arena_printf(a, "%.*s%s", STR_ARG(base), path);
	return FAIL_NONE;
}

/* --- usage ------------------------------------------------------------------------------ */

int64_t tokens_estimate(size_t bytes)
{
	return (int64_t)(bytes / 4 + (bytes % 4 != 0));
}

struct usage model_usage_so_far(const struct model_answer *answer, size_t request_bytes)
{
	struct usage u = answer->usage;
	int64_t output = tokens_estimate(answer->bytes);

	if (!answer->accepted)
		return (struct usage){0};
	if (!answer->usage_known)
		u.input_tokens = tokens_estimate(request_bytes);
	/* What an unfinished stream has reported is a lower bound (INTERFACES 12.12). */
	if (u.output_tokens < output)
		u.output_tokens = output;
	u.estimated = true;
	return u;
}

struct usage model_usage(const struct model_answer *answer, size_t request_bytes)
{
	if (answer->usage_known && answer->error.kind == MODEL_FINE)
		return answer->usage;
	return model_usage_so_far(answer, request_bytes);
}

/* --- small helpers of the codecs -------------------------------------------------------- */

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

void add_tool_name(struct buf *b, struct str name)
{
	char clean[TOOL_NAME_MAX];
	size_t len = name.len < sizeof(clean) ? name.len : sizeof(clean);

	for (size_t i = 0; i < len; i++) {
		bool fine = is_name_byte(name.ptr[i]) || name.ptr[i] == '-';

		clean[i] = fine ? name.ptr[i] : '_';
	}
	json_member_str(b, "name", len ? str_n(clean, len) : STR("_"));
}

/* --- words ------------------------------------------------------------------------------ */

bool words_hold(struct str text, const char *const *parts)
{
	for (; *parts; parts++)
		if (str_find_nocase(text, str_of(*parts), 0) != STR_NONE)
			return true;
	return false;
}

bool words_refuse(struct str words)
{
	static const char *const parts[] = {
		"unsupported", "not support",	   "n't support",   "unrecogni",
		"unknown",     "unexpected",	   "not permitted", "not allowed",
		"deprecated",  "only the default", "not available", NULL,
	};

	return words_hold(words, parts);
}

bool words_name(struct str words, const char *parameter)
{
	struct str name = str_of(parameter);
	size_t at = 0;

	for (; (at = str_find_nocase(words, name, at)) != STR_NONE; at++) {
		size_t end = at + name.len;

		if (at > 0 && is_name_byte(words.ptr[at - 1]))
			continue;
		if (end == words.len || !is_name_byte(words.ptr[end]))
			return true;
	}
	return false;
}
