#include "kube/kube_config.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "http/uri.h"
#include "lang/yaml.h"

enum { NAMESPACE_MAX_BYTES = 256 };

/* --- finding what a name stands for: the first file that says it wins ---------------------------- */

/* Where a value was found, for messages and relative paths. */
struct found {
	const struct value *value; /* NULL: nowhere */
	const struct kube_config_file *file;
};

struct merge {
	struct arena *arena;
	const struct kube_config_file *files;
	size_t count;
};

static struct found find_text(const struct merge *m, const char *key)
{
	for (size_t i = 0; i < m->count; i++) {
		const struct value *v = value_get(&m->files[i].value, str_of(key));

		if (value_text(v).len)
			return (struct found){v, &m->files[i]};
	}
	return (struct found){NULL, NULL};
}

/* The member `inner` of the item of that name in the list: contexts[name=x].context */
static struct found find_named(const struct merge *m, const char *list, struct str name,
			       const char *inner)
{
	for (size_t i = 0; i < m->count; i++) {
		const struct value *items = value_get(&m->files[i].value, str_of(list));

		for (size_t j = 0; j < value_count(items); j++) {
			const struct value *item = value_at(items, j);
			const struct value *v = value_get(item, str_of(inner));

			if (str_eq(value_text(value_get(item, STR("name"))), name) &&
			    value_is(v, VALUE_MAP))
				return (struct found){v, &m->files[i]};
		}
	}
	return (struct found){NULL, NULL};
}

static struct str text_of(const struct merge *m, const struct found *f, const char *key)
{
	return arena_str(m->arena, value_text(value_get(f->value, str_of(key))));
}

static bool bool_of(const struct found *f, const char *key)
{
	const struct value *v = value_get(f->value, str_of(key));

	return value_is(v, VALUE_BOOL) && v->boolean;
}

/* A path, relative to the file that holds it. */
static struct str path_of(const struct merge *m, const struct found *f, const char *key)
{
	struct str path = text_of(m, f, key);
	size_t slash = str_rchr(f->file->path, '/');

	if (!path.len || path.ptr[0] == '/' || slash == STR_NONE)
		return path;
	return arena_printf(m->arena, "%.*s/%.*s", STR_ARG(str_sub(f->file->path, 0, slash)),
			    STR_ARG(path));
}

static enum fail data_of(const struct merge *m, const struct found *f, const char *key,
			 struct str *ret, struct why *why)
{
	struct str code = text_of(m, f, key);
	AUTO_BUF text = BUF(KUBE_CONFIG_MAX_BYTES);

	*ret = STR("");
	if (!code.len)
		return FAIL_NONE;
	if (!base64_decode(&text, code))
		return failf(why, FAIL_INPUT, "%.*s: %s is no base64", STR_ARG(f->file->path),
			     key);
	*ret = arena_str(m->arena, buf_str(&text));
	buf_wipe(&text);
	return FAIL_NONE;
}

/* --- cluster and user (19.4, 19.5) ------------------------------------------------------------------ */

static enum fail take_cluster(struct kube_config *c, const struct merge *m,
			      const struct found *cluster, struct why *why)
{
	struct uri u;

	c->server = text_of(m, cluster, "server");
	while (c->server.len && c->server.ptr[c->server.len - 1] == '/')
		c->server.len--;
	c->server = arena_str(m->arena, c->server);
	if (!uri_split(c->server, &u) || u.query.ptr)
		return failf(why, FAIL_INPUT, "%.*s: cluster.server is no URL",
			     STR_ARG(cluster->file->path));
	c->ca_file = path_of(m, cluster, "certificate-authority");
	c->tls_server_name = text_of(m, cluster, "tls-server-name");
	c->proxy = text_of(m, cluster, "proxy-url");
	c->insecure = bool_of(cluster, "insecure-skip-tls-verify");
	if (data_of(m, cluster, "certificate-authority-data", &c->ca_pem, why))
		return FAIL_INPUT;
	if (c->insecure && (c->ca_file.len || c->ca_pem.len))
		return failf(why, FAIL_INPUT,
			     "%.*s: insecure-skip-tls-verify together with a "
			     "certificate-authority",
			     STR_ARG(cluster->file->path));
	return FAIL_NONE;
}

static struct str_list groups_of(const struct merge *m, const struct found *user)
{
	const struct value *list = value_get(user->value, STR("as-groups"));
	struct str *groups = ARENA_ARRAY(m->arena, value_count(list), struct str);

