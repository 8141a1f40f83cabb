/* Conversations as Redis keeps them: what decodes encodes, within the limit that was checked, to
 * a text that decodes to the same. */
// needs: agent
#include <stdlib.h>

#include "agent/conversation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 4096 };

static bool recode(struct str text, struct buf *out)
{
	struct conversation c;
	struct why why;
	bool fine;

	conversation_init(&c, LIMIT);
	fine = !conversation_decode(&c, text, &why);
	if (fine) {
		conversation_encode(&c, out);
		if (out->full || out->len != c.bytes)
			abort();
		if (conversation_tool_turns(&c) > conversation_answers(&c))
			abort();
	}
	conversation_release(&c);
	return fine;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF first = BUF(LIMIT);
	AUTO_BUF second = BUF(LIMIT);

	if (!recode(str_n((const char *)data, size), &first))
		return 0;
	if (!recode(buf_str(&first), &second) || !str_eq(buf_str(&first), buf_str(&second)))
		abort();
	return 0;
}
