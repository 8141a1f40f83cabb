/* Trace context: what is accepted is written in version 00 and read back; a tracestate that is
 * carried is within its limit and accepted again as it is. */
#include <stdlib.h>
#include <string.h>

#include "base/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n((const char *)data, size);
	AUTO_BUF kept = BUF(2 * TRACE_STATE_MAX), again = BUF(2 * TRACE_STATE_MAX);
	char written[TRACE_TEXT_BYTES];
	struct trace t, u;

	if (trace_parse(text, &t)) {
		trace_text(&t, written);
		if (!trace_parse(str_of(written), &u) || memcmp(&t, &u, sizeof(t)) != 0)
			abort();
	}
	if (trace_state(&kept, text)) {
		if (kept.full || kept.len > TRACE_STATE_MAX ||
		    !trace_state(&again, buf_str(&kept)) ||
		    !str_eq(buf_str(&kept), buf_str(&again)))
			abort();
	} else if (kept.len) {
		abort();
	}
	return 0;
}
