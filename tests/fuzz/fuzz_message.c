/* Stream entries: lines "name value". What is accepted comes back the same from its own encoding. */
#include <stdlib.h>
#include <string.h>

#include "proto/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct message *a, const struct message *b)
{
	AUTO_BUF x = BUF(1 << 20);
	AUTO_BUF y = BUF(1 << 20);

	message_print(&x, a);
	message_print(&y, b);
	return str_eq(buf_str(&x), buf_str(&y));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str pairs[2 * ENTRY_MAX_FIELDS + 2], rest = str_n((const char *)data, size),
						    line;
	struct message m, back;
	struct why why;
	size_t n = 0;

	while (n < 2 * ENTRY_MAX_FIELDS && str_next(&rest, '\n', &line)) {
		str_cut(line, ' ', &pairs[n], &pairs[n + 1]);
		n += 2;
	}
	if (message_decode(STR("1-0"), pairs, n, &m, &why))
		return 0;
	if (message_encode(&a, &m, pairs, &n, &why))
		return 0;
	if (message_decode(STR("1-0"), pairs, n, &back, &why) || !same(&m, &back))
		abort();
	return 0;
}
