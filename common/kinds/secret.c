#include "kinds/secret.h"

#include "kinds/check.h"
#include "kinds/read.h"
#include "kinds/shared.h"

enum fail ark_secret_load(struct arena *a, const struct value *spec, struct ark_secret *ret,
			  struct why *why)
{
	struct view v = {a, &table_secret, spec};
	struct view kubernetes, vault, auth, file;
	enum fail f;

	f = check_structure(a, &table_secret, spec, "spec", why);
	if (f)
		return f;
	kubernetes = read_object(&v, "kubernetes");
	vault = read_object(&v, "vault");
	auth = read_object(&vault, "auth");
	file = read_object(&v, "file");
	*ret = (struct ark_secret){
		.provider = (enum secret_provider)read_choice(&v, "provider"),
		.env_var = read_text(&v, "envVar"),
		.kubernetes = read_key(&kubernetes, "secretRef"),
		.vault_address = read_text(&vault, "address"),
		.vault_mount = read_text(&vault, "mount"),
		.vault_path = read_text(&vault, "path"),
		.vault_key = read_text(&vault, "key"),
		.vault_insecure = read_bool(&vault, "insecure"),
		.vault_kv_version = read_int(&vault, "kvVersion"),
		.vault_token = read_key(&auth, "tokenSecretRef"),
		.vault_role = read_text(&auth, "kubernetesRole"),
		.vault_role_mount = read_text(&auth, "kubernetesMount"),
		.vault_audience = read_text(&vault, "audience"),
		.vault_ca = read_key(&vault, "caSecretRef"),
		.file_path = read_text(&file, "path"),
		.refresh_seconds = read_int(&v, "refreshIntervalSeconds"),
	};
	return FAIL_NONE;
}
