#include "base/seal.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/file.h"
#include "base/hash.h"

static const char seal_prefix[] = "ark1:", mac_prefix[] = "mac1:";

/* --- keys */

/* The id names the key without telling of it; the key of the macs is another one than that of
 * the cipher. */
static void derive(struct seal_key *key)
{
	struct str bytes = str_n((const char *)key->bytes, sizeof(key->bytes));
	char hex[SHA256_HEX_SIZE];

	hmac_sha256_hex(bytes, STR("ark seal key id"), hex);
	memcpy(key->id, hex, SEAL_ID_BYTES);
	key->id[SEAL_ID_BYTES] = '\0';
	hmac_sha256(bytes, STR("ark seal mac key"), key->mac);
}

static const struct seal_key *key_by_id(const struct seal_keys *keys, struct str id)
{
	for (size_t i = 0; i < keys->count; i++)
		if (str_is(id, keys->keys[i].id))
			return &keys->keys[i];
	return NULL;
}

static bool parse_key(struct str digits, struct seal_key *key)
{
	char raw[SEAL_KEY_BYTES + 1];
	struct buf bytes = {.ptr = raw, .cap = sizeof(raw), .max = SEAL_KEY_BYTES};
	bool fine = digits.len == 2 * (size_t)SEAL_KEY_BYTES && hex_decode(&bytes, digits);

	if (fine) {
		memcpy(key->bytes, raw, SEAL_KEY_BYTES);
		derive(key);
	}
	wipe(raw, sizeof(raw));
	return fine;
}

static enum fail parse_keys(struct str content, struct seal_keys *keys, struct why *why)
{
	struct str line;
	unsigned number = 0;

	if (content.len == SEAL_KEY_BYTES) {
		memcpy(keys->keys[0].bytes, content.ptr, SEAL_KEY_BYTES);
		derive(&keys->keys[0]);
		keys->count = 1;
		return FAIL_NONE;
	}
	while (str_next(&content, '\n', &line)) {
		number++;
		line = str_trim(line);
		if (!line.len || line.ptr[0] == '#')
			continue;
		if (keys->count == SEAL_MAX_KEYS)
			return failf(why, FAIL_INPUT, "more than %d keys", SEAL_MAX_KEYS);
		if (!parse_key(line, &keys->keys[keys->count]))
			return failf(
				why, FAIL_INPUT,
				"line %u is not a key of 64 hex digits, and the file is not "
				"one of 32 bytes",
				number);
		if (key_by_id(keys, str_of(keys->keys[keys->count].id)))
			return failf(why, FAIL_INPUT, "line %u: the key of an earlier line",
				     number);
		keys->count++;
	}
	if (!keys->count)
		return failf(why, FAIL_INPUT, "no key in it");
	return FAIL_NONE;
}

enum fail seal_keys_parse(struct str content, struct seal_keys *ret_keys, struct why *why)
{
	struct seal_keys keys = {.count = 0};
	enum fail f = parse_keys(content, &keys, why);

	if (!f)
		*ret_keys = keys;
	seal_keys_wipe(&keys);
	return f;
}

void seal_keys_wipe(struct seal_keys *keys)
{
	wipe(keys, sizeof(*keys));
}

enum fail seal_keys_read(struct str path, struct seal_keys *ret_keys, struct why *why)
{
	AUTO_BUF content = BUF(SEAL_FILE_MAX_BYTES);
	enum fail f;

	/* All room at once: a buffer that grows leaves pieces of the key behind. */
	PROMISE(buf_room(&content, SEAL_FILE_MAX_BYTES));
	f = file_read(path, &content, why);
	if (!f) {
		f = seal_keys_parse(buf_str(&content), ret_keys, why);
		if (f)
			f = fail_in(why, f, "%.*s", STR_ARG(path));
	}
	buf_wipe(&content);
	return f ? fail_in(why, f, "seal key file") : FAIL_NONE;
}

/* --- sealing */

/* Each part with its length before it, so that no two lists of parts read the same. */
enum { PLACE_PARTS = 4 };
struct authenticated {
	unsigned char length[PLACE_PARTS][4];
	struct str parts[PLACE_PARTS];
};

static void authenticate(struct authenticated *ret, const struct seal_place *place,
			 const struct seal_key *key)
{
	const struct str parts[PLACE_PARTS] = {place->namespace, place->name, place->key,
					       str_of(key->id)};

	for (size_t i = 0; i < PLACE_PARTS; i++) {
		PROMISE(parts[i].len <= UINT32_MAX);
		ret->parts[i] = parts[i];
		for (size_t k = 0; k < 4; k++)
			ret->length[i][k] = (unsigned char)(parts[i].len >> (24 - 8 * k));
	}
}

/* A context that has seen key, nonce and place. Sealing and opening differ in encrypt only. */
static EVP_CIPHER_CTX *cipher(const struct seal_key *key, const unsigned char *nonce,
			      const struct seal_place *place, int encrypt)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	struct authenticated a;
	int n;

	PROMISE(ctx);
	authenticate(&a, place, key);
	PROMISE(EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), key->bytes, nonce, encrypt, NULL));
	for (size_t i = 0; i < PLACE_PARTS; i++) {
		PROMISE(EVP_CipherUpdate(ctx, NULL, &n, a.length[i], 4));
		if (a.parts[i].len)
			PROMISE(EVP_CipherUpdate(ctx, NULL, &n,
						 (const unsigned char *)a.parts[i].ptr,
						 (int)a.parts[i].len));
	}
	return ctx;
}

