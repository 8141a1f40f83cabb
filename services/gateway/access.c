#include "gateway/access.h"

#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "http/exchange.h"

static enum fail read_admin(struct access *a, struct str path, struct why *why)
{
	AUTO_BUF text = BUF(ACCESS_TOKEN_BYTES);
	struct str token;
	enum fail f;

	(void)buf_room(&text, ACCESS_TOKEN_BYTES - 1);
	f = file_read(path, &text, why);
	token = str_trim(buf_str(&text));
	if (!f && !token.len)
		f = failf(why, FAIL_INPUT, "%.*s: no token in it", STR_ARG(path));
	if (!f) {
		buf_wipe(&a->admin);
		buf_clear(&a->admin);
		buf_add(&a->admin, token);
	}
	buf_wipe(&text);
	return f;
}

enum fail access_read(struct access *a, struct str seal_file, struct str admin_file,
		      struct why *why)
{
	struct seal_keys keys;
	enum fail f = FAIL_NONE;

	if (!a->admin.max) {
		a->admin = BUF(ACCESS_TOKEN_BYTES);
		(void)buf_room(&a->admin, ACCESS_TOKEN_BYTES - 1);
	}
	if (seal_file.len) {
		f = seal_keys_read(seal_file, &keys, why);
		if (!f)
			a->keys = keys;
		wipe(&keys, sizeof(keys));
	}
	if (!f && admin_file.len)
		f = read_admin(a, admin_file, why);
	return f;
}

void access_release(struct access *a)
{
	seal_keys_wipe(&a->keys);
	buf_wipe(&a->admin);
	buf_release(&a->admin);
}

struct str access_token(const struct exchange *x)
{
	struct str header = exchange_header(x, "Authorization"), scheme, token;

	if (!str_cut(header, ' ', &scheme, &token) || !str_eq_nocase(scheme, STR("Bearer")))
		return str_n(NULL, 0);
	token = str_trim(token);
	return token.len ? token : str_n(NULL, 0);
}

bool access_is_admin(const struct access *a, struct str token)
{
	return a->admin.len && token.len && secret_eq(buf_str(&a->admin), token);
}

bool access_is_event(const struct access *a, struct str namespace, struct str event,
		     struct str token)
{
	AUTO_ARENA arena = ARENA_INIT;
	struct str name = arena_printf(&arena, "%.*s-webhook-token", STR_ARG(event));
	const struct object *secret =
		objects_get(a->objects, KIND_PLAIN_SECRET, namespace, name);
	const struct seal_place place = {namespace, name, STR("token")};
	const struct value *code;

	if (!secret || !token.len)
		return false;
	code = value_get(value_get(secret->value, STR("sealed")), STR("token"));
	return seal_mac_matches(&a->keys, &place, value_text(code), token);
}

struct search {
	const struct access *access;
	struct str token;
	bool found;
};

static void try_event(void *arg, const struct object *event)
{
	struct search *s = arg;

	/* Never stops early: how long it takes tells nothing. */
	if (access_is_event(s->access, event->namespace, event->name, s->token))
		s->found = true;
}

enum credential access_of(const struct access *a, struct str namespace, struct str event,
			  struct str token)
{
	struct search s = {a, token, false};

	if (!token.len)
		return CREDENTIAL_NONE;
	if (access_is_admin(a, token))
		return CREDENTIAL_ADMIN;
	if (event.len && access_is_event(a, namespace, event, token) &&
	    objects_get(a->objects, KIND_EVENT, namespace, event))
		return CREDENTIAL_EVENT;
	objects_each(a->objects, KIND_EVENT, namespace, try_event, &s);
	return s.found ? CREDENTIAL_NAMESPACE : CREDENTIAL_NONE;
}

void access_digest(struct str token, char out[ACCESS_DIGEST_DIGITS + 1])
{
	char hex[SHA256_HEX_SIZE];

	sha256_hex(token, hex);
	memcpy(out, hex, ACCESS_DIGEST_DIGITS);
	out[ACCESS_DIGEST_DIGITS] = '\0';
}
