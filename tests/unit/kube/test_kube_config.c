/* Before cmocka, whose macro fail() would stand in the way of functions that return enum fail. */
#include "kube/kube_config.h"
#include "lang/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define CONTEXT                                                                                \
	"current-context: here\n"                                                              \
	"contexts: [{name: here, context: {cluster: c, user: u, namespace: demo}},\n"          \
	"           {name: there, context: {cluster: d}}]\n"
#define CLUSTER(fields) "clusters: [{name: c, cluster: {server: 'https://h:1/p/'" fields "}}]\n"
#define USER(fields) "users: [{name: u, user: {" fields "}}]\n"

#define assert_str(got, want) assert_str_at((got), (want), __LINE__)
static void assert_str_at(struct str got, const char *want, int line)
{
	if (!str_is(got, want))
		fail_msg("line %d: '%.*s' is not '%s'", line, STR_ARG(got), want);
}

static struct kube_config_file file_of(struct arena *a, const char *path, const char *yaml)
{
	struct kube_config_file f = {.path = str_of(path)};
	struct why why;

	if (yaml_parse(a, str_of(yaml), &f.value, &why))
		fail_msg("%s", why.text);
	return f;
}

static void test_token(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct kube_config_choice choice = {.may_exec = false};
	const struct kube_config_file f =
		file_of(&a, "/x/config",
			CONTEXT CLUSTER(", certificate-authority: ca.crt")
				USER("token: t, as: me, as-groups: [g, h]"));
	struct kube_config c = {.arena = ARENA_INIT};

	(void)state;
	assert_int_equal(kube_config_merge(&c, &f, 1, &choice, NULL), FAIL_NONE);
	assert_str(c.server, "https://h:1/p");
	assert_str(c.context, "here");
	assert_str(c.namespace, "demo");
	assert_str(c.ca_file, "/x/ca.crt");
	assert_str(c.token, "t");
	assert_str(c.as_user, "me");
	assert_int_equal(c.as_groups.count, 2);
	kube_config_release(&c);
}

/* INTERFACES 19.3: the first file to set a value wins. */
static void test_several_files(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct kube_config_choice choice = {.context = STR("there")};
	const struct kube_config_file files[] = {
		file_of(&a, "/x/one", CONTEXT),
		file_of(&a, "/y/two",
			"current-context: other\n"
			"clusters: [{name: d, cluster: {server: 'https://d', "
			"certificate-authority: ca}}]\n"),
	};
	struct kube_config c = {.arena = ARENA_INIT};

	(void)state;
	assert_int_equal(kube_config_merge(&c, files, 2, &choice, NULL), FAIL_NONE);
	assert_str(c.server, "https://d");
	assert_str(c.ca_file, "/y/ca");
	kube_config_release(&c);
}

struct refused_case {
	const char *yaml, *words;
};

static void test_refused(void **state)
{
	static const struct refused_case cases[] = {
		{"a: b\n", "f: there is no current-context"},
		{"current-context: x\n", "f: there is no context 'x'"},
		{CONTEXT, "f: context 'here' names cluster 'c', which is not there"},
		{CONTEXT CLUSTER(""), "f: context 'here' names user 'u', which is not there"},
		{CONTEXT "clusters: [{name: c, cluster: {server: h}}]\n" USER("token: t"),
		 "f: cluster.server is no URL"},
		{CONTEXT CLUSTER(", insecure-skip-tls-verify: true, certificate-authority: x")
			 USER("token: t"),
		 "f: insecure-skip-tls-verify together with a certificate-authority"},
		{CONTEXT CLUSTER(", certificate-authority-data: '?'") USER("token: t"),
		 "f: certificate-authority-data is no base64"},
		{CONTEXT CLUSTER("") USER("client-certificate: x"),
		 "f: a client-certificate needs its client-key, and the other way round"},
		{CONTEXT CLUSTER("") USER("exec: {command: x}"),
		 "f: user.exec runs a program, which a daemon does not do: use a token file or "
		 "a "
		 "client certificate"},
		{CONTEXT CLUSTER("") USER("auth-provider: {name: x}"),
		 "f: user.auth-provider is not supported: use a token, a client certificate or "
		 "exec"},
	};
	const struct kube_config_choice choice = {.may_exec = false};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		const struct kube_config_file f = file_of(&a, "f", cases[i].yaml);
		struct kube_config c = {.arena = ARENA_INIT};
		struct why why = {""};

		assert_int_equal(kube_config_merge(&c, &f, 1, &choice, &why), FAIL_INPUT);
		assert_string_equal(why.text, cases[i].words);
		kube_config_release(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_several_files),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
