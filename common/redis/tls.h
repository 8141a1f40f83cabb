/*
 * TLS towards Redis: the client side of OpenSSL, always with verification.
 */
#ifndef ARK_REDIS_TLS_H
#define ARK_REDIS_TLS_H

#include <openssl/types.h>

#include "base/fail.h"

/* A session that checks the peer's certificate against host (name or IP address) and the
 * authorities in ca_file (PEM, read now; empty: those of the system). host and ca_file are ended
 * by a NUL outside their length. The caller frees it with SSL_free. */
enum fail tls_client(struct str host, struct str ca_file, SSL **ret_ssl,
		     struct why *why) MUST_CHECK;
/* What went wrong with a session: the verdict on the certificate, or the reason of error (0: the
 * newest of OpenSSL's queue), or fallback when neither says anything. */
void tls_words(const SSL *ssl, unsigned long error, const char *fallback, struct why *why);

#endif