	for (size_t i = 0; i < value_count(list); i++)
		groups[i] = arena_str(m->arena, value_text(value_at(list, i)));
	return (struct str_list){groups, value_count(list)};
}

/* Programs that make credentials are for people, who wait for them (19.5). */
static enum fail take_helper(struct kube_config *c, const struct merge *m,
			     const struct found *user, bool may_exec, struct why *why)
{
	const struct value *exec = value_get(user->value, STR("exec"));
	struct value *copy;

	if (!value_is_nil(value_get(user->value, STR("auth-provider"))))
		return failf(why, FAIL_INPUT,
			     "%.*s: user.auth-provider is not supported: use a token, a client "
			     "certificate or exec",
			     STR_ARG(user->file->path));
	if (value_is_nil(exec))
		return FAIL_NONE;
	if (!may_exec)
		return failf(
			why, FAIL_INPUT,
			"%.*s: user.exec runs a program, which a daemon does not do: use a "
			"token file or a client certificate",
			STR_ARG(user->file->path));
	copy = ARENA_NEW(m->arena, struct value);
	*copy = value_copy(m->arena, exec);
	c->exec = copy;
	return FAIL_NONE;
}

static enum fail take_user(struct kube_config *c, const struct merge *m,
			   const struct found *user, bool may_exec, struct why *why)
{
	if (!user->value)
		return FAIL_NONE;
	c->cert_file = path_of(m, user, "client-certificate");
	c->key_file = path_of(m, user, "client-key");
	if (data_of(m, user, "client-certificate-data", &c->cert_pem, why) ||
	    data_of(m, user, "client-key-data", &c->key_pem, why))
		return FAIL_INPUT;
	if ((c->cert_file.len || c->cert_pem.len) != (c->key_file.len || c->key_pem.len))
		return failf(why, FAIL_INPUT,
			     "%.*s: a client-certificate needs its client-key, and the other "
			     "way round",
			     STR_ARG(user->file->path));
	c->token = text_of(m, user, "token");
	c->token_file = path_of(m, user, "tokenFile");
	c->user = text_of(m, user, "username");
	c->password = text_of(m, user, "password");
	c->as_user = text_of(m, user, "as");
	c->as_uid = text_of(m, user, "as-uid");
	c->as_groups = groups_of(m, user);
	return take_helper(c, m, user, may_exec, why);
}

enum fail kube_config_merge(struct kube_config *c, const struct kube_config_file *files,
			    size_t count, const struct kube_config_choice *choice,
			    struct why *why)
{
	const struct merge m = {&c->arena, files, count};
	struct found current = find_text(&m, "current-context"), context, cluster, user;
	struct str name = choice->context.len ? choice->context : value_text(current.value);
	struct str first = count ? files[0].path : STR("kubeconfig");
	enum fail f;

	if (!name.len)
		return failf(why, FAIL_INPUT, "%.*s: there is no current-context",
			     STR_ARG(first));
	context = find_named(&m, "contexts", name, "context");
	if (!context.value)
		return failf(why, FAIL_INPUT, "%.*s: there is no context '%.*s'",
			     STR_ARG(first), STR_ARG(name));
	c->context = arena_str(&c->arena, name);
	c->namespace = text_of(&m, &context, "namespace");
	name = value_text(value_get(context.value, STR("cluster")));
	cluster = find_named(&m, "clusters", name, "cluster");
	if (!cluster.value)
		return failf(why, FAIL_INPUT,
			     "%.*s: context '%.*s' names cluster '%.*s', "
			     "which is not there",
			     STR_ARG(context.file->path), STR_ARG(c->context), STR_ARG(name));
	name = value_text(value_get(context.value, STR("user")));
	user = find_named(&m, "users", name, "user");
	if (!user.value && name.len)
		return failf(why, FAIL_INPUT,
			     "%.*s: context '%.*s' names user '%.*s', "
			     "which is not there",
			     STR_ARG(context.file->path), STR_ARG(c->context), STR_ARG(name));
	f = take_cluster(c, &m, &cluster, why);
	return f ? f : take_user(c, &m, &user, choice->may_exec, why);
}

/* --- files ------------------------------------------------------------------------------------------- */

/* A missing file is skipped unless it must be there. */
static enum fail read_one(struct arena *a, struct str path, bool must,
			  struct kube_config_file *ret, bool *ret_there, struct why *why)
{
	AUTO_BUF text = BUF(KUBE_CONFIG_MAX_BYTES);
	struct why inner;

