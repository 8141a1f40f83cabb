/*
 * Digests, codes for bytes as text, and randomness.
 *
 * This file and seal.c are where the suite meets OpenSSL's ciphers; nobody else includes it, but
 * for TLS. Sizes are bytes. Digests cannot fail: when OpenSSL has no SHA-256 the process ends.
 */
#ifndef ARK_BASE_HASH_H
#define ARK_BASE_HASH_H

#include "base/buf.h"
#include "base/str.h"

enum {
	SHA256_BYTES = 32,
	SHA256_HEX_SIZE = 2 * SHA256_BYTES + 1, /* 64 lower case digits and a NUL */
};

/* --- digests: FIPS 180-4, RFC 2104 ------------------------------------------------------ */

void sha256(struct str data, unsigned char out[SHA256_BYTES]);
void sha256_hex(struct str data, char out[SHA256_HEX_SIZE]);
/* The digest of several texts as if they stood in one, so that nobody copies a large body. */
void sha256_parts(const struct str *parts, size_t count, unsigned char out[SHA256_BYTES]);

void hmac_sha256(struct str key, struct str data, unsigned char out[SHA256_BYTES]);
void hmac_sha256_hex(struct str key, struct str data, char out[SHA256_HEX_SIZE]);
void hmac_sha256_parts(struct str key, const struct str *parts, size_t count,
		       unsigned char out[SHA256_BYTES]);

/* --- bytes as text ----------------------------------------------------------------------- */

/* Lower case digits. hex_text wants room for 2 * data.len + 1 bytes and ends them by a NUL. */
void hex_add(struct buf *b, struct str data);
void hex_text(struct str data, char *out);
/* Digits of either case, an even number of them. Appends the bytes, or appends nothing and is
 * false. Also false when they do not fit the buffer. */
bool hex_decode(struct buf *b, struct str text) MUST_CHECK;

/* RFC 4648 section 4, with padding; section 5 (`-` and `_`), without. */
void base64_add(struct buf *b, struct str data);
void base64url_add(struct buf *b, struct str data);
/* Exactly what the encoder gives, nothing else: no blanks, the right padding, unused bits zero;
 * so that equal bytes have one text only. Appends the bytes, or appends nothing and is false.
 * Also false when they do not fit the buffer. */
bool base64_decode(struct buf *b, struct str text) MUST_CHECK;
bool base64url_decode(struct buf *b, struct str text) MUST_CHECK;

/* --- secrets ----------------------------------------------------------------------------- */

/* From the kernel; waits for its entropy at boot, never fails. */
void random_bytes(void *out, size_t size);
uint64_t random_u64(void);

/* For tokens and signatures: the time taken depends on the lengths only. Texts of different
 * length are unequal. */
bool secret_eq(struct str a, struct str b);
/* Overwrites memory that held a secret; is not optimised away. */
void wipe(void *ptr, size_t size);
/* The same for all that a buffer has, which stays usable. What it outgrew earlier was freed
 * unwiped: size such buffers up front with buf_room. */
void buf_wipe(struct buf *b);

/* --- tables ------------------------------------------------------------------------------ */

/* Fast and well mixed, no cryptography: for tables in memory only. Never put it on a wire. Pass
 * a random seed where the keys come from outside, so that nobody can choose colliding ones. */
uint64_t hash_fast(struct str data, uint64_t seed);

#endif
