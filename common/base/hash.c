#include "base/hash.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

/* --- digests */

/* Looked up once: finding an algorithm by name costs more than a short digest. */
static const EVP_MD *sha256_algorithm(void)
{
	static EVP_MD *md;

	if (!md)
		md = EVP_MD_fetch(NULL, "SHA256", NULL);
	PROMISE(md);
	return md;
}

void sha256_parts(const struct str *parts, size_t count, unsigned char out[SHA256_BYTES])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	PROMISE(ctx && EVP_DigestInit_ex2(ctx, sha256_algorithm(), NULL));
	for (size_t i = 0; i < count; i++)
		PROMISE(EVP_DigestUpdate(ctx, parts[i].ptr, parts[i].len));
	PROMISE(EVP_DigestFinal_ex(ctx, out, NULL));
	EVP_MD_CTX_free(ctx);
}

void sha256(struct str data, unsigned char out[SHA256_BYTES])
{
	sha256_parts(&data, 1, out);
}

void sha256_hex(struct str data, char out[SHA256_HEX_SIZE])
{
	unsigned char digest[SHA256_BYTES];

	sha256(data, digest);
	hex_text(str_n((const char *)digest, sizeof(digest)), out);
}

/* A keyed context that is ready to be copied: fetching and naming the digest are the dear part. */
static EVP_MAC_CTX *hmac_template(void)
{
	static EVP_MAC_CTX *template;
	static char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		{"digest", OSSL_PARAM_UTF8_STRING, digest, sizeof(digest) - 1, 0},
		{NULL, 0, NULL, 0, 0},
	};

	if (!template) {
		EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

		PROMISE(mac);
		template = EVP_MAC_CTX_new(mac);
		EVP_MAC_free(mac); /* the context keeps its own reference */
		PROMISE(template && EVP_MAC_CTX_set_params(template, params));
	}
	return template;
}

void hmac_sha256_parts(struct str key, const struct str *parts, size_t count,
		       unsigned char out[SHA256_BYTES])
{
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(hmac_template());
	const unsigned char none = 0;
	size_t len;

	/* A NULL key means "the key of before" to OpenSSL; ours is then the empty key. */
	PROMISE(ctx && EVP_MAC_init(ctx, key.len ? (const unsigned char *)key.ptr : &none,
				    key.len, NULL));
	for (size_t i = 0; i < count; i++)
		PROMISE(EVP_MAC_update(ctx, (const unsigned char *)parts[i].ptr, parts[i].len));
	PROMISE(EVP_MAC_final(ctx, out, &len, SHA256_BYTES) && len == SHA256_BYTES);
	EVP_MAC_CTX_free(ctx);
}

void hmac_sha256(struct str key, struct str data, unsigned char out[SHA256_BYTES])
{
	hmac_sha256_parts(key, &data, 1, out);
}

void hmac_sha256_hex(struct str key, struct str data, char out[SHA256_HEX_SIZE])
{
	unsigned char digest[SHA256_BYTES];

	hmac_sha256(key, data, digest);
	hex_text(str_n((const char *)digest, sizeof(digest)), out);
}

/* --- hex */

static const char hex_digits[] = "0123456789abcdef";

static void hex_write(struct str data, char *out)
{
	for (size_t i = 0; i < data.len; i++) {
		unsigned char c = (unsigned char)data.ptr[i];

		out[2 * i] = hex_digits[c >> 4];
		out[2 * i + 1] = hex_digits[c & 15];
	}
}

void hex_text(struct str data, char *out)
{
	hex_write(data, out);
	out[2 * data.len] = '\0';
}

