/*
 * Sealed secret values: how they travel between processes (DESIGN 5, SPEC 2.9).
 *
 * AES-256-GCM with a random 96-bit nonce. Namespace, name, key and the id of the sealing key are
 * authenticated with the value, so that a sealed value opens in its own place only. The text is
 *
 *   ark1:<key id>:<base64url of nonce, ciphertext and tag>
 *
 * with a key id of 8 hex digits, made from the key. A key file holds 32 raw bytes, or one key of
 * 64 hex digits per line (blank lines and lines with # are skipped). With several, the first
 * one seals and all open: to rotate, put the new key first, and remove the old one when all
 * values are sealed anew.
 */
#ifndef ARK_BASE_SEAL_H
#define ARK_BASE_SEAL_H

#include "base/buf.h"
#include "base/fail.h"

enum {
	SEAL_KEY_BYTES = 32,
	SEAL_ID_BYTES = 8, /* hex digits */
	SEAL_MAX_KEYS = 8,
	SEAL_FILE_MAX_BYTES = 4096,
	SEAL_NONCE_BYTES = 12,
	SEAL_TAG_BYTES = 16,
	SEAL_OVERHEAD_BYTES = 64, /* text bytes beyond 4/3 of the value: prefix, nonce, tag */
	SEAL_MAC_MAX_BYTES = 96,  /* of a text by seal_mac */
};

struct seal_key {
	char id[SEAL_ID_BYTES + 1];
	unsigned char bytes[SEAL_KEY_BYTES];
	unsigned char mac[SEAL_KEY_BYTES]; /* derived: for seal_mac */
};

struct seal_keys {
	struct seal_key keys[SEAL_MAX_KEYS];
	size_t count;
};

/* Where a value lives: part of what is authenticated. */
struct seal_place {
	struct str namespace, name, key;
};

/* Reads the content of a key file. */
enum fail seal_keys_parse(struct str content, struct seal_keys *ret_keys,
			  struct why *why) MUST_CHECK;
/* Reads a key file. The words name the path, never the content. */
enum fail seal_keys_read(struct str path, struct seal_keys *ret_keys,
			 struct why *why) MUST_CHECK;
void seal_keys_wipe(struct seal_keys *keys);

/* Appends the sealed text. Without a key: a broken promise. */
void seal_add(const struct seal_keys *keys, const struct seal_place *place, struct str value,
	      struct buf *out);
/* Appends the value. FAIL_INPUT when the text is not of this form, its key is not here, or it was
 * changed or sealed for another place; out is then as before. Wipe the buffer after use. */
enum fail seal_open(const struct seal_keys *keys, const struct seal_place *place,
		    struct str text, struct buf *out, struct why *why) MUST_CHECK;
/* Whether a text was sealed with the first key; if not, it should be sealed anew. */
bool seal_is_current(const struct seal_keys *keys, struct str text);

/* A token as it is published for checking only: `mac1:<key id>:<64 hex digits>`, HMAC-SHA-256
 * with a key derived from the first seal key, over the place and the token. */
void seal_mac_add(const struct seal_keys *keys, const struct seal_place *place,
		  struct str token, struct buf *out);
/* Whether token is the one that the text was made of; in constant time. False also when the text
 * has another form or its key is not here. */
bool seal_mac_matches(const struct seal_keys *keys, const struct seal_place *place,
		      struct str text, struct str token);

#endif