	*ret_there = false;
	ret->path = arena_str(a, path);
	if (!must && access(ret->path.ptr, F_OK))
		return FAIL_NONE;
	if (file_read(path, &text, why))
		return FAIL_INPUT;
	if (yaml_parse(a, arena_str(a, buf_str(&text)), &ret->value, &inner))
		return failf(why, FAIL_INPUT, "%.*s: %s", STR_ARG(path), inner.text);
	buf_wipe(&text);
	*ret_there = true;
	return FAIL_NONE;
}

/* list: paths joined by ':'. *ret_any false: none of them is there. */
static enum fail load_files(struct kube_config *c, struct str list, bool must,
			    const struct kube_config_choice *choice, bool *ret_any,
			    struct why *why)
{
	struct kube_config_file files[KUBE_CONFIG_MAX_FILES];
	size_t count = 0;
	struct str path;
	bool there;

	while (str_next(&list, ':', &path)) {
		if (!path.len)
			continue;
		if (count == KUBE_CONFIG_MAX_FILES)
			return failf(why, FAIL_INPUT, "KUBECONFIG names over %d files",
				     KUBE_CONFIG_MAX_FILES);
		if (read_one(&c->arena, path, must, &files[count], &there, why))
			return FAIL_INPUT;
		count += there;
	}
	*ret_any = count > 0;
	return count ? kube_config_merge(c, files, count, choice, why) : FAIL_NONE;
}

static struct str env(const char *name)
{
	const char *v = getenv(name);

	return v ? str_of(v) : STR("");
}

/* *ret_any false: nothing says where a cluster is. */
static enum fail look(struct kube_config *c, const struct kube_config_choice *choice,
		      bool *ret_any, struct why *why)
{
	enum fail f;

	*ret_any = true;
	if (choice->file.len)
		return load_files(c, choice->file, true, choice, ret_any, why);
	f = load_files(c, env("KUBECONFIG"), false, choice, ret_any, why);
	if (f || *ret_any)
		return f;
	if (env("KUBERNETES_SERVICE_HOST").len &&
	    !access(KUBE_SERVICE_ACCOUNT "/token", F_OK)) {
		*ret_any = true;
		return kube_config_of_pod(c, STR(KUBE_SERVICE_ACCOUNT),
					  env("KUBERNETES_SERVICE_HOST"),
					  env("KUBERNETES_SERVICE_PORT"), why);
	}
	if (!env("HOME").len)
		return FAIL_NONE;
	return load_files(c, arena_printf(&c->arena, "%.*s/.kube/config", STR_ARG(env("HOME"))),
			  false, choice, ret_any, why);
}

enum fail kube_config_load(struct kube_config *ret_config,
			   const struct kube_config_choice *choice, struct why *why)
{
	struct kube_config c = {.arena = ARENA_INIT};
	bool any;
	enum fail f = look(&c, choice, &any, why);

	if (!f && !any)
		f = failf(why, FAIL_INPUT,
			  "no cluster is known: give --kubeconfig, set KUBECONFIG, or run in a "
			  "pod with a service account");
	if (f) {
		kube_config_release(&c);
		return f;
	}
	*ret_config = c;
	return FAIL_NONE;
}

enum fail kube_config_of_pod(struct kube_config *c, struct str dir, struct str host,
			     struct str port, struct why *why)
{
	bool v6 = str_find(host, STR(":"), 0) != STR_NONE;
	AUTO_BUF namespace = BUF(NAMESPACE_MAX_BYTES);
	struct uri u;

	c->server =
		arena_printf(&c->arena, "https://%s%.*s%s:%.*s", v6 ? "[" : "", STR_ARG(host),
			     v6 ? "]" : "", STR_ARG(port.len ? port : STR("443")));
	if (!uri_split(c->server, &u))
		return failf(why, FAIL_INPUT, "KUBERNETES_SERVICE_HOST and _PORT make no URL");
	c->ca_file = arena_printf(&c->arena, "%.*s/ca.crt", STR_ARG(dir));
	c->token_file = arena_printf(&c->arena, "%.*s/token", STR_ARG(dir));
	if (file_read(arena_printf(&c->arena, "%.*s/namespace", STR_ARG(dir)), &namespace, why))
		return FAIL_INPUT;
	c->namespace = arena_str(&c->arena, str_trim(buf_str(&namespace)));
	return FAIL_NONE;
}

void kube_config_release(struct kube_config *c)
{
	arena_release(&c->arena);
}
