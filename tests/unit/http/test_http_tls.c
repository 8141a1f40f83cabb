#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "http/http_client.h"
#include "http/http_server.h"
#include "loop.h"

struct files {
	char folder[64], cert[80], key[80];
};

struct bench {
	struct event_base *base;
	struct http_server *server;
	struct http_client *client;
	struct files files;
	int done;
	enum http_outcome outcome;
	struct buf body, words;
};

/* A certificate of its own for the name, written over the files. */
static void make_cert(const struct files *f, const char *name)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509_NAME *subject = X509_get_subject_name(cert);
	X509_EXTENSION *names;
	char text[100];
	FILE *out;

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"test",
				   -1, -1, 0);
	X509_set_issuer_name(cert, subject);
	snprintf(text, sizeof(text), "DNS:%s", name);
	names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, text);
	X509_add_ext(cert, names, -1);
	X509_EXTENSION_free(names);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	out = fopen(f->cert, "w");
	PEM_write_X509(out, cert);
	fclose(out);
	out = fopen(f->key, "w");
	PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL);
	fclose(out);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void on_done(void *arg, const struct http_result *result)
{
	struct bench *b = arg;

	b->done++;
	b->outcome = result->outcome;
	buf_clear(&b->body);
	buf_add(&b->body, result->body);
	buf_clear(&b->words);
	buf_adds(&b->words, result->words);
}

static void hello(void *arg, struct exchange *x)
{
	(void)arg;
	exchange_reply(x, 200, "text/plain", exchange_is_tls(x) ? STR("tls") : STR("plain"),
		       NULL, 0);
}

static const struct http_route routes[] = {{.methods = "GET", .path = "/", .handler = hello}};

static void bench_init(struct bench *b)
{
	struct http_server_options o = {.routes = routes, .route_count = 1};
	struct http_client_options co = {0};
	struct why why = {""};

	*b = (struct bench){.body = BUF(1000), .words = BUF(1000)};
	snprintf(b->files.folder, sizeof(b->files.folder), "/tmp/ark-tls-XXXXXX");
	assert_non_null(mkdtemp(b->files.folder));
	snprintf(b->files.cert, sizeof(b->files.cert), "%s/cert", b->files.folder);
	snprintf(b->files.key, sizeof(b->files.key), "%s/key", b->files.folder);
	make_cert(&b->files, "one.test");
	b->base = event_base_new();
	b->client = http_client_new(b->base, &co);
	o.cert_file = b->files.cert;
	o.key_file = b->files.key;
	if (http_server_new(b->base, STR("127.0.0.1:0"), &o, &b->server, &why))
		fail_msg("%s", why.text);
}

static void bench_release(struct bench *b)
{
	http_client_free(b->client);
	http_server_free(b->server);
	event_base_free(b->base);
	unlink(b->files.cert);
	unlink(b->files.key);
	rmdir(b->files.folder);
	buf_release(&b->body);
	buf_release(&b->words);
}

/* Asks the server under a name. */
static enum http_outcome ask(struct bench *b, const char *name, const struct http_tls *tls)
{
	AUTO_BUF url = BUF(200), to = BUF(200);
	struct http_request r = {.on_done = on_done, .arg = b, .tls = tls, .total_ms = 10000};

	buf_addf(&url, "https://%s/", name);
	buf_addf(&to, "127.0.0.1:%u", http_server_port(b->server));
	r.url = buf_str(&url);
	r.connect_to = buf_cstr(&to);
	b->done = 0;
	assert_int_equal(http_client_send(b->client, &r, NULL, NULL), FAIL_NONE);
	RUN_UNTIL(b->base, b->done);
	return b->outcome;
}

static void read_file(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "r");
	char *room = buf_room(out, 8192);

	assert_non_null(f);
	buf_added(out, fread(room, 1, 8192, f));
	fclose(f);
}

static void test_trust(void **state)
{
	AUTO_BUF pem = BUF(8192);
	struct bench b;
	struct http_tls by_file = {0}, by_text = {0};

	(void)state;
	bench_init(&b);
	by_file.ca_file = b.files.cert;
	read_file(b.files.cert, &pem);
	by_text.ca_pem = buf_str(&pem);
	assert_int_equal(ask(&b, "one.test", NULL), HTTP_TLS_FAILED);
	assert_int_equal(ask(&b, "one.test", &by_file), HTTP_DONE);
	assert_string_equal(buf_cstr(&b.body), "tls");
	assert_int_equal(ask(&b, "one.test", &by_text), HTTP_DONE);
	/* The right CA, another name. */
	assert_int_equal(ask(&b, "two.test", &by_file), HTTP_TLS_FAILED);
	assert_int_equal(ask(&b, "two.test", &(struct http_tls){.insecure = true}), HTTP_DONE);
	/* What was let through once is no way around for the next request. */
	assert_int_equal(ask(&b, "two.test", NULL), HTTP_TLS_FAILED);
	bench_release(&b);
}

static void test_reload(void **state)
{
	struct http_tls tls = {0};
	struct bench b;
	struct why why;
	FILE *f;

	(void)state;
	bench_init(&b);
	make_cert(&b.files, "two.test");
	tls.ca_file = b.files.cert;
	assert_int_equal(ask(&b, "two.test", &tls), HTTP_TLS_FAILED);
	assert_int_equal(http_server_reload(b.server, &why), FAIL_NONE);
	assert_int_equal(ask(&b, "two.test", &tls), HTTP_DONE);
	/* A file that is no certificate changes nothing. */
	{
		AUTO_BUF pem = BUF(8192);
		struct http_tls good = {0};

		read_file(b.files.cert, &pem);
		good.ca_pem = buf_str(&pem);
		f = fopen(b.files.cert, "w");
		fputs("nonsense", f);
		fclose(f);
		assert_int_equal(http_server_reload(b.server, &why), FAIL_INPUT);
		assert_non_null(strstr(why.text, b.files.cert));
		assert_int_equal(ask(&b, "two.test", &good), HTTP_DONE);
	}
	bench_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trust),
		cmocka_unit_test(test_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
