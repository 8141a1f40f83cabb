/* Dates and Retry-After: what is read is in range, and a date that is written is read back. */
#include <stdlib.h>

#include "http/http_date.h"
#include "http/retry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const int64_t now_s = 1800000000;
	struct str text = str_n((const char *)data, size);
	char written[HTTP_DATE_BYTES];
	int64_t s, again, ms;

	if (http_date_parse(text, now_s, &s)) {
		http_date_text(s, written);
		if (!http_date_parse(str_of(written), now_s, &again)) {
			/* The leap second at the end of the year 9999. */
			if (s != INT64_C(253402300800))
				abort();
		} else if (again != s) {
			abort();
		}
	}
	if (retry_after_parse(text, now_s, &ms) && (ms < 0 || ms > RETRY_AFTER_MAX_MS))
		abort();
	return 0;
}
