/* A kubeconfig: any YAML is taken or refused with words; nothing that is taken lacks a server. */
#include <stdlib.h>

#include "kube/kube_config.h"
#include "lang/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA a = ARENA_INIT;
	struct kube_config_file file = {.path = STR("/home/x/.kube/config")};
	const struct kube_config_choice choice = {.may_exec = size % 2};
	struct kube_config c = {.arena = ARENA_INIT};
	struct why why = {""};

	if (yaml_parse(&a, str_n((const char *)data, size), &file.value, NULL))
		return 0;
	if (kube_config_merge(&c, &file, 1, &choice, &why)) {
		if (!why.text[0])
			abort();
	} else if (!c.server.len || !c.context.len || (c.exec && !choice.may_exec)) {
		abort();
	}
	kube_config_release(&c);
	return 0;
}
