/* Durations, amounts and times: what is accepted is in range, and printed reads back as the same. */
#include <stdlib.h>

#include "lang/duration.h"
#include "lang/price.h"
#include "lang/rfc3339.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_duration(struct str text)
{
	int64_t nanos, again;
	AUTO_BUF b = BUF(64);

	if (duration_parse(text, &nanos, NULL))
		return;
	duration_add(&b, nanos);
	if (nanos < 0 || duration_parse(buf_str(&b), &again, NULL) || again != nanos)
		abort();
	if (duration_parse_positive(text, &again, NULL) !=
	    (nanos == 0 ? FAIL_INPUT : FAIL_NONE))
		abort();
}

static void check_money(struct str text)
{
	struct money m, again;
	struct price p;
	AUTO_BUF b = BUF(64);

	if (!price_parse(text, &p, NULL) &&
	    (money_cmp(p.input, money_zero) < 0 || money_cmp(p.output, money_zero) < 0))
		abort();
	if (money_parse(text, &m, NULL))
		return;
	money_print(&b, m);
	if (money_cmp(m, money_zero) < 0 || money_parse_printed(buf_str(&b), &again, NULL) ||
	    money_cmp(m, again) != 0)
		abort();
}

static void check_time(struct str text)
{
	int64_t seconds, again;
	int32_t nanos, nanos_again;
	AUTO_BUF b = BUF(64);

	if (rfc3339_parse(text, &seconds, &nanos, NULL))
		return;
	/* Offsets may lead out of the years 0 to 9999. */
	if (seconds < INT64_C(-62167219200) || seconds > INT64_C(253402300799))
		return;
	rfc3339_add_nanos(&b, seconds, nanos, 0);
	if (rfc3339_parse(buf_str(&b), &again, &nanos_again, NULL) || again != seconds ||
	    nanos_again != nanos)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n((const char *)data, size);

	check_duration(text);
	check_money(text);
	check_time(text);
	return 0;
}
