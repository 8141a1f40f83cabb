/*
 * Where the API server is and who we are to it: INTERFACES 19.1 to 19.5.
 *
 * Looked for in this order: the file that was named (--kubeconfig), $KUBECONFIG (files joined by
 * ':'), the pod's service account, ~/.kube/config. What is secret in here is never printed.
 */
#ifndef ARK_KUBE_KUBE_CONFIG_H
#define ARK_KUBE_KUBE_CONFIG_H

#include "base/arena.h"
#include "base/fail.h"
#include "base/value.h"

enum {
	KUBE_CONFIG_MAX_BYTES = 4 << 20, /* of one file */
	KUBE_CONFIG_MAX_FILES = 16,
	KUBE_TOKEN_MAX_BYTES = 64 << 10,
};

/* Texts are in the arena and end with a NUL outside their length; empty = not given. */
struct kube_config {
	struct arena arena;
	struct str server;  /* https://host:port/prefix, no slash at its end */
	struct str context; /* of a kubeconfig */
	struct str namespace;

	struct str ca_file, cert_file, key_file;
	struct str ca_pem, cert_pem, key_pem; /* a text wins over its file */
	struct str tls_server_name, proxy;
	bool insecure;

	struct str token;
	struct str token_file; /* wins; read again and again, since it is short-lived */
	struct str user, password;
	struct str as_user, as_uid;
	struct str_list as_groups;
	const struct value *exec; /* users[].user.exec; NULL = none */
};

struct kube_config_choice {
	struct str file;    /* --kubeconfig; empty = look for one */
	struct str context; /* empty = the file's current-context */
	bool may_exec;	    /* the `ark` command only: daemons refuse exec and say so */
};

/* FAIL_INPUT names the file and the member that is wrong or missing. Nothing to release then. */
enum fail kube_config_load(struct kube_config *ret_config,
			   const struct kube_config_choice *choice, struct why *why) MUST_CHECK;
void kube_config_release(struct kube_config *c);

/* Inside a pod (19.1): dir is the service account's folder, host and port of the API server. */
#define KUBE_SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"
enum fail kube_config_of_pod(struct kube_config *ret_config, struct str dir, struct str host,
			     struct str port, struct why *why) MUST_CHECK;

/* --- inside: one kubeconfig, pure but for the relative paths that it resolves (fuzzed) ------------ */

/* Files already read, first wins. Fills ret_config, whose arena the texts must outlive. */
struct kube_config_file {
	struct str path; /* for messages, and what relative paths start from */
	struct value value;
};
enum fail kube_config_merge(struct kube_config *ret_config,
			    const struct kube_config_file *files, size_t count,
			    const struct kube_config_choice *choice,
			    struct why *why) MUST_CHECK;

#endif
