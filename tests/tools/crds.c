/* Writes the CustomResourceDefinitions into a folder, a file each, and the list of them for
 * kustomize: `make docs`. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kinds/crd.h"
#include "lang/yaml.h"

enum { FILE_MAX_BYTES = 4 << 20 };

static int write_file(const char *folder, const char *name, const struct buf *text)
{
	AUTO_BUF path = BUF(4096);
	FILE *f;

	buf_addf(&path, "%s/%s", folder, name);
	f = fopen(buf_cstr(&path), "w");
	if (!f || text->full || fwrite(text->ptr, 1, text->len, f) != text->len || fclose(f)) {
		fprintf(stderr, "%s: %s\n", buf_cstr(&path), strerror(errno));
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const char made[] = "# Made from the tables of common/kinds by `make docs`.\n";
	AUTO_BUF list = BUF(FILE_MAX_BYTES);

	if (argc != 2) {
		fprintf(stderr, "usage: crds FOLDER\n");
		return 2;
	}
	buf_addf(&list,
		 "%sapiVersion: kustomize.config.k8s.io/v1beta1\nkind: "
		 "Kustomization\nresources:\n",
		 made);
	for (int k = 0; k < KIND_COUNT; k++) {
		const struct kind_info *info = kind_info((enum kind)k);
		AUTO_ARENA a = ARENA_INIT;
		AUTO_BUF text = BUF(FILE_MAX_BYTES), name = BUF(256);
		struct value crd;

		if (!info)
			continue;
		crd = crd_of(&a, info);
		buf_adds(&text, made);
		yaml_add(&text, &crd);
		buf_addf(&name, "%s.yaml", info->plural);
		buf_addf(&list, "  - %s.yaml\n", info->plural);
		if (write_file(argv[1], buf_cstr(&name), &text))
			return 1;
	}
	return write_file(argv[1], "kustomization.yaml", &list);
}
