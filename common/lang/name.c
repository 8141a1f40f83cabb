#include "lang/name.h"

#include "base/hash.h"

struct str name_shorten(struct arena *a, struct str full)
{
	char digest[SHA256_HEX_SIZE];
	struct str kept;

	if (full.len <= NAME_MAX_BYTES)
		return full;
	kept = str_sub(full, 0, NAME_KEPT_BYTES);
	while (kept.len && (kept.ptr[kept.len - 1] == '-' || kept.ptr[kept.len - 1] == '.'))
		kept.len--;
	sha256_hex(full, digest);
	return arena_printf(a, "%.*s-%.*s", STR_ARG(kept), (int)NAME_HASH_DIGITS, digest);
}

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_part(struct str s)
{
	if (s.len == 0 || !is_alphanumeric(s.ptr[0]) || !is_alphanumeric(s.ptr[s.len - 1]))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_alphanumeric(s.ptr[i]) && s.ptr[i] != '-')
			return false;
	return true;
}

bool name_is_label(struct str s)
{
	return s.len <= NAME_MAX_BYTES && is_part(s);
}

bool name_is_subdomain(struct str s)
{
	struct str rest = s, part;

	if (s.len == 0 || s.len > NAME_SUBDOMAIN_MAX_BYTES)
		return false;
	/* Kubernetes bounds the whole, not its parts. */
	while (str_next(&rest, '.', &part))
		if (!is_part(part))
			return false;
	return true;
}
