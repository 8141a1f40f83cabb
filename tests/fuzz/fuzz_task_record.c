/* States of tasks as Redis keeps them: what decodes encodes to a text that decodes to the same. */
// needs: agent
#include <stdlib.h>

#include "agent/task_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 1 << 20 };

static bool recode(struct str text, struct buf *out)
{
	AUTO_ARENA a = ARENA_INIT;
	struct task_record r;
	struct why why;

	if (task_record_decode(&a, text, &r, &why))
		return false;
	if (r.claims < 0 || r.tries < 0 || r.calls < 0 || r.call_cap < 0 || r.call_input < 0)
		abort();
	task_record_encode(&r, out);
	return true;
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
