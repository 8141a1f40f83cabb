/* `ark version`: SPEC 21.23. */
#include <stdio.h>

#include "cli/out.h"
#include "cli/verbs.h"

static int run(struct cli *c, void *options)
{
	struct value_builder b;
	struct value v;

	(void)options;
	if (!cli_takes(c, 0, 0))
		return EXIT_USAGE;
	if (c->common.output == OUTPUT_TEXT) {
		printf("ark %s\n", ARK_VERSION);
		return EXIT_GOOD;
	}
	value_map_begin(&b, &c->arena);
	value_map_add(&b, STR("version"), value_str(str_of(ARK_VERSION)));
	v = value_map_done(&b);
	out_value(c, &v);
	return EXIT_GOOD;
}

const struct verb verb_version = {
	.name = "version",
	.arguments = "",
	.help = "Prints the version of this program",
	.takes = TAKES_OUTPUT,
	.run = run,
};