void hex_add(struct buf *b, struct str data)
{
	char *out = buf_room(b, 2 * data.len);

	if (!out)
		return;
	hex_write(data, out);
	buf_added(b, 2 * data.len);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hex_decode(struct buf *b, struct str text)
{
	size_t size = text.len / 2;
	char *out;

	if (text.len % 2)
		return false;
	out = buf_room(b, size);
	if (!out)
		return false;
	for (size_t i = 0; i < size; i++) {
		int high = hex_value(text.ptr[2 * i]), low = hex_value(text.ptr[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (char)(high << 4 | low);
	}
	buf_added(b, size);
	return true;
}

/* --- base64 */

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void base64_encode(struct buf *b, struct str data, const char *digits, bool pad)
{
	size_t whole = data.len / 3, rest = data.len % 3;
	size_t size = 4 * whole + (rest ? (pad ? 4 : rest + 1) : 0);
	const unsigned char *in = (const unsigned char *)data.ptr;
	char *out = buf_room(b, size);

	if (!out)
		return;
	for (size_t i = 0; i < whole; i++, in += 3) {
		uint32_t v = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];

		*out++ = digits[v >> 18];
		*out++ = digits[v >> 12 & 63];
		*out++ = digits[v >> 6 & 63];
		*out++ = digits[v & 63];
	}
	if (rest) {
		uint32_t v = (uint32_t)in[0] << 16 | (rest == 2 ? (uint32_t)in[1] << 8 : 0);

		*out++ = digits[v >> 18];
		*out++ = digits[v >> 12 & 63];
		if (rest == 2)
			*out++ = digits[v >> 6 & 63];
		else if (pad)
			*out++ = '=';
		if (pad)
			*out++ = '=';
	}
	buf_added(b, size);
}

void base64_add(struct buf *b, struct str data)
{
	base64_encode(b, data, base64_digits, true);
}

void base64url_add(struct buf *b, struct str data)
{
	base64_encode(b, data, base64url_digits, false);
}

/* c62 and c63 are the two characters in which the alphabets differ. */
static int base64_value(char c, char c62, char c63)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == c62)
		return 62;
	return c == c63 ? 63 : -1;
}

/* text is without padding. */
static bool base64_read(struct buf *b, struct str text, char c62, char c63)
{
	size_t rest = text.len % 4, size = text.len / 4 * 3 + (rest ? rest - 1 : 0);
	uint32_t bits = 0;
	unsigned have = 0;
	char *out;

	if (rest == 1)
		return false;
	out = buf_room(b, size);
	if (!out)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		int v = base64_value(text.ptr[i], c62, c63);

		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			*out++ = (char)(bits >> have & 255);
		}
	}
	if (bits & ((1u << have) - 1))
		return false; /* the unused bits of the last digit */
	buf_added(b, size);
	return true;
}

bool base64_decode(struct buf *b, struct str text)
{
	size_t pad = 0;

	if (text.len % 4)
		return false;
	while (pad < 2 && pad < text.len && text.ptr[text.len - 1 - pad] == '=')
		pad++;
	return base64_read(b, str_sub(text, 0, text.len - pad), '+', '/');
}

bool base64url_decode(struct buf *b, struct str text)
{
	return base64_read(b, text, '-', '_');
}

/* --- secrets */

void random_bytes(void *out, size_t size)
{
	char *at = out;

	while (size) {
		size_t n = size < 256 ? size : 256; /* getentropy's most */

		PROMISE(getentropy(at, n) == 0);
		at += n;
		size -= n;
	}
}

uint64_t random_u64(void)
{
	uint64_t v;

	random_bytes(&v, sizeof(v));
	return v;
}

bool secret_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}

void wipe(void *ptr, size_t size)
{
	if (size)
		explicit_bzero(ptr, size);
}

void buf_wipe(struct buf *b)
{
	wipe(b->ptr, b->cap);
	buf_clear(b);
}

/* --- tables */

static uint64_t mix(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load(const char *p, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, p, n);
	return v;
}

/* Each 16 bytes are folded by one 64 x 64 bit multiplication with odd constants (the fractions
 * of the square roots of 2, 3 and 5); the length is part of the last fold, so that texts which
 * differ by trailing zero bytes differ. */
uint64_t hash_fast(struct str data, uint64_t seed)
{
	const uint64_t k0 = 0x6a09e667f3bcc909u, k1 = 0xbb67ae8584caa73bu,
		       k2 = 0x3c6ef372fe94f82bu;
	const char *p = data.ptr;
	size_t left = data.len;
	uint64_t a = 0, b = 0;

	seed ^= k0;
	for (; left > 16; left -= 16, p += 16)
		seed = mix(load(p, 8) ^ k1, load(p + 8, 8) ^ seed);
	if (left > 8) {
		a = load(p, 8);
		b = load(p + 8, left - 8);
	} else if (left) {
		a = load(p, left);
	}
	return mix(k2 ^ data.len, mix(a ^ k1, b ^ seed));
}
