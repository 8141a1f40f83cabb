/*
 * Who may do what: bearer tokens (SPEC 13.2 to 13.4).
 *
 * The admin token is in a file. The token of an event is in the Secret `<event>-webhook-token`, of
 * which this process has a code only: it can tell whether a token is right, not what it is
 * (DESIGN 5). Comparing takes the same time whatever is compared.
 */
#ifndef ARK_GATEWAY_ACCESS_H
#define ARK_GATEWAY_ACCESS_H

#include "base/seal.h"
#include "gateway/fire.h"
#include "stream/objects.h"

struct exchange;

enum { ACCESS_TOKEN_BYTES = 4096, ACCESS_DIGEST_DIGITS = 12 };

struct access {
	const struct objects *objects;
	struct seal_keys keys;
	struct buf admin; /* the admin token; empty = no admin access */
};

/* Reads seal key and admin token; empty paths: none. May be called again; on failure the old ones
 * stay. */
enum fail access_read(struct access *a, struct str seal_file, struct str admin_file,
		      struct why *why) MUST_CHECK;
void access_release(struct access *a);

/* The bearer token of a request; ptr NULL when it has none. */
struct str access_token(const struct exchange *x);
bool access_is_admin(const struct access *a, struct str token);
/* Whether it is the token of that event. */
bool access_is_event(const struct access *a, struct str namespace, struct str event,
		     struct str token);
/* What the token is good for when this event is meant. */
enum credential access_of(const struct access *a, struct str namespace, struct str event,
			  struct str token);

/* For the audit (SPEC 13.18): the first digits of the token's SHA-256, ended by a NUL. */
void access_digest(struct str token, char out[ACCESS_DIGEST_DIGITS + 1]);

#endif
