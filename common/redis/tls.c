#include "redis/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

void tls_words(const SSL *ssl, unsigned long error, const char *fallback, struct why *why)
{
	long verdict = ssl ? SSL_get_verify_result(ssl) : X509_V_OK;
	const char *reason;

	if (!error)
		error = ERR_peek_last_error();
	reason = error ? ERR_reason_error_string(error) : NULL;
	ERR_clear_error();
	if (verdict != X509_V_OK)
		why_write(why, "TLS: the certificate is not accepted: %s",
			  X509_verify_cert_error_string(verdict));
	else if (reason)
		why_write(why, "TLS: %s", reason);
	else
		why_write(why, "%s", fallback);
}

static bool set_host(SSL *ssl, const char *host)
{
	/* An address is compared with the addresses of the certificate, and is no server name. */
	if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1)
		return true;
	ERR_clear_error();
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	/* OpenSSL copies the name; its macro does not take a const one. */
	return SSL_set1_host(ssl, host) == 1 &&
	       SSL_set_tlsext_host_name(ssl, (char *)(uintptr_t)host) == 1;
}

enum fail tls_client(struct str host, struct str ca_file, SSL **ret_ssl, struct why *why)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = NULL;
	bool fine;

	PROMISE(ctx);
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	fine = ca_file.len ? SSL_CTX_load_verify_file(ctx, ca_file.ptr) == 1
			   : SSL_CTX_set_default_verify_paths(ctx) == 1;
	if (!fine) {
		tls_words(NULL, 0, "TLS: cannot be set up", why);
		SSL_CTX_free(ctx);
		return fail_in(why, FAIL_BUSY, "authorities '%.*s'", STR_ARG(ca_file));
	}
	ssl = SSL_new(ctx);
	SSL_CTX_free(ctx); /* the session holds it */
	PROMISE(ssl);
	if (!set_host(ssl, host.ptr)) {
		SSL_free(ssl);
		ERR_clear_error();
		return failf(why, FAIL_INPUT, "TLS: '%.*s' is not a host name", STR_ARG(host));
	}
	*ret_ssl = ssl;
	return FAIL_NONE;
}
