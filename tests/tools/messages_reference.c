/* Writes docs/messages.md from the tables of proto/: `make docs`. */
#include <stdio.h>

#include "proto/message.h"

static const char *const types[] = {"name",  "word",	    "text", "JSON",
				    "count", "micro-units", "flag"};

static void list_fields(uint64_t set)
{
	bool first = true;

	for (int f = 0; f < MESSAGE_FIELDS; f++)
		if (set >> f & 1) {
			printf("%s`%s`", first ? "" : ", ",
			       message_field_info((enum message_field)f)->name);
			first = false;
		}
	printf("%s\n", first ? "none" : "");
}

int main(void)
{
	puts("# Messages\n\nMade from proto/messages.def and proto/fields.def by `make docs`. "
	     "Which "
	     "stream holds which message, and for how long: "
	     "[proto/streams.md](../proto/streams.md)."
	     "\n");
	for (int t = 0; t < MSG_COUNT; t++) {
		const struct message_info *m = message_info((enum message_type)t);

		printf("## %s\n\n%s\n\n- required: ", m->name, m->text);
		list_fields(m->required);
		printf("- optional: ");
		list_fields(m->optional);
		printf("- example: [%s](../proto/examples/%s)\n\n", m->name, m->name);
	}
	puts("## Fields\n\n| field | type | limit | meaning |\n| --- | --- | --- | --- |");
	for (int f = 0; f < MESSAGE_FIELDS; f++) {
		const struct message_field_info *i = message_field_info((enum message_field)f);

		printf("| `%s` | %s | %lld | %s |\n", i->name, types[i->type],
		       (long long)i->limit, i->text);
	}
	return 0;
}
