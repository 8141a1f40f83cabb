/* ArkSecret (SPEC 19.1), as the daemons read it. See parts.h for what a view is. */
#ifndef ARK_KINDS_SECRET_H
#define ARK_KINDS_SECRET_H

#include "base/fail.h"
#include "kinds/parts.h"

enum secret_provider { SECRET_KUBERNETES, SECRET_VAULT, SECRET_FILE };

struct ark_secret {
	enum secret_provider provider;
	struct str env_var;
	struct key_ref kubernetes;
	struct str vault_address, vault_mount, vault_path, vault_key;
	bool vault_insecure;
	int64_t vault_kv_version;
	struct key_ref vault_token; /* else the role below */
	struct str vault_role, vault_role_mount, vault_audience;
	struct key_ref vault_ca;
	struct str file_path;
	int64_t refresh_seconds;
};

enum fail ark_secret_load(struct arena *a, const struct value *spec, struct ark_secret *ret,
			  struct why *why) MUST_CHECK;

#endif