void seal_add(const struct seal_keys *keys, const struct seal_place *place, struct str value,
	      struct buf *out)
{
	size_t size = SEAL_NONCE_BYTES + value.len + SEAL_TAG_BYTES;
	unsigned char *raw, *body;
	EVP_CIPHER_CTX *ctx;
	int n, rest;

	PROMISE(keys->count && value.len <= INT32_MAX);
	raw = xmalloc(size);
	body = raw + SEAL_NONCE_BYTES;
	random_bytes(raw, SEAL_NONCE_BYTES);
	ctx = cipher(&keys->keys[0], raw, place, 1);
	n = 0;
	if (value.len)
		PROMISE(EVP_CipherUpdate(ctx, body, &n, (const unsigned char *)value.ptr,
					 (int)value.len));
	PROMISE(EVP_CipherFinal_ex(ctx, body + n, &rest) && (size_t)(n + rest) == value.len);
	PROMISE(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_BYTES,
				    body + value.len));
	EVP_CIPHER_CTX_free(ctx);
	buf_addf(out, "%s%s:", seal_prefix, keys->keys[0].id);
	base64url_add(out, str_n((const char *)raw, size));
	free(raw);
}

/* Splits `<prefix><key id>:<rest>`. */
static const struct seal_key *key_of(const struct seal_keys *keys, struct str text,
				     const char *prefix, struct str *ret_rest)
{
	struct str id;

	if (!str_starts(text, str_of(prefix)) ||
	    !str_cut(str_from(text, strlen(prefix)), ':', &id, ret_rest))
		return NULL;
	return key_by_id(keys, id);
}

/* raw is nonce, ciphertext, tag; the value goes to out. */
static bool decrypt(const struct seal_key *key, const struct seal_place *place, struct str raw,
		    struct buf *out)
{
	size_t size = raw.len - SEAL_NONCE_BYTES - SEAL_TAG_BYTES;
	const unsigned char *nonce = (const unsigned char *)raw.ptr;
	const unsigned char *body = nonce + SEAL_NONCE_BYTES;
	unsigned char tag[SEAL_TAG_BYTES], *to;
	EVP_CIPHER_CTX *ctx;
	int n = 0, rest;
	bool fine;

	to = (unsigned char *)buf_room(out, size);
	if (!to)
		return false;
	memcpy(tag, body + size, sizeof(tag));
	ctx = cipher(key, nonce, place, 0);
	PROMISE(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag));
	fine = size == 0 || EVP_CipherUpdate(ctx, to, &n, body, (int)size);
	fine = fine && EVP_CipherFinal_ex(ctx, to + n, &rest) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (fine)
		buf_added(out, size);
	else
		wipe(to, size); /* what was deciphered before the tag proved wrong */
	return fine;
}

enum fail seal_open(const struct seal_keys *keys, const struct seal_place *place,
		    struct str text, struct buf *out, struct why *why)
{
	const struct seal_key *key;
	struct str rest;
	bool fine;

	if (!str_starts(text, STR("ark1:")))
		return failf(why, FAIL_INPUT, "not a sealed value");
	key = key_of(keys, text, seal_prefix, &rest);
	if (!key)
		return failf(why, FAIL_INPUT, "sealed with a key that is not here");
	AUTO_BUF raw = BUF(rest.len);
	if (!base64url_decode(&raw, rest) || raw.len < SEAL_NONCE_BYTES + SEAL_TAG_BYTES ||
	    raw.len > INT32_MAX)
		return failf(why, FAIL_INPUT, "not a sealed value");
	fine = decrypt(key, place, buf_str(&raw), out);
	if (!fine && out->full)
		return failf(why, FAIL_INPUT, "secret-bytes: a sealed value over %zu bytes",
			     out->max);
	if (!fine)
		return failf(why, FAIL_INPUT,
			     "a sealed value was changed, or sealed for another place");
	return FAIL_NONE;
}

bool seal_is_current(const struct seal_keys *keys, struct str text)
{
	struct str rest;

	return keys->count && key_of(keys, text, seal_prefix, &rest) == &keys->keys[0];
}

/* --- tokens that are only checked */

static void mac(const struct seal_key *key, const struct seal_place *place, struct str token,
		char out[SHA256_HEX_SIZE])
{
	unsigned char digest[SHA256_BYTES];
	struct str parts[2 * PLACE_PARTS + 1];
	struct authenticated a;

	authenticate(&a, place, key);
	for (size_t i = 0; i < PLACE_PARTS; i++) {
		parts[2 * i] = str_n((const char *)a.length[i], 4);
		parts[2 * i + 1] = a.parts[i];
	}
	parts[2 * PLACE_PARTS] = token;
	hmac_sha256_parts(str_n((const char *)key->mac, sizeof(key->mac)), parts,
			  2 * PLACE_PARTS + 1, digest);
	hex_text(str_n((const char *)digest, sizeof(digest)), out);
}

void seal_mac_add(const struct seal_keys *keys, const struct seal_place *place,
		  struct str token, struct buf *out)
{
	char hex[SHA256_HEX_SIZE];

	PROMISE(keys->count);
	mac(&keys->keys[0], place, token, hex);
	buf_addf(out, "%s%s:%s", mac_prefix, keys->keys[0].id, hex);
}

bool seal_mac_matches(const struct seal_keys *keys, const struct seal_place *place,
		      struct str text, struct str token)
{
	const struct seal_key *key;
	char hex[SHA256_HEX_SIZE];
	struct str rest;

	key = key_of(keys, text, mac_prefix, &rest);
	if (!key)
		return false;
	mac(key, place, token, hex);
	return secret_eq(rest, str_of(hex));
}
