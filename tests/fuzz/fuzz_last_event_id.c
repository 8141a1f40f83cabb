/* Last-Event-ID and what is decided by it: SPEC 13.14. */
// needs: gateway
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "gateway/resume.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_n((const char *)data, size);
	char text[EVENT_ID_TEXT_BYTES];
	struct event_id id;

	if (event_id_parse(s, &id)) { /* one text per id, and the other way round */
		PROMISE(str_is(s, event_id_text(id, text)));
		PROMISE(event_id_cmp(id, id) == 0);
	}
	for (unsigned bits = 0; bits < 32; bits++) {
		struct resume_facts f = {.asks = size > 0,
					 .is_id = event_id_parse(s, &f.last),
					 .is_kept = bits & 1,
					 .has_next = bits & 2,
					 .has_any = bits & 4,
					 .is_over = bits & 8,
					 .end_ms = 1000};
		struct resume r = resume_decide(&f);

		PROMISE(!r.nothing || (f.asks && f.is_over));
		PROMISE(!(r.nothing && r.gap));
		PROMISE(!f.asks || r.nothing || r.gap || event_id_cmp(r.after, f.last) == 0);
	}
	return 0;
}
